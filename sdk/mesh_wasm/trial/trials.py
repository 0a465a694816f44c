"""The trials that a plan asks for, and the lock with their verdicts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mesh_wasm.chains.member import Member
from mesh_wasm.findings.finding import listed
from mesh_wasm.modules.cache import Cache
from mesh_wasm.modules.effective import Effective, effective_of, hidden_paths
from mesh_wasm.modules.locked import Lock, TrialVerdict
from mesh_wasm.modules.verdicts import key_id
from mesh_wasm.sources.source import Source
from mesh_wasm.values.module_urls.shown import shown_url

from .bootstrap import Node
from .envoy import Envoy, choose
from .filters import Runnable
from .process import Limits
from .redaction import Redaction
from .together import groups
from .verdict import Verdict, try_start

Progress = Callable[[str], None]
"""Told what is tried, before it is."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One module with one effective configuration, and who runs it."""

    sha256: str
    """Of the module."""
    effective: Effective = field(repr=False)
    hidden: tuple[str, ...]
    """Paths of its secrets."""
    envoy: Envoy
    members: list[Member] = field(default_factory=list, compare=False)

    @property
    def where(self) -> str:
        """The plugins that run it, for messages."""
        first, *more = map(place, self.members)
        return first if not more else f"{first} and {len(more)} more"


def place(member: Member) -> str:
    """``edge/shop-acl in east``."""
    return f"{member.namespace}/{member.name}{f' in {member.cluster}' if member.cluster else ''}"


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one trial."""

    trial: Trial
    verdict: TrialVerdict | None
    """None where it proves nothing."""
    seconds: float | None = None
    """How long it took; None where the lock had the verdict already."""
    why: str = ""
    """Why it proves nothing, as a sentence."""


@dataclass(frozen=True, slots=True)
class Trials:
    """The lock with all verdicts, and what was said while they were made."""

    lock: Lock
    told: tuple[Told, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be tried, as sentences."""
    together: tuple[str, ...] = ()
    """Plugins of one VM that start one by one, and not together, as sentences."""

    @property
    def refused(self) -> bool:
        """Whether a module does not start."""
        return bool(self.together) or any(one.verdict is not None and not one.verdict.accepted for one in self.told)


def gather(source: Source, lock: Lock, envoys: Sequence[Envoy]) -> tuple[list[Trial], list[str]]:
    """The trials that a plan asks for, each once, and what cannot be tried, as sentences."""
    trials: dict[tuple[Any, ...], Trial] = {}
    notes: list[str] = []
    for member in source.members:
        if member.is_script:
            continue
        bare = source.bare_spec(member)
        effective, entry = effective_of(bare), lock.known(bare.get("url"), bare.get("sha256"))
        name = place(member)
        if effective is None:
            notes.append(f"{name} is not tried: a part of its configuration is known at `pulumi up` only.")
        elif entry is None or entry.module is None:
            notes.append(f"{name} is not tried: its module is not in {lock.name}; run mesh-wasm lock.")
        else:
            hidden, envoy = hidden_paths(member.spec), choose(envoys, member.istio)
            secrets = tuple(map(repr, effective.secrets(hidden).items()))
            key = (entry.module.sha256, effective.digest(hidden), hidden, secrets, envoy.version)
            trials.setdefault(key, Trial(entry.module.sha256, effective, hidden, envoy)).members.append(member)
    return list(trials.values()), list(dict.fromkeys(notes))


def run_trials(
    source: Source,
    lock: Lock,
    envoys: Sequence[Envoy],
    cache: Cache,
    *,
    key: bytes | None = None,
    limits: Limits | None = None,
    host_env: Mapping[str, str] | None = None,
    again: Callable[[str], bool] = lambda _: False,
    prune: bool = False,
    progress: Progress = lambda _: None,
) -> Trials:
    """Try what the lock has no verdict on yet, and write down what came of it.

    :param key: The key of the marks of secrets; None: nobody can say later whether these have changed.
    :param again: Whether a module of this URL is tried again in any case.
    :param prune: Whether verdicts on what no plugin has any more are dropped; other stacks may have it.
    """
    trials, notes = gather(source, lock, envoys)
    urls = {one.module.sha256: url for url, one in lock.modules.items() if one.module is not None}
    told: list[Told] = []
    for trial in trials:
        old = None if again(urls.get(trial.sha256, "")) else _known(lock, trial, key)
        if old is not None:
            told.append(Told(trial, old))
            continue
        module = cache.module(trial.sha256)
        if module is None:
            url = shown_url(urls.get(trial.sha256, ""))
            why = f"its module is not on this machine; fetch it with mesh-wasm lock --update {url}"
            notes.append(f"{trial.where} is not tried: {why.rstrip()}.")
            continue
        progress(trial.where)
        member = trial.members[0]
        plugin = Runnable(
            member.namespace or "default", member.name, trial.effective, module, member.kind, member.istio
        )
        found = try_start(
            trial.envoy,
            [plugin],
            node_of(member),
            limits=limits,
            host_env=host_env,
            redact=Redaction(trial.effective.secrets(trial.hidden).values()),
        )
        told.append(_told(trial, found, key))
    refused = {id(member) for one in told if not _starts(one) for member in one.trial.members}
    together = _together(source, lock, envoys, cache, limits, host_env, refused, progress)
    return Trials(_written(lock, told, prune=prune), tuple(told), tuple(notes), tuple(together))


