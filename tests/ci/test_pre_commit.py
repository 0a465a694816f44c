"""The hooks, run by pre-commit itself in a fresh repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.golden import ROOT

pytestmark = pytest.mark.install

GOOD = """\
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {name: acl, namespace: edge}
spec: {url: "oci://registry.example.com/acl:1", priority: 1, phase: AUTHZ, selector: {matchLabels: {app: gw}}}
"""


def git(folder: Path, *args: str) -> None:
    names = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *names, *args], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environment that it makes once."""
    return tmp_path_factory.mktemp("pre-commit")


def hook(folder: Path, cache: Path, *ids: str) -> subprocess.CompletedProcess[str]:
    """Run hooks of this checkout by `pre-commit run`, configured as a user does."""
    hooks = "".join(f"      - id: {one}\n" for one in ids)
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True)
    text = f"repos:\n  - repo: {ROOT.as_uri()}\n    rev: {revision.stdout.strip()}\n    hooks:\n{hooks}"
    (folder / ".pre-commit-config.yaml").write_text(text)
    git(folder, "add", "-A")
    env = {**os.environ, "PRE_COMMIT_HOME": str(cache), "PYTHONPATH": ""}
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "plugin.yaml").write_text(GOOD)
    (tmp_path / "ci.yml").write_text("job: !reference [.a, script]\n")  # what lint passes over when it walks a folder
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "All of it")
    return tmp_path


def test_lint_passes_and_fails(repository: Path, cache: Path) -> None:
    told = hook(repository, cache, "mesh-wasm-lint")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Passed" in told.stdout
    (repository / "plugin.yaml").write_text(GOOD.replace("AUTHZ", "AUTHX"))
    told = hook(repository, cache, "mesh-wasm-lint")
    assert told.returncode == 1
    assert "plugin.yaml:4: error MW104" in told.stdout


def test_fix_changes_the_file_and_fails_once(repository: Path, cache: Path) -> None:
    (repository / "plugin.yaml").write_text(GOOD.replace("AUTHZ", "authz"))
    told = hook(repository, cache, "mesh-wasm-fix")
    assert told.returncode == 1
    assert "files were modified by this hook" in told.stdout
    assert (repository / "plugin.yaml").read_text() == GOOD
    assert hook(repository, cache, "mesh-wasm-fix").returncode == 0
