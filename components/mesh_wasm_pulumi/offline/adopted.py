"""The generated program, run as it stands: which resources it registers, and whether each object is what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mesh_wasm.adopt.importing import PROVIDER, Row
from mesh_wasm.adopt.live import LiveObject, canonical
from mesh_wasm.adopt.program import Program

from .monitor import STACK, Registered
from .objects import bare
from .run import Run, run_program

_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: none
clusters: [{name: none, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: none, context: {cluster: none, user: none}}]
users: [{name: none, user: {token: none}}]
"""
"""Stands for the kubeconfig of the stack: nothing is ever asked of it."""


class NotTheSame(Exception):
    """The program would not leave every object as it is; the text says where. It would be a fault of mesh-wasm's."""


def registered_rows(program: Program, text: str, stack: str) -> list[Row]:
    """Run the text of a program, and return its resources but for the stack and the providers.

    :raises NotTheSame: If an object that it declares differs from what was found, or one is missing.
    """
    config = {f"{program.project}:kubeconfig-{cluster.name}": _KUBECONFIG for cluster in program.clusters}
    code = compile(text, "<the program that was made>", "exec")
    run = run_program(
        lambda: exec(code, {"__name__": "__main__"}),
        project=program.project,
        stack=stack,
        config=config,
        secret_keys=tuple(config),
        locked=False,
    )
    errors = [f"{component}: {finding}" for component, finding in run.ledger.findings if finding.is_error]
    if run.failure is not None or errors:
        raise NotTheSame("\n".join([*errors, *([run.failure] if run.failure and (run.failed or not errors) else [])]))
    return _rows(run, program.objects)


def _rows(run: Run, objects: Sequence[LiveObject]) -> list[Row]:
    waiting = {one.place: one for one in objects}
    rows = []
    for urn, made in run.monitor.resources.items():
        if made.type in (STACK, PROVIDER):
            continue
        inputs = _integers(bare(made.inputs))
        live = None
        if made.custom:
            live = waiting.pop(_place(made, inputs, run), None)
            if live is None or canonical(inputs) != canonical(live.manifest):
                raise NotTheSame(f"{made.name} would be written otherwise than it was found.")
            inputs = live.manifest
        rows.append(Row(urn, made.type, made.name, made.parent, inputs, live))
    if waiting:
        raise NotTheSame(f"nothing declares {', '.join(map(str, waiting.values()))}.")
    return sorted(rows, key=lambda row: (row.live is not None, row.urn))  # parents first, and the same each time


def _place(made: Registered, inputs: Mapping[str, Any], run: Run) -> tuple[str, str, str, str]:
    metadata = inputs.get("metadata", {})
    provider = made.provider.split("::")[-2] if "::" in made.provider else ""
    cluster = run.ledger.clusters.get(provider, provider)
    return (cluster, metadata.get("namespace", ""), metadata.get("name", ""), inputs.get("kind", ""))


def _integers(value: Any) -> Any:
    """The wire knows doubles only."""
    if isinstance(value, Mapping):
        return {key: _integers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_integers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
