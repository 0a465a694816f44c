"""The commands that run a Pulumi program, added to those of the SDK."""

from mesh_wasm.cli import LazyGroup, main
from mesh_wasm.sources import READERS

if isinstance(main, LazyGroup):
    main.lazy |= {
        "adopt": "mesh_wasm_pulumi.cli.adopt:adopt_command",
        "plan": "mesh_wasm_pulumi.cli.plan:plan",
        "up": "mesh_wasm_pulumi.cli.up:up",
    }

READERS.insert(0, "mesh_wasm_pulumi.cli.program:read_program")

__all__ = ["main"]
