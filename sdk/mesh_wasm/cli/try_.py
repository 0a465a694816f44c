"""``mesh-wasm try``: the planned modules in a real Envoy, before anything is live."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mesh_wasm.modules.cache import Cache, default_root
from mesh_wasm.modules.locked import FILE_NAME, Lock
from mesh_wasm.modules.lockfile import LockError, read_lock, write_lock
from mesh_wasm.sources.source import Options, SourceError, load_source
from mesh_wasm.trial.envoy import EnvoyError, find_envoys
from mesh_wasm.trial.process import Limits
from mesh_wasm.trial.trials import run_trials
from mesh_wasm.values.report_key import report_key

from .choiceoptions import given_choices
from .sourceoptions import source_options
from .trial_options import host_variables, must_be_whole, tell_trials, trial_options


@click.command("try")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@source_options
@click.option(
    "--validate", is_flag=True, help="Only start each module with each of its configurations, and say which start."
)
@click.option(
    "--lock-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"What `mesh-wasm lock` has written; verdicts go there.  [default: {FILE_NAME} beside SOURCE]",
)
@trial_options
def try_command(
    source: Path,
    stack: str,
    inventory: Path | None,
    validate: bool,
    lock_file: Path | None,
    envoys: tuple[Path, ...],
    host_env: tuple[str, ...],
    time_limit: float,
    memory_limit: int,
) -> None:
    """Start the modules of SOURCE in a real Envoy, as they would run in the mesh.

    Exit code 0: all is well; 1: something is refused; 2: it cannot be tried.
    """
    path = lock_file or (source if source.is_dir() else source.parent) / FILE_NAME
    variables, limits = host_variables(host_env), Limits(time_limit, memory_limit)
    try:
        found = find_envoys(envoys)
        lock = read_lock(path) or Lock(name=path.name)
        loaded = load_source(source, Options(stack, inventory, locked=False, **given_choices()))
        must_be_whole(loaded)
        trials = run_trials(
            loaded, lock, found, Cache(default_root()), key=report_key(), limits=limits, host_env=variables,
            again=lambda _: True,
        )  # fmt: skip
        if trials.lock.modules != lock.modules:
            write_lock(path, trials.lock)
    except (EnvoyError, LockError, SourceError) as error:
        raise click.UsageError(str(error)) from None
    tell_trials(trials)
    sys.exit(1 if trials.refused else 0)
