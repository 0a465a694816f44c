"""Plugins that share a VM: of one module, environment and proxy. Each may start alone, and not all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mesh_wasm.chains.chain import chains
from mesh_wasm.chains.member import Member
from mesh_wasm.modules.effective import effective_of, hidden_paths
from mesh_wasm.modules.locked import Lock
from mesh_wasm.sources.source import Source

from .filters import Runnable

_MOST = 20
"""Proxies whose shared VMs are tried; a fleet has many that are alike, and these are tried once."""

Group = tuple[list[Member], list[Runnable], list[Any]]
"""The plugins of one VM, in the order of the chain; the same as what is started; their secrets."""


def groups(source: Source, lock: Lock, module_of: Callable[[str], Any]) -> Iterator[Group]:
    """The plugins that share a VM somewhere, each group of configurations once.

    :param module_of: The file of a module on this machine, by its checksum; None where it is not here.
    """
    seen: set[tuple[Any, ...]] = set()
    for chain in chains(source.members, source.surroundings):
        for members in _by_vm(source, lock, [one for one in chain.plugins if not one.is_script]).values():
            made = [_runnable(source, lock, member, module_of) for member in members]
            ready = [one for one in made if one is not None]
            key = tuple((str(one.module), one.effective.digest(), repr(one.effective.config)) for one in ready)
            if len(ready) < 2 or len(ready) != len(members) or key in seen:
                continue
            seen.add(key)
            secrets = [value for member, one in zip(members, ready, strict=True) for value in _secrets(member, one)]
            yield members, ready, secrets
            if len(seen) == _MOST:
                return


def _by_vm(source: Source, lock: Lock, members: Sequence[Member]) -> Mapping[Any, list[Member]]:
    found: dict[Any, list[Member]] = {}
    for member in members:
        spec = source.bare_spec(member)
        effective, entry = effective_of(spec), lock.known(spec.get("url"), spec.get("sha256"))
        if effective is not None and entry is not None and entry.module is not None:
            vm = entry.module.sha256, tuple(sorted(effective.env.items())), effective.host_env
            found.setdefault(vm, []).append(member)
    return found


def _runnable(source: Source, lock: Lock, member: Member, module_of: Callable[[str], Any]) -> Runnable | None:
    spec = source.bare_spec(member)
    effective, entry = effective_of(spec), lock.known(spec.get("url"), spec.get("sha256"))
    module = None if entry is None or entry.module is None else module_of(entry.module.sha256)
    if effective is None or module is None:
        return None
    return Runnable(member.namespace or "default", member.name, effective, module, member.kind, member.istio)


def _secrets(member: Member, one: Runnable) -> list[Any]:
    return list(one.effective.secrets(hidden_paths(member.spec)).values())
