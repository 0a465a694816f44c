"""``mesh-wasm lock``: look at every module that a plan fetches, and write down what it is."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from mesh_wasm.cli.options.lock import signer_options
from mesh_wasm.cli.options.source import given_options, source_options
from mesh_wasm.cli.options.trial import host_variables, must_be_whole, tell_trials, trial_options
from mesh_wasm.findings.finding import counted
from mesh_wasm.fleet.mirrors import DOWNLOAD_PROXY_NAMESPACE
from mesh_wasm.model.signer import Signer
from mesh_wasm.modules.cache import Cache, default_root
from mesh_wasm.modules.fetching.credentials import CredentialsError, anonymous, docker_credentials
from mesh_wasm.modules.fetching.locking import Outcome, Use, Wanted, check_lock, make_lock, wanted
from mesh_wasm.modules.fetching.registry import Registries
from mesh_wasm.modules.fetching.transport import ExtraMissing, TransportError, TransportSettings, check_authorities
from mesh_wasm.modules.locked import FILE_NAME, Lock, LockedSchema
from mesh_wasm.modules.lockfile import LockError, read_lock, with_changes, write_lock
from mesh_wasm.modules.reference import unproxied
from mesh_wasm.modules.schema import SchemaError, available, refuses_its_example
from mesh_wasm.sources.source import Options, Source, SourceError, load_source
from mesh_wasm.trial.envoy import EnvoyError, find_envoys
from mesh_wasm.trial.process import Limits
from mesh_wasm.trial.trials import run_trials
from mesh_wasm.values.marks import SECRET_MARK, UNKNOWN_MARK
from mesh_wasm.values.module_urls.shown import shown_url
from mesh_wasm.values.report_key import report_key

_ALL = "*"


@click.command("lock")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@source_options
@click.option(
    "--lock-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"The file to write.  [default: {FILE_NAME} beside SOURCE]",
)
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 if the lock is not complete, or a tag has moved."
)
@click.option(
    "--update",
    is_flag=False,
    flag_value=_ALL,
    metavar="[NAME]",
    help="Look again at modules that are locked: all, or those with NAME in their URL.",
)
@click.option("--prune", is_flag=True, help="Drop entries that SOURCE does not need; other stacks may need them.")
@click.option("--offline", is_flag=True, help="Ask no registry; what is not locked yet is an error.")
@click.option(
    "--registry-config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Docker configuration with the credentials.  [default: that of docker login]",
)
@click.option(
    "--use-pull-secrets",
    is_flag=True,
    help="Pull with the very pull secrets of the plugins, and say which of them fail.",
)
@click.option(
    "--plain-http", multiple=True, metavar="HOST[:PORT]", help="Ask this registry over http. Can be repeated."
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Certificates (PEM) of the authorities to believe.",
)
@signer_options
@click.option(
    "--try",
    "trying",
    is_flag=True,
    help="Start each module with each of its configurations in a real Envoy, and write down which start.",
)
@click.option("--timeout", default=30.0, show_default=True, help="Seconds without a byte until a request is given up.")
@trial_options
def lock_command(
    source: Path,
    stack: str,
    inventory: Path | None,
    lock_file: Path | None,
    check: bool,
    update: str | None,
    prune: bool,
    offline: bool,
    registry_config: Path | None,
    use_pull_secrets: bool,
    plain_http: tuple[str, ...],
    ca_file: Path | None,
    signers: tuple[Signer, ...],
    trying: bool,
    timeout: float,
    envoys: tuple[Path, ...],
    host_env: tuple[str, ...],
    time_limit: float,
    memory_limit: int,
) -> None:
    """Write mesh-wasm.lock: what each module is that the plugins of SOURCE load. Commit it with the program.

    SOURCE is what `explain` takes: a Pulumi program, TSB YAML with --inventory, or a folder of WasmPlugins. Preview,
    plan, lint and the policy pack read the file, and ask no registry.

    Exit code 0: locked; 1: something cannot be had, or has moved; 2: the source or the lock cannot be read.
    """
    path = lock_file or (source if source.is_dir() else source.parent) / FILE_NAME
    if trying and check:
        raise click.UsageError("--check writes nothing, and a trial has a verdict to write; use one of the two.")
    variables = host_variables(host_env)
    try:
        found_envoys = find_envoys(envoys) if trying else []
        before = read_lock(path) or Lock(name=path.name)
        loaded = load_source(
            source, Options(stack, inventory, locked=False, with_secrets=use_pull_secrets, **given_options())
        )
        if trying:
            must_be_whole(loaded)
        if ca_file is not None:
            check_authorities(ca_file)
        settings = TransportSettings(frozenset(plain_http), ca_file, timeout)
        credentials = anonymous if offline else docker_credentials(registry_config)
        registries = Registries(Cache(default_root()), credentials, settings)
        modules = wanted(_uses(loaded, signers))
        found = _walk(loaded, modules, before, registries, check=check, update=update, prune=prune, offline=offline)
    except TransportError as error:
        raise click.UsageError(f"--ca-file: {error}.") from None
    except (LockError, SourceError, CredentialsError, ExtraMissing, EnvoyError) as error:
        raise click.UsageError(str(error)) from None
    trials = None
    if trying:
        trials = run_trials(
            loaded,
            found.lock,
            found_envoys,
            registries.cache,
            key=report_key(),
            limits=Limits(time_limit, memory_limit),
            host_env=variables,
            again=lambda url: update is not None and (update == _ALL or update in url),
            prune=prune,
        )
        found = replace(found, lock=trials.lock)
    if not check:
        found = replace(found, lock=_write(path, before, found.lock))
    _tell(found, path, check)
    if trials is not None:
        tell_trials(trials)
    refused = [] if check else [one for one in found.lock.modules.values() if not one.usable]
    bad = found.problems or refused or (check and found.changes) or loaded.problems or _stops(loaded)
    sys.exit(1 if bad or (trials is not None and trials.refused) else 0)


def _walk(
    source: Source,
    modules: list[Wanted],
    before: Lock,
    registries: Registries,
    *,
    check: bool,
    update: str | None,
    prune: bool,
    offline: bool,
) -> Outcome:
    for problem in (*_stops(source), *source.problems):
        click.echo(f"error: {problem}", err=True)
    with _progress(len(modules)) as progress:
        if check or offline:
            found = check_lock(modules, before, None if offline else registries, progress)
            return found if check else _offline(found)
        return make_lock(
            modules,
            before,
            registries,
            now=_now(),
            again=lambda reference: update is not None and (update == _ALL or update in reference.url),
            prune=prune,
            progress=progress,
        )


def _stops(source: Source) -> list[str]:
    """What keeps plugins out of the plan, so that their modules are not even known."""
    found = [] if source.applied else [f"{where}: {one}" for where, one in source.findings if one.is_error]
    return [*found, *(["What has errors is not planned, and its modules are not locked."] if found else [])]


def _offline(found: Outcome) -> Outcome:
    return Outcome(found.lock, (*found.problems, *found.changes))


def _uses(source: Source, more: tuple[Signer, ...]) -> Iterator[Use]:
    """What the plugins of a source load, as far as it is known."""
    for member in source.members:
        spec, namespace = member.spec, member.namespace or "default"
        url, sha256, named = spec.get("url"), spec.get("sha256"), spec.get("imagePullSecret")
        if member.is_script:
            continue  # nothing is loaded from anywhere
        if not isinstance(url, str) or url in (SECRET_MARK, UNKNOWN_MARK):
            click.echo(f"note: {namespace}/{member.name}: its URL is not known before `pulumi up`.", err=True)
            continue
        place = DOWNLOAD_PROXY_NAMESPACE if unproxied(url) != url else namespace
        secret = source.pull_secrets.get((member.cluster, place, named)) if isinstance(named, str) else None
        checksum = sha256 if isinstance(sha256, str) and len(sha256) == 64 else None
        signers = (*source.signers.get((member.cluster, namespace, member.name), ()), *more)
        yield Use(url, checksum, member.cluster, f"{namespace}/{member.name}", secret, signers)


class _progress:
    """One line on a terminal that says which module is looked at; nothing elsewhere."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> _progress:
        return self

    def __call__(self, url: str) -> None:
        self._done += 1
        if self._shown:
            click.echo(f"\r\x1b[K[{self._done}/{self._total}] {url}"[:200], err=True, nl=False)

    def __exit__(self, *_: object) -> None:
        if self._shown and self._done:
            click.echo("\r\x1b[K", err=True, nl=False)


