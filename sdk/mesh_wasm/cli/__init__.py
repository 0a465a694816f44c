"""The command line. Commands are imported when they are called, so that each starts as fast as it can."""

from __future__ import annotations

import importlib

import click

from mesh_wasm._version import __version__

from .examples import epilog

__all__ = ["LazyGroup", "console", "main"]


class LazyGroup(click.Group):
    """A group whose commands are named by ``module:attribute`` and imported on use."""

    lazy: dict[str, str]

    def __init__(self, *args: object, lazy: dict[str, str] | None = None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, loaded or not."""
        return sorted({*super().list_commands(ctx), *self.lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command if it has not been yet."""
        if cmd_name in self.lazy:
            module, attribute = self.lazy[cmd_name].split(":")
            command: click.Command = getattr(importlib.import_module(module), attribute)
            command.epilog = command.epilog or epilog(cmd_name)
            return command
        return super().get_command(ctx, cmd_name)


@click.group(
    cls=LazyGroup,
    lazy={
        "catalogue": "mesh_wasm.cli.catalogue:catalogue_command",
        "drift": "mesh_wasm.cli.clusters.drift:drift_command",
        "explain": "mesh_wasm.cli.explain:explain",
        "lint": "mesh_wasm.cli.lint:lint_command",
        "lock": "mesh_wasm.cli.lock:lock_command",
        "schema": "mesh_wasm.cli.schema:schema_command",
        "snapshot": "mesh_wasm.cli.clusters.snapshot:snapshot_command",
        "translate": "mesh_wasm.cli.translate:translate",
        "try": "mesh_wasm.cli.try_:try_command",
        "verify": "mesh_wasm.cli.verify:verify",
    },
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="mesh-wasm")
def main() -> None:
    """Wasm extensions for Istio, TSB and Pulumi: plan, lint, translate, explain, try, verify."""
