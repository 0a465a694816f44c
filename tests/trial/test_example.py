"""The example: its plan is the golden one, its module is its text compiled, and its own tests pass and can fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.golden import EXAMPLES, ROOT, check_file, check_tree, read_tree

from mesh_wasm.trial.envoy import Envoy
from mesh_wasm_pulumi.cli import main

from . import modules

TRIED = EXAMPLES / "tried"


def test_plan_of_the_example(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["plan", str(TRIED), "--out", str(tmp_path / "out")], prog_name="mesh-wasm")
    assert result.exit_code == 0, result.output
    check_file(TRIED / "golden" / "plan.txt", result.stdout)
    check_tree(TRIED / "golden" / "manifests", read_tree(tmp_path / "out"))


@pytest.mark.live
def test_its_module_is_its_text() -> None:
    assert modules.compiled((TRIED / "modules/acl.wat").read_text()) == modules.ACL.read_bytes()


def _own_tests(folder: Path, envoy: Envoy) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(str(ROOT / name) for name in ("sdk", "components"))
    env = {**os.environ, "PYTHONPATH": paths, "MESH_WASM_ENVOY": str(envoy.path)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
    command += ["--rootdir", str(folder), str(folder)]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.live
def test_its_own_tests_pass_and_fail_where_admin_is_open(envoy: Envoy, tmp_path: Path) -> None:
    passed = _own_tests(TRIED, envoy)
    assert "2 passed" in passed.stdout, passed.stdout
    for path in TRIED.rglob("*"):
        if path.is_file() and "golden" not in path.parts:
            target = tmp_path / path.relative_to(TRIED)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes().replace(b'"deny": "/admin"', b'"deny": "/nothing"'))
    assert "1 failed, 1 passed" in _own_tests(tmp_path, envoy).stdout
