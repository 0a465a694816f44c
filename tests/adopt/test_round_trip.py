"""Whatever plugins a cluster holds: the program that adopts them plans the very same objects, and is well-formed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_wasm.adopt.adopting import adopt
from mesh_wasm.adopt.literals import text_of
from mesh_wasm.adopt.live import LiveObject, live_object
from mesh_wasm.adopt.python_text import python_text
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm_pulumi.offline.adopted import _KUBECONFIG, registered_rows
from mesh_wasm_pulumi.testing import plan_of

from .strategies import CONFIG, LEAVES, meshes

CLUSTERS = (Cluster(name="east"), Cluster(name="west"))
CONFIGURATION = {f"mesh:kubeconfig-{cluster.name}": _KUBECONFIG for cluster in CLUSTERS}


def read(mesh: list[tuple[str, dict[str, Any]]]) -> list[LiveObject]:
    found = [live_object(cluster, manifest) for cluster, manifest in mesh]
    assert all(found)
    return [one for one in found if one is not None]


@settings(max_examples=80)
@given(meshes(), st.booleans())
def test_the_plan_is_what_was_found(mesh: list[tuple[str, dict[str, Any]]], group: bool) -> None:
    objects = read(mesh)
    adopted = adopt(objects, CLUSTERS, group=group)
    assert {one.place for one in objects} == {
        *(one.place for one in adopted.program.objects),
        *(one.live.place for one in adopted.refused),
    }, "each object is adopted, or told"
    assert all("otherwise" not in one.says for one in adopted.refused), "only rules refuse"
    if not adopted.program.objects:
        return
    text = python_text(adopted.program)
    plan = plan_of(lambda: exec(compile(text, "program", "exec"), {}), project="mesh", config=CONFIGURATION).ok()
    planned = {(one.cluster, one.namespace, one.name): one.manifest for one in plan.objects}
    assert planned == {(one.cluster, one.namespace, one.name): one.manifest for one in adopted.program.objects}
    assert len(registered_rows(adopted.program, text, "dev")) >= len(planned)


@given(st.one_of(CONFIG, LEAVES, st.lists(CONFIG, max_size=2)), st.integers(0, 40))
def test_a_literal_means_its_value(value: Any, column: int) -> None:
    assert eval(text_of(value, column)) == value


@settings(max_examples=15)
@given(meshes())
def test_the_program_is_as_formatters_want_it(tmp_path_factory: Any, mesh: list[tuple[str, dict[str, Any]]]) -> None:
    adopted = adopt(read(mesh), CLUSTERS)
    if not adopted.program.objects:
        return
    file = tmp_path_factory.mktemp("program") / "__main__.py"
    file.write_text(python_text(adopted.program), encoding="utf-8")
    for command in (["check"], ["format", "--diff"]):
        ruff = [str(Path(sys.executable).with_name("ruff")), *command, "--isolated", "--no-cache", str(file)]
        done = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