def _now() -> str:
    """The time, or that of SOURCE_DATE_EPOCH."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    zone = datetime.UTC
    at = datetime.datetime.fromtimestamp(int(epoch), zone) if epoch.isdigit() else datetime.datetime.now(zone)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _write(path: Path, before: Lock, after: Lock) -> Lock:
    """Write what has changed, and return all that is in the file then."""
    try:
        current = read_lock(path)
        if current is not None and current.modules != before.modules:
            after = with_changes(current, before, after)
        if after.modules or current is not None:  # an empty lock would say of every module that it is not locked
            write_lock(path, after)
    except LockError as error:
        raise click.UsageError(str(error)) from None
    return after


def _tell(found: Outcome, path: Path, check: bool) -> None:
    for change in found.changes:
        click.echo(f"{'error' if check else 'changed'}: {change}")
    for problem in found.problems:
        click.echo(f"error: {problem}")
    if not check:
        for one in found.lock.modules.values():
            if not one.usable and one.artifact is not None:
                click.echo(f"error: {shown_url(one.url)}: {one.artifact.refused}.")
            if one.schema is not None and available() and _unreliable(one.schema):
                click.echo(f"note: {shown_url(one.url)}: its schema ({one.schema.source}) refuses its own example.")
    bad = len(found.problems) + (len(found.changes) if check else 0)
    state = "complete and current" if check and not bad else "not current" if check else "written"
    state = state if path.exists() else "not written"
    click.echo(f"{path}: {counted(len(found.lock.modules), 'module')}; it is {state}.")


def _unreliable(schema: LockedSchema) -> bool:
    try:
        return refuses_its_example(schema)
    except SchemaError:
        return False