def _starts(told: Told) -> bool:
    return told.verdict is not None and told.verdict.accepted


def _together(
    source: Source,
    lock: Lock,
    envoys: Sequence[Envoy],
    cache: Cache,
    limits: Limits | None,
    host_env: Mapping[str, str] | None,
    refused: Collection[int],
    progress: Progress,
) -> Iterator[str]:
    """What is wrong with plugins of one VM of which each starts alone."""
    for members, plugins, secrets in groups(source, lock, cache.module):
        if any(id(member) in refused for member in members):
            continue
        names = listed([f"{one.namespace}/{one.name}" for one in members], 6)
        progress(names)
        envoy = choose(envoys, members[0].istio)
        found = try_start(
            envoy, plugins, node_of(members[0]), limits=limits, host_env=host_env, redact=Redaction(secrets)
        )
        if not found.accepted and not found.doubt:
            yield f"{names} share a VM in {members[0].cluster}, and start only one by one: {found.says}."


def node_of(member: Member) -> Node:
    """The proxy that a plugin is tried in: one of those that it is aimed at."""
    labels = next((dict(aim.labels) for aim in member.aims or () if aim.labels), {})
    istio = "" if member.istio is None else f"{member.istio[0]}.{member.istio[1]}"
    return Node(member.namespace or "default", labels, member.cluster, istio)


def _told(trial: Trial, found: Verdict, key: bytes | None) -> Told:
    if found.doubt:
        says = f"it does not start here ({found.says}), which proves nothing: {found.doubt}."
        return Told(trial, None, found.seconds, says)
    mark = trial.effective.secret_mark(trial.hidden, key)
    verdict = TrialVerdict(
        trial.effective.digest(trial.hidden),
        trial.envoy.version,
        found.accepted,
        found.says,
        trial.hidden,
        mark,
        key_id(key) if mark and key is not None else "",
    )
    return Told(trial, verdict, found.seconds)


def _known(lock: Lock, trial: Trial, key: bytes | None) -> TrialVerdict | None:
    """A verdict on this very trial. What has secrets is tried again unless their mark is the same."""
    mark = trial.effective.secret_mark(trial.hidden, key)
    for one in _verdicts(lock, trial.sha256):
        same = one.envoy == trial.envoy.version and one.hidden == trial.hidden and one.mark == mark
        if same and (mark or not trial.hidden) and one.configuration == trial.effective.digest(trial.hidden):
            return one
    return None


def _verdicts(lock: Lock, sha256: str) -> Iterator[TrialVerdict]:
    for entry in lock.modules.values():
        if entry.module is not None and entry.module.sha256 == sha256:
            yield from entry.verdicts


def _written(lock: Lock, told: Iterable[Told], *, prune: bool) -> Lock:
    """The lock with the new verdicts, each in the place of an older one on the same."""
    by_module: dict[str, list[TrialVerdict]] = {}
    for one in told:
        if one.verdict is not None:
            by_module.setdefault(one.trial.sha256, []).append(one.verdict)
    modules = {}
    for url, entry in lock.modules.items():
        new = [] if entry.module is None else by_module.get(entry.module.sha256, [])
        replaced = {_identity(one) for one in new}
        kept = [] if prune else [one for one in entry.verdicts if _identity(one) not in replaced]
        verdicts = tuple(dict.fromkeys([*kept, *new]))
        modules[url] = entry if set(verdicts) == set(entry.verdicts) else replace(entry, verdicts=verdicts)
    return replace(lock, modules=modules)


def _identity(one: TrialVerdict) -> tuple[Any, ...]:
    """What a verdict is on. Of the same with other secrets, those of this key are told apart by their marks."""
    return one.configuration, one.envoy, one.hidden, one.mark
