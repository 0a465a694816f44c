"""The commands that run a Pulumi program, added to those of the SDK."""

from mesh_wasm.cli import LazyGroup, main, sources
from mesh_wasm.readers import READERS

if isinstance(main, LazyGroup):
    main.lazy |= {
        "plan": "mesh_wasm_pulumi.cli.plan:plan",
        "up": "mesh_wasm_pulumi.cli.up:up",
    }

sources.LOADERS["Pulumi.yaml"] = "mesh_wasm_pulumi.cli.load:load_program"
READERS.insert(0, "mesh_wasm_pulumi.cli.explainable:read_program")

__all__ = ["main"]
