"""``mesh-wasm up``: which of the three ways it takes, and that it says so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.golden import EXAMPLES, ROOT

from mesh_wasm_pulumi.cli import main


def copy_of_the_quickstart(folder: Path) -> Path:
    """The quickstart in a folder of its own, run by the interpreter of these tests."""
    shutil.copytree(
        EXAMPLES / "quickstart", folder / "examples" / "quickstart", ignore=shutil.ignore_patterns("golden")
    )
    manifest = (ROOT / "Pulumi.yaml").read_text()
    (folder / "Pulumi.yaml").write_text(manifest.replace("virtualenv: .venv", f"virtualenv: {sys.prefix}"))
    return folder


def test_without_cli_and_installer_it_is_the_offline_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pulumi.automation import PulumiCommand

    def unreachable(*args: object, **kwargs: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(PulumiCommand, "install", unreachable)
    result = CliRunner().invoke(main, ["up", str(copy_of_the_quickstart(tmp_path))])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "No `pulumi` on PATH: trying the official installer …"
    assert any(line.startswith("3 of 3:") for line in lines)
    assert any(line.startswith("Offline plan:") for line in lines)
    assert "2 clusters, 4 WasmPlugins" in result.stdout


def test_a_cli_on_the_path_is_used(tmp_path: Path) -> None:
    """A stand-in for the CLI, which only writes down how it is called: what it would do is tested with the real one."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "pulumi").write_text(f'#!/bin/sh\necho "$PULUMI_BACKEND_URL $@" >> {tmp_path}/calls\n')
    (tools / "pulumi").chmod(0o755)
    folder = copy_of_the_quickstart(tmp_path / "project")
    env = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    env["PATH"] = f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin"
    command = [sys.executable, "-c", "from mesh_wasm_pulumi.cli import main; main()", "up", str(folder)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("1 of 3: real `pulumi up`")
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.split()[1:3] for call in calls] == [["stack", "select"], ["up", "--yes"]]
    assert all(call.startswith("file://") for call in calls)
    assert (folder / "examples" / "quickstart" / "rendered").stat().st_mode & 0o777 == 0o700


@pytest.mark.engine
def test_the_quickstart_on_a_real_engine(tmp_path: Path) -> None:
    folder = copy_of_the_quickstart(tmp_path)
    env = {**os.environ, "PULUMI_CONFIG_PASSPHRASE": "", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
    env.pop("PULUMI_BACKEND_URL", None)
    command = [sys.executable, "-c", "from mesh_wasm_pulumi.cli import main; main()", "up", str(folder)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 3: real `pulumi up`" in done.stdout
    assert "in plain text" in done.stdout
    rendered = folder / "examples" / "quickstart" / "rendered"
    assert len(list(rendered.rglob("*wasmplugin*.yaml"))) == 4
    assert rendered.stat().st_mode & 0o777 == 0o700
