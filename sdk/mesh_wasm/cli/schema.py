"""``mesh-wasm schema``: JSON Schemas for editors, of what people write by hand."""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.argument("what", type=click.Choice(["inventory", "fleet", "lock", "documents"]))
def schema_command(what: str) -> None:
    """Print the JSON Schema (draft 2020-12) of a file that mesh-wasm reads.

    inventory: the clusters for lint, translate and explain. fleet: the configuration key of Fleet.from_config. lock:
    mesh-wasm.lock. documents: Istio's WasmPlugin and TrafficExtension, and the TSB resources that are read.
    """
    click.echo(json.dumps(_schema(what), indent=2, ensure_ascii=False))


def _schema(what: str) -> dict[str, object]:
    match what:
        case "inventory":
            from mesh_wasm.fleet.inventory_schema import inventory_schema

            return inventory_schema()
        case "fleet":
            from mesh_wasm.fleet.config_schema import fleet_schema

            return fleet_schema()
        case "lock":
            from mesh_wasm.modules.lock_schema import lock_schema

            return lock_schema()
        case _:
            from mesh_wasm.lint.document_schema import document_schema

            return document_schema()
