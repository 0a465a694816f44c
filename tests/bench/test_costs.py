"""What mesh-wasm costs, in counts: seconds would flake, and numbers of calls, resources and modules do not."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

import mesh_wasm_pulumi as wasm
from mesh_wasm.lint import lint
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.yaml.paths import read_paths
from mesh_wasm_pulumi.offline.run import Run, run_program

from . import linting, planning
from .children import environment
from .programs import EXTENSIONS, PROGRAMS, cluster_names

CLUSTERS = cluster_names(4)
GATEWAY = len(CLUSTERS) * EXTENSIONS
"""Plugins of one gateway."""


def _run(side: str, plugins: int, *, secrets: bool = False) -> Run:
    result = run_program(lambda: PROGRAMS[side](plugins, CLUSTERS, secrets=secrets))
    assert result.failure is None
    return result


def _objects(result: Run) -> list[str]:
    """The Kubernetes objects with their providers and the kinds of what they wait for; their names are chosen freely."""
    told = []
    for resource in result.monitor.resources.values():
        if not resource.type.startswith("kubernetes:"):
            continue
        metadata = {key: value for key, value in resource.inputs["metadata"].items() if key != "name"}
        waits = sorted({urn.split("::")[2].rpartition("$")[2] for urn in resource.dependencies})
        provider = resource.provider.rsplit("::", 2)[-2]
        told.append(json.dumps([provider, {**resource.inputs, "metadata": metadata}, waits], sort_keys=True))
    return sorted(told)


@pytest.mark.parametrize("secrets", [False, True], ids=["plain", "secrets"])
def test_both_sides_register_the_same(secrets: bool) -> None:
    """The comparison is fair."""
    hand, ours = (_run(side, 2 * GATEWAY, secrets=secrets) for side in ("by-hand", "mesh-wasm"))
    assert _objects(ours) == _objects(hand)


def test_a_plugin_is_one_resource_and_one_call() -> None:
    """An attachment adds itself; an extension adds itself; nothing else is registered, read, invoked or called."""
    hand, ours = _run("by-hand", 2 * GATEWAY), _run("mesh-wasm", 2 * GATEWAY)
    components = EXTENSIONS + 2
    assert len(ours.monitor.resources) == len(hand.monitor.resources) + components
    silent = {name: count for name, count in ours.monitor.calls.items() if name != "Log"}
    assert silent == {
        "RegisterResource": hand.monitor.calls["RegisterResource"] + components,
        "RegisterResourceOutputs": hand.monitor.calls["RegisterResourceOutputs"] + components,
    }
    per_resource = hand.monitor.calls["Log"] / len(hand.monitor.resources)
    assert ours.monitor.calls["Log"] <= hand.monitor.calls["Log"] + 2 * components * per_resource


def _counted(monkeypatch: pytest.MonkeyPatch, method: str, run: Callable[[], object]) -> int:
    calls = 0
    real: Any = getattr(pulumi.Output, method)

    def count(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        return real(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(pulumi.Output, method, count if method == "apply" else staticmethod(count))
        run()
    return calls


@pytest.mark.parametrize("secrets", [False, True], ids=["plain", "secrets"])
@pytest.mark.parametrize(("method", "each_gateway"), [("apply", 4), ("from_input", 8)])
def test_a_plugin_makes_no_outputs_of_its_own(
    monkeypatch: pytest.MonkeyPatch, method: str, each_gateway: int, secrets: bool
) -> None:
    """Outputs and applies grow with the plugins as they do by hand, and by a few for each attachment.

    The time of a program grows with the square of its applies (docs/performance.md).
    """

    def growth(side: str) -> int:
        few, many = (
            _counted(monkeypatch, method, lambda count=count: _run(side, count * GATEWAY, secrets=secrets))
            for count in (1, 3)
        )
        return many - few

    hand, ours = growth("by-hand"), growth("mesh-wasm")
    assert ours <= hand + 2 * each_gateway, f"{(ours - hand) / 2} a gateway"


@pytest.mark.parametrize("secrets", [False, True], ids=["plain", "secrets"])
def test_a_whole_definition_makes_few_outputs(monkeypatch: pytest.MonkeyPatch, secrets: bool) -> None:
    """While a program runs, Pulumi goes through all Outputs that are pending, again and again: one for each part of what
    components tell would be felt."""
    hand, ours = (
        _counted(monkeypatch, "from_input", lambda side=side: _run(side, GATEWAY, secrets=secrets)) for side in PROGRAMS
    )
    components = EXTENSIONS + 1 + secrets
    assert ours - hand <= (26 if secrets else 8) * components


def test_a_plugin_is_registered_from_a_shallow_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulumi sends the stack along with each resource: one frame more than by hand, that of the component."""
    depths: dict[str, set[int]] = {}
    real = pulumi.CustomResource.__init__

    for side in PROGRAMS:
        found = depths.setdefault(side, set())

        def measure(self: Any, *args: Any, found: set[int] = found, **options: Any) -> None:
            if "WasmPlugin" in args[0]:
                found.add(len(inspect.stack(0)))
            real(self, *args, **options)

        with monkeypatch.context() as patch:
            patch.setattr(pulumi.CustomResource, "__init__", measure)
            _run(side, GATEWAY)
    assert {depth - 1 for depth in depths["mesh-wasm"]} == depths["by-hand"]


