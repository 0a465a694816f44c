"""`mesh-wasm adopt` on a true engine and API servers: what exists is taken over, and nothing of it is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from mesh.cluster import Cluster

from .conftest import MakeStack
from .existing import Owners, settle, versions
from .folder import IMPORTS, ROOT
from .stack import Stack

pytestmark = pytest.mark.engine

TARGETS = "**:providers:kubernetes::*"


class Adoption:
    """Two namespaces full of plugins, a program that adopts them, and a stack of it."""

    def __init__(self, folder: Path, stack: Stack, *options: str) -> None:
        self.clusters = tuple(stack.clusters.values())
        self.edge, self.shop = stack.wanted["namespaces"]
        self.stack = stack
        self.project = folder / "life"
        sources = []
        self.owners = [Owners(cluster, folder) for cluster in self.clusters]
        for owners in self.owners:
            settle(owners, self.edge, self.shop)
            sources.append(f"{owners.cluster.name}={self._printed(owners, folder)}")
        self.before = self.versions()
        self.said = mesh_wasm("adopt", *sources, "--out", str(self.project), "--stack", "dev", *options)

    def versions(self) -> dict[tuple[str, ...], tuple[Any, ...]]:
        """What would change if anything was touched."""
        return versions(self.clusters, self.edge, self.shop)

    def imported(self) -> Stack:
        """The stack, after the commands that adopt names."""
        program = self.stack.folder / "program"
        for file in self.project.iterdir():
            (program / file.name).write_text(file.read_text())
        manifest = yaml.safe_load((program / "Pulumi.yaml").read_text())
        if isinstance(manifest["runtime"], dict):
            manifest["runtime"]["options"]["virtualenv"] = sys.prefix
        (program / "Pulumi.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False))
        self.stack.up("--target", TARGETS).good()
        self.stack.run("import", "--file", "import.json", "--protect=false", "--generate-code=false", "--yes").good()
        return self.stack

    def _printed(self, owners: Owners, folder: Path) -> Path:
        file = folder / f"{owners.cluster.name}.yaml"
        texts = [
            owners.kubectl(
                "get", "wasmplugins,trafficextensions", "-n", namespace, "-o", "yaml", "--show-managed-fields"
            )
            for namespace in (self.edge, self.shop)
        ]
        file.write_text("---\n".join(texts))
        return file


def mesh_wasm(*words: str) -> str:
    """The command, as it is installed."""
    environment = {**os.environ, "PYTHONPATH": IMPORTS}
    command = [str(Path(sys.executable).with_name("mesh-wasm")), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def adoption(make_stack: MakeStack, two_clusters: tuple[Cluster, Cluster], tmp_path: Path) -> Adoption:
    return Adoption(tmp_path, make_stack(*two_clusters))


def test_nothing_changes_and_nothing_is_touched(adoption: Adoption) -> None:
    assert len(adoption.before) == 12
    stack = adoption.imported()
    assert adoption.versions() == adoption.before, "an import reads, if anything"

    assert stack.preview("--diff", "--expect-no-changes").good().changes == {}
    assert stack.preview("--refresh", "--expect-no-changes").good().changes == {}
    assert stack.up().good().changes == {}
    assert adoption.versions() == adoption.before
    assert len([one for one in stack.resources() if one["type"].startswith("kubernetes:ext")]) == 12

    stack.refresh().good()
    assert stack.preview("--expect-no-changes").good().changes == {}
    assert adoption.versions() == adoption.before
