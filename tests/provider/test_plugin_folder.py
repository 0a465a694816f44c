"""The plugin as Pulumi starts it from a folder: what its environment needs, what it runs, and what a start costs."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.golden import ROOT
from support.plugin import Plugin

from mesh_wasm_pulumi.offline.monitor import RecordingMonitor

COMMAND_LINE = {"click", "pathspec", "rich"}
"""What the plugin never imports."""


def test_environment_holds_what_pyproject_says_and_no_copy_of_ours() -> None:
    """A copy would be of another version than the folder after a `git pull`."""
    lines = (ROOT / "components" / "requirements.txt").read_text().splitlines()
    wanted = {line for line in lines if line and not line.startswith("#")}
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert wanted == {one for one in declared if re.split(r"[<>=]", one)[0] not in COMMAND_LINE}


def test_plugin_imports_nothing_else() -> None:
    program = "import sys, mesh_wasm_pulumi.provider; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert COMMAND_LINE.isdisjoint(loaded)
    assert "pulumi" in loaded


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The folders that the plugin runs, in another place than the installed ones."""
    for part in ("sdk", "components"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("venv", "__pycache__"))
    return tmp_path


def test_plugin_runs_the_folders_beside_it(clone: Path) -> None:
    """Whatever else is installed: changes to the clone are what the next preview runs."""
    (clone / "sdk" / "mesh_wasm" / "_version.py").write_text('__version__ = "99.1.2"\n')
    tokens = clone / "components" / "mesh_wasm_pulumi" / "provider" / "schema.py"
    tokens.write_text(tokens.read_text().replace('"displayName": "mesh-wasm"', '"displayName": "of the clone"'))
    with RecordingMonitor("shop", "dev") as engine, Plugin(engine, folder=clone / "components") as plugin:
        schema = plugin.schema()
    assert (schema["version"], schema["displayName"]) == ("99.1.2", "of the clone")


def test_missing_dependency_is_said_in_one_sentence(clone: Path) -> None:
    """The engine calls a traceback `always a bug in the provider`."""
    absent = clone / "components" / "pydantic.py"
    absent.write_text("raise ModuleNotFoundError(name='pydantic')\n")
    ended = subprocess.run(
        [sys.executable, str(clone / "components"), "x"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.strip().endswith("lacks pydantic. Run `pulumi install` in the folder of your program.")
    assert "Traceback" not in ended.stderr


def test_schema_is_answered_within_a_second_and_a_half_of_cpu() -> None:
    """Pulumi starts the plugin several times for a preview."""

    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    with RecordingMonitor("shop", "dev") as engine:
        times = []
        for _ in range(3):
            before = spent()
            with Plugin(engine, folder=ROOT / "components") as plugin:
                plugin.schema()
            times.append(spent() - before)
    if os.environ.get("SHOW_TIMES"):
        print(times)
    assert min(times) <= 1.5
