"""Reading a Pulumi program for commands that take a source: it is run offline, and its plugins are what it registers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mesh_wasm.sources.source import Options, Source, SourceError
from mesh_wasm_pulumi.offline.objects import secret_texts
from mesh_wasm_pulumi.offline.run import run_folder
from mesh_wasm_pulumi.offline.source import source_of
from mesh_wasm_pulumi.offline.stackconfig import Project, ProjectError


def read_program(path: Path, options: Options) -> Source | None:
    """The WasmPlugins and TrafficExtensions that a program registers, raw ones too; None where there is no Pulumi.yaml."""
    if not (path / "Pulumi.yaml").is_file():
        return None
    try:
        named = Project.read(path, options.stack).config.get("mesh-wasm:catalogue")
        run = run_folder(path, options.stack, locked=options.locked, catalogued=options.catalogued)
    except ProjectError as error:
        raise SourceError(str(error)) from None
    source = replace(source_of(run), catalogue=named)
    return replace(source, pull_secrets=secret_texts(run)) if options.with_secrets else source
