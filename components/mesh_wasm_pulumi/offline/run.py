"""Running a program against the recording monitor, in this process."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import io
import os
import runpy
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi import runtime

from mesh_wasm_pulumi._telling.refusal import InvalidInputs
from mesh_wasm_pulumi._values.failing import told
from mesh_wasm_pulumi._values.ledger import Ledger, open_ledger

from .monitor import RecordingMonitor
from .stackconfig import Project, undecrypted_secrets


@dataclass
class Run:
    """What a program did."""

    monitor: RecordingMonitor
    ledger: Ledger
    failure: str | None = None
    """Why it stopped: a sentence for a RunError, a traceback for a programming error; None if it ran through."""
    failed: bool = False
    """Whether the failure is one of the program itself, and not the sum of what is refused, which the findings tell."""
    stack_outputs: Mapping[str, Any] = field(default_factory=dict)


def run_program(
    program: Callable[[], Any],
    *,
    project: str = "project",
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
    secret_keys: tuple[str, ...] = (),
    preview: bool = True,
    references: Mapping[str, Mapping[str, Any]] | None = None,
    locked: bool = True,
    catalogued: bool = True,
) -> Run:
    """Run a function that declares resources. Programs that follow one another do not see each other.

    :param config: Full keys (``project:key``) and their values.
    :param secret_keys: Those of the keys whose values are secret.
    :param references: The ``stack_outputs`` of other runs, by the names by which StackReferences speak of these stacks.
    :param locked: Whether ``mesh-wasm.lock`` counts.
    :param catalogued: Whether the catalogue counts, which holds numbers.
    """
    settings = dict(config or {})
    return contextvars.copy_context().run(
        _run, program, project, stack, settings, secret_keys, preview, dict(references or {}), locked, catalogued
    )


def _run(
    program: Callable[[], Any],
    project: str,
    stack: str,
    config: dict[str, str],
    secrets: tuple[str, ...],
    preview: bool,
    references: Mapping[str, Mapping[str, Any]],
    locked: bool,
    catalogued: bool,
) -> Run:
    runtime.set_all_config(config, list(secrets))
    book = open_ledger(locked=locked, catalogued=catalogued)
    with RecordingMonitor(project, stack, preview=preview, references=references) as monitor:
        run = Run(monitor, book)

        async def go() -> None:
            asyncio.get_running_loop().set_exception_handler(_say_nothing)
            runtime.configure(
                runtime.Settings(
                    project=project,
                    stack=stack,
                    monitor=monitor.address,
                    engine=monitor.address,
                    parallel=16,
                    dry_run=preview,
                    organization="organization",
                )
            )
            await runtime.run_in_stack(program)

        try:
            asyncio.run(go())
        except InvalidInputs as error:
            run.failure = str(error) if error.program is None else told(error.program)
            run.failed = error.program is not None
        except SystemExit as stopped:
            run.failed = stopped.code not in (None, 0)
            run.failure = f"it ended itself: sys.exit({stopped.code!r})." if run.failed else None
        except Exception as error:
            run.failed, run.failure = True, told(error)
        for resource in monitor.resources.values():
            if resource.type == "pulumi:pulumi:Stack":
                run.stack_outputs = resource.outputs
    return run


def _say_nothing(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What asyncio calls, in place of logging a traceback, for each task that has failed and that nobody awaits.

    When a program fails there are many of them, and the first is enough. Some are found only when they are collected as
    garbage, long after the run and in the middle of whatever else happens then.
    """


def run_folder(
    folder: Path,
    stack: str,
    *,
    preview: bool = True,
    references: Mapping[str, Mapping[str, Any]] | None = None,
    locked: bool = True,
    catalogued: bool = True,
) -> Run:
    """Run the Pulumi Python project in a folder with the configuration of a stack; what it prints goes to stderr."""
    folder = folder.resolve()
    project = Project.read(folder, stack)
    entry = project.entry

    def program() -> None:
        with contextlib.redirect_stdout(sys.stderr if sys.stderr is not None else io.StringIO()):
            runpy.run_path(str(entry), run_name="__main__")

    before = list(sys.path), os.getcwd()
    sys.path.insert(0, str(entry if entry.is_dir() else entry.parent))
    os.chdir(folder)
    try:
        with undecrypted_secrets(project.sealed):
            return run_program(
                program,
                project=project.name,
                stack=stack,
                config=project.config,
                secret_keys=tuple(project.secret_keys),
                preview=preview,
                references=references,
                locked=locked,
                catalogued=catalogued,
            )
    finally:
        sys.path[:] = before[0]
        os.chdir(before[1])
