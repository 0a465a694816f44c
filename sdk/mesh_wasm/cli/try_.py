"""``mesh-wasm try``: the planned modules in a real Envoy, before anything is live."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mesh_wasm.modules.cache import Cache, default_root
from mesh_wasm.modules.locked import FILE_NAME, Lock
from mesh_wasm.modules.lockfile import LockError, read_lock, write_lock
from mesh_wasm.sources.source import Options, Source, SourceError, load_source
from mesh_wasm.trial.asked import FORM, ROLES, Asked, TrialError, read_workload
from mesh_wasm.trial.envoy import Envoy, EnvoyError, choose, find_envoys
from mesh_wasm.trial.planned import PlannedChain, planned_chain
from mesh_wasm.trial.process import Limits
from mesh_wasm.trial.proxy import TrialProxy
from mesh_wasm.trial.trials import run_trials
from mesh_wasm.values.report_key import report_key

from .options.source import given_options, source_options
from .options.trial import host_variables, must_be_whole, tell_trials, trial_options
from .trying import Asking, ask, stay


@click.command("try")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@source_options
@click.option("--validate", is_flag=True, help="Only start each module with each configuration, and say which start.")
@click.option("--cluster", help="The cluster whose plugins run.  [default: the only one]")
@click.option("--workload", metavar="WORKLOAD", help=f"The proxy that runs them: {FORM}.")
@click.option("--role", type=click.Choice(ROLES), help="What the proxy is.  [default: told from the plan]")
@click.option("--outbound", is_flag=True, help="Of a sidecar: its outbound traffic; else the inbound.")
@click.option(
    "--listener-port", type=click.IntRange(1, 65535), help="The port by which plugins choose their traffic, if they do."
)
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Listen on this port here.  [default: a free one]"
)
@click.option("--upstream", metavar="URL", help="The server behind the proxy.  [default: one that echoes what arrives]")
@click.option(
    "--module",
    "modules",
    multiple=True,
    metavar="PLUGIN=FILE",
    help="A file in the place of a plugin's module. Can be repeated.",
)
@click.option(
    "--request",
    "requests",
    multiple=True,
    metavar="'METHOD PATH'",
    help="Send this request, tell what came back and what each filter logged, and end. Can be repeated.",
)
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header of the requests.")
@click.option("--data", help="The body of the requests; @FILE: that of a file.")
@click.option("--watch", is_flag=True, help="Start anew whenever SOURCE, or a file of --module, is saved.")
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
    cluster: str | None,
    workload: str | None,
    role: str | None,
    outbound: bool,
    listener_port: int | None,
    port: int,
    upstream: str | None,
    modules: tuple[str, ...],
    requests: tuple[str, ...],
    headers: tuple[str, ...],
    data: str | None,
    watch: bool,
    lock_file: Path | None,
    envoys: tuple[Path, ...],
    host_env: tuple[str, ...],
    time_limit: float,
    memory_limit: int,
) -> None:
    """Run the planned chain of one workload in a real Envoy on this machine, and send requests through it.

    \b
      mesh-wasm try . --cluster east --workload edge/app=shop-gateway --request 'GET /admin'

    Without --request it stays up until Ctrl-C. SOURCE is what `explain` takes; modules come from mesh-wasm.lock, and
    must be on this machine: `mesh-wasm lock` has fetched them. With --validate each module is only started with each
    of its configurations, and the verdicts go into the lock, where preview reads them.

    Exit code 0: all modules start; 1: one is refused, or a request got no answer; 2: it cannot be tried.
    """
    path = lock_file or (source if source.is_dir() else source.parent) / FILE_NAME
    variables, limits = host_variables(host_env), Limits(time_limit, memory_limit)
    options = Options(stack, inventory, locked=False, **given_options())
    try:
        found = find_envoys(envoys)
        if validate:
            _validate(_loaded(source, options), path, found, limits, variables)
        asking = Asking.read(requests, headers, data)
        files = _files(modules)
        if workload is None:
            raise TrialError(
                f"Say whose chain is tried, with --workload {FORM}; or try all configurations with --validate."
            )
        aimed = read_workload(workload)

        def planned() -> PlannedChain:
            loaded = _loaded(source, options)
            asked = Asked(cluster or _only(loaded), aimed, role or "", outbound, listener_port)
            lock = read_lock(path) or Lock(name=path.name, absent=True)
            return planned_chain(loaded, asked, lock, Cache(default_root()), files)

        def proxy(chain: PlannedChain) -> TrialProxy:
            envoy = choose(found, chain.istio)
            return TrialProxy(chain, envoy, port=port, upstream=upstream, limits=limits, host_env=variables)

        if requests:
            code = ask(proxy(planned()), asking)
        else:
            watched = [source, *files.values(), *([inventory] if inventory else []), path] if watch else []
            code = stay(planned, proxy, watched)
    except (EnvoyError, LockError, SourceError, TrialError) as error:
        raise click.UsageError(str(error)) from None
    sys.exit(code)


def _loaded(source: Path, options: Options) -> Source:
    loaded = load_source(source, options)
    must_be_whole(loaded)
    return loaded


def _validate(loaded: Source, path: Path, envoys: list[Envoy], limits: Limits, variables: dict[str, str]) -> None:
    lock = read_lock(path) or Lock(name=path.name)
    trials = run_trials(
        loaded, lock, envoys, Cache(default_root()), key=report_key(), limits=limits, host_env=variables,
        again=lambda _: True,
    )  # fmt: skip
    if trials.lock.modules != lock.modules:
        write_lock(path, trials.lock)
    tell_trials(trials)
    sys.exit(1 if trials.refused else 0)


def _only(source: Source) -> str:
    if len(source.clusters) == 1:
        return source.clusters[0]
    raise TrialError(f"Say which cluster is meant, with --cluster: {', '.join(source.clusters) or 'there is none'}.")


def _files(given: tuple[str, ...]) -> dict[str, Path]:
    found = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or not name or not path:
            raise TrialError(f"--module takes PLUGIN=FILE, and {text!r} is none.")
        found[name] = Path(path)
    return found
