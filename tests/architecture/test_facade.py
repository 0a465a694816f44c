"""The public façade: what a user may import is written down, is there, and is typed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import mesh_wasm_pulumi
from mesh_wasm import api

ROOT = Path(__file__).parents[2]


def test_the_page_names_what_the_sdk_offers() -> None:
    page = (ROOT / "docs/sdk.md").read_text()
    told = {name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)", row)}
    assert told | set(re.findall(r"`(to_json|differences)`", page)) == set(api.__all__)
    assert sorted(api.__all__) == api.__all__
    assert all(hasattr(api, name) for name in api.__all__)


def test_the_components_are_told_on_their_page() -> None:
    page = (ROOT / "docs/components.md").read_text()
    for name in set(mesh_wasm_pulumi.__all__) - {"__version__", "chains"}:
        assert f"## {name}\n" in page or f"`{name}`" in page, name
        assert getattr(mesh_wasm_pulumi, name).__doc__


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    """As a reader would: beside TSB YAML and an inventory."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs/sdk.md").read_text(), re.DOTALL)
    assert code is not None
    example = ROOT / "examples/tsb-yaml"
    (tmp_path / "tsb").symlink_to(example / "tsb")
    (tmp_path / "clusters.yaml").symlink_to(example / "clusters.yaml")
    (tmp_path / "program.py").write_text(code[1])
    env = {**os.environ, "PYTHONPATH": f"{ROOT}/sdk"}
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "manifests").rglob("*.yaml"))


def test_mypy_sees_the_types(tmp_path: Path) -> None:
    """A wrong use of the façade is an error of the type checker, a right one is none."""
    (tmp_path / "use.py").write_text(
        "from mesh_wasm.api import Fleet, lint, read_paths\n"
        "documents, _ = read_paths(['x'])\n"
        "total: int = lint(documents, Fleet([])).documents\n"
        "wrong: str = lint(documents).documents\n"
    )
    env = {"MYPYPATH": f"{ROOT}/sdk:{ROOT}/components", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "use.py"],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "use.py:4: error" in done.stdout
    assert "Found 1 error" in done.stdout
