"""Locking: all modules of a plan, each looked at once, and what is wrong with getting them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mesh_wasm.model.signer import Signer, signers_of
from mesh_wasm.modules.locked import Lock, LockedModule
from mesh_wasm.modules.reference import Reference, reference_of
from mesh_wasm.values.module_urls.shown import shown_url

from .credentials import secret_credentials
from .looking import look, moved
from .registry import Denied, Registries, RegistryError
from .signatures import signatures_of

Progress = Callable[[str], None]
"""Told the URL of a module before it is looked at."""

Chosen = Callable[[Reference], bool]
"""Whether a module that is locked already is to be looked at again."""


@dataclass(frozen=True, slots=True)
class Use:
    """A plugin that loads a module."""

    url: str
    sha256: str | None
    cluster: str
    plugin: str
    """The plugin in words: ``edge/shop-acl``."""
    secret: str | None = field(default=None, repr=False)
    """The text of its pull secret, if that is to be tried."""
    signers: tuple[Signer, ...] = ()
    """Those of whom one must have signed the module."""


@dataclass(slots=True)
class Wanted:
    """One module, and who loads it."""

    reference: Reference
    uses: list[Use] = field(default_factory=list)

    @property
    def where(self) -> str:
        """Some plugin that loads it, for messages."""
        first = self.uses[0]
        return f"{first.plugin} in cluster {first.cluster}" if first.cluster else first.plugin


@dataclass(frozen=True, slots=True)
class Outcome:
    """A lock, and what was said while it was made."""

    lock: Lock
    problems: tuple[str, ...] = ()
    """What could not be done, as finished sentences."""
    changes: tuple[str, ...] = ()
    """What is otherwise than in the lock that was there, as finished sentences."""


def wanted(uses: Iterable[Use]) -> list[Wanted]:
    """The modules that have to be fetched, by URL."""
    found: dict[str, Wanted] = {}
    for use in uses:
        reference = reference_of(use.url, use.sha256)
        if reference is not None:
            found.setdefault(reference.url, Wanted(reference)).uses.append(use)
    return [found[url] for url in sorted(found)]


def make_lock(
    modules: Iterable[Wanted],
    before: Lock,
    registries: Registries,
    *,
    now: str,
    again: Chosen = lambda _: False,
    prune: bool = False,
    progress: Progress = lambda _: None,
) -> Outcome:
    """Look at the modules that are not locked yet, and at those that are chosen ``again``; keep the others as they are.

    :param now: The time that is written down for what is new: UTC, ``2026-11-26T21:30:00Z``.
    :param prune: Whether entries that no plugin needs are dropped; else they stay, for other stacks may share the file.
    """
    entries: dict[str, LockedModule] = {} if prune else dict(before.modules)
    problems: list[str] = []
    changes: list[str] = []
    for one in modules:
        url, old = one.reference.url, before.find(one.reference)
        if one.reference.has_login:
            problems.append(_with_login(one))
            continue
        usable = old is not None and one.reference.digest in (None, old.digest)
        progress(one.reference.shown)
        try:
            mine = _as_user(registries, one)
            if usable and old is not None and not again(one.reference):
                entry, reasons = _signed(mine, one, old)
            else:
                entry, reasons = _signed(mine, one, look(mine, one.reference))
                entry = _seen(entry, before.modules.get(url), now)
                changes += _changes(before.modules.get(url), entry)
            entries[entry.url] = entry
            problems += _unsigned(one, entry, reasons)
        except RegistryError as error:
            problems.append(f"{error} It is loaded by {one.where}.")
            continue
        problems += _pull_problems(one, registries)
    dropped = [url for url in before.modules if url not in entries]
    changes += [f"{shown_url(url)}: no plugin needs it any more." for url in sorted(dropped)]
    return Outcome(replace(before, modules=entries), tuple(problems), tuple(changes))


def check_lock(
    modules: Iterable[Wanted], lock: Lock, registries: Registries | None, progress: Progress = lambda _: None
) -> Outcome:
    """Whether a lock holds all modules, and the registries still have what it says; ``registries``: None asks nobody."""
    problems: list[str] = []
    changes: list[str] = []
    for one in modules:
        entry = lock.find(one.reference)
        if one.reference.has_login:
            problems.append(_with_login(one))
            continue
        if entry is None:
            changes.append(f"{one.reference.shown}: it is not in the lock. It is loaded by {one.where}.")
            continue
        if one.reference.digest is not None and one.reference.digest != entry.digest:
            has = f"the plugin is pinned to {one.reference.digest}, and locked is {entry.digest}"
            changes.append(f"{shown_url(entry.url)}: {has}. It is loaded by {one.where}.")
            continue
        changes += _unsigned(one, entry)
        if registries is not None:
            progress(shown_url(entry.url))
            try:
                said = moved(_as_user(registries, one), entry, one.reference)
            except RegistryError as error:
                problems.append(str(error))
            else:
                changes += [said] if said else []
                problems += _pull_problems(one, registries)
    return Outcome(lock, tuple(problems), tuple(changes))


def _with_login(one: Wanted) -> str:
    why = "the URL holds a login, which would stand in the lock, as it stands in every cluster"
    return f"{one.reference.shown}: {why}. Have the server give the module without. It is loaded by {one.where}."


def _signed(registries: Registries, one: Wanted, entry: LockedModule) -> tuple[LockedModule, tuple[str, ...]]:
    """The entry with the signatures that its plugins ask for, and why others do not count.

    They are looked for where they are not known yet.
    """
    signers = tuple(dict.fromkeys(signer for use in one.uses for signer in use.signers))
    image, artifact = one.reference.image, entry.artifact
    missing = signers_of(signers).keys() - {signature.by for signature in entry.signatures}
    if not missing or image is None or artifact is None:
        return entry, ()
    found = signatures_of(registries, image, artifact, signers)
    kept = tuple(signature for signature in entry.signatures if signature not in found.signatures)
    return replace(entry, signatures=(*kept, *found.signatures)), found.reasons


def _unsigned(one: Wanted, entry: LockedModule, reasons: Sequence[str] = ()) -> Iterator[str]:
    by = {signature.by for signature in entry.signatures}
    for use in one.uses:
        names = signers_of(use.signers).keys()  # what cannot be read of them is told by itself
        if names and not by & names:
            why = f": {'; '.join(reasons)}" if reasons else ""
            where = f"{use.plugin} in cluster {use.cluster}" if use.cluster else use.plugin
            yield f"{shown_url(entry.url)}: it is not signed as {where} asks for{why}."
            return


def _as_user(registries: Registries, one: Wanted) -> Registries:
    """With the pull secret of the first plugin that has one."""
    secret = next((use.secret for use in one.uses if use.secret is not None), None)
    return registries if secret is None else registries.with_credentials(secret_credentials(secret))


def _pull_problems(one: Wanted, registries: Registries) -> Iterator[str]:
    """Plugins whose very own pull secret does not open the registry; each secret is tried once."""
    tried: dict[str, Use] = {}
    for use in one.uses:
        if use.secret is not None and one.reference.image is not None:
            tried.setdefault(use.secret, use)
    for secret, use in tried.items():
        mine = registries.with_credentials(secret_credentials(secret))
        try:
            mine.manifest(one.reference.image, one.reference.digest)  # type: ignore[arg-type]  # no secret without image
        except Denied:
            yield f"{one.reference.shown}: the pull secret of {use.plugin} in cluster {use.cluster} does not open it."
        except RegistryError:
            continue  # told of the module itself


def _seen(new: LockedModule, old: LockedModule | None, now: str) -> LockedModule:
    """The entry with what stays of the old one: its time where nothing has changed, and what trials of this module said."""
    if old is None:
        return replace(new, resolved=now)
    same = new.module is not None and old.module is not None and new.module.sha256 == old.module.sha256
    new = replace(new, more=old.more, verdicts=old.verdicts if same else ())
    unchanged = replace(new, resolved=old.resolved) == old and _schema(new) == _schema(old)
    return old if unchanged else replace(new, resolved=now)


def _schema(one: LockedModule) -> Mapping[str, object] | None:
    return None if one.schema is None else one.schema.document


def _changes(old: LockedModule | None, new: LockedModule) -> Iterator[str]:
    if old is None:
        yield f"{shown_url(new.url)}: new, {new.digest}."
    elif old.digest != new.digest:
        yield f"{shown_url(new.url)}: {old.digest} becomes {new.digest}."
    elif old is not new:
        yield f"{shown_url(new.url)}: the same digest; what is known of it has changed."