def _modules(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_imports_nothing_else() -> None:
    bare = _modules("import typing, importlib")
    assert _modules("import mesh_wasm_pulumi, typing, importlib") - bare == {
        "mesh_wasm",
        "mesh_wasm._version",
        "mesh_wasm_pulumi",
    }


def test_using_the_components_imports_what_they_need() -> None:
    """No command line, no test support, and above all not the half second of pulumi_kubernetes.core.v1."""
    names = ", ".join(f"wasm.{name}" for name in wasm.__all__)
    given = _modules(
        "import pulumi, pulumi_kubernetes as k8s; from pulumi_kubernetes.apiextensions import CustomResource"
    )
    added = _modules(f"import mesh_wasm_pulumi as wasm; {names}") - given
    packages = Counter(name.split(".")[0] for name in added)
    for unwanted in ("click", "rich", "jsonschema", "pulumi_policy", "pytest"):
        assert unwanted not in packages
    assert not [name for name in added if name.startswith("pulumi_kubernetes.core")]
    assert not [name for name in added if name.startswith(("mesh_wasm.cli", "mesh_wasm.explain", "mesh_wasm.lint"))]
    # A room's own __init__ holds a sentence and a list; what costs is what it holds.
    rooms = {name.rpartition(".")[0] for name in added}
    ours = [name for name in added - rooms if name.startswith("mesh_wasm")]
    assert len(ours) <= 230  # each a rule, a kind, a table or a fact of its own


@pytest.mark.parametrize("secrets", [False, True], ids=["plain", "secrets"])
def test_core_v1_is_imported_for_secrets_only(secrets: bool) -> None:
    program = f"PROGRAMS['mesh-wasm']({GATEWAY}, {CLUSTERS}, secrets={secrets})"
    loaded = _modules(
        "from bench.programs import PROGRAMS\nfrom mesh_wasm_pulumi.offline.run import run_program\n"
        f"assert run_program(lambda: {program}).failure is None"
    )
    assert ("pulumi_kubernetes.core.v1" in loaded) == secrets


def test_every_public_name_is_found_on_first_use() -> None:
    """The lazy table, __all__ and dir() say the same."""
    assert {"__version__", *wasm._MODULES} == set(wasm.__all__)
    assert set(wasm.__all__) <= set(dir(wasm))
    for name in wasm.__all__:
        assert getattr(wasm, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'WasmExtensoin'"):
        _ = wasm.WasmExtensoin  # type: ignore[attr-defined]  # misspelt on purpose


def test_models_are_built_on_first_use() -> None:
    """Building the validators of all models costs more than importing them."""
    assert WasmPluginSpec.model_config["defer_build"]


def _calls(run: Callable[[], object]) -> int:
    """How many Python functions are called meanwhile: as good as time, and the same on each machine."""
    calls = 0

    def count(frame: Any, event: str, arg: Any) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(before)
    return calls


_SHAPES = [("gateways", 160), ("groups", 60), ("tied", 160), ("organization", 250), ("surrounded", 355)]


@pytest.mark.parametrize(("shape", "most"), _SHAPES)
def test_planning_takes_the_same_for_each_placement(shape: str, most: int) -> None:
    """However many there are: nothing that is planned looks at all that was planned before."""
    plan = planning.PLANS[shape]
    plan(1_000)  # models are built, patterns compiled
    few, many = (_calls(lambda count=count: plan(count)) / count for count in (1_000, 3_000))
    assert many <= few * 1.005, f"{few:.1f} calls a placement, then {many:.1f}"
    assert many <= most, f"{many:.1f} calls a placement"


def test_linting_takes_the_same_for_each_manifest(tmp_path: Path) -> None:
    """However many there are; nearly half of the calls read the YAML."""

    def calls(count: int) -> float:
        folder = tmp_path / str(count)
        folder.mkdir()
        linting.write_manifests(folder, count)
        return _calls(lambda: lint(read_paths([str(folder)])[0])) / count

    calls(10)  # models are built, patterns compiled
    few, many = calls(100), calls(300)
    assert many <= few * 1.02, f"{few:.1f} calls a manifest, then {many:.1f}"
    assert many <= 950, f"{many:.1f} calls a manifest"


def test_what_stands_beside_takes_the_same_for_each_manifest(tmp_path: Path) -> None:
    """Three objects beside each plugin, in as many namespaces or in one: none is compared with all."""

    def calls(count: int) -> float:
        folder = tmp_path / str(count)
        folder.mkdir()
        linting.write_manifests(folder, count)
        linting.write_companions(folder, count)
        return _calls(lambda: lint(read_paths([str(folder)])[0])) / count

    calls(10)
    few, many = calls(100), calls(300)
    assert many <= few * 1.02, f"{few:.1f} calls a manifest, then {many:.1f}"
    assert many <= 2_100, f"{many:.1f} calls a manifest"
