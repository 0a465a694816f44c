"""What a module is started with: its effective configuration and environment, exactly as Istio hands them over.

Of one it tells a hash, which stands in the lock beside the verdict of a trial. Secrets are no part of that hash: where
they stand, it has a mark. Whether they are still the same is told by a second, keyed one (:func:`secret_mark`), and its
key is in no file of the project, so that no guess can be tried.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mesh_wasm.findings.finding import Path, format_path
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.marks import SECRET_MARK, UNKNOWN_MARK

from .go_json import go_json

CONFIG = "pluginConfig"
_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Effective:
    """The configuration and environment of one plugin, known to the last leaf."""

    config: Mapping[str, Any] = field(default_factory=dict, hash=False, repr=False)
    env: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)
    """INLINE variables of its VM."""
    host_env: tuple[str, ...] = ()
    """Names of the variables that are the proxy's own, in the order of the plugin."""
    root_id: str = ""
    network: bool = False
    """Whether it is a network filter."""

    @property
    def text(self) -> str:
        """What the module reads as its configuration; empty where Istio sends none."""
        return go_json(self.config) if self.config else ""

    def digest(self, hidden: Collection[str] = ()) -> str:
        """The hash of all of it, less the values at the paths that are ``hidden``: ``sha256:…``."""
        whole = {
            "config": _masked(self.config, (CONFIG,), frozenset(hidden)),
            "env": {name: SECRET_MARK if _env(name) in hidden else value for name, value in self.env.items()},
            "hostEnv": sorted(self.host_env),
            "network": self.network,
            "rootId": self.root_id,
        }
        return f"sha256:{hashlib.sha256(go_json(whole).encode()).hexdigest()}"

    def secrets(self, hidden: Collection[str]) -> dict[str, Any]:
        """The values at the paths that are hidden, by path."""
        found = {format_path(path): value for path, value in _leaves(self.config, (CONFIG,))}
        found |= {_env(name): value for name, value in self.env.items()}
        return {path: found[path] for path in sorted(hidden) if path in found}

    def secret_mark(self, hidden: Collection[str], key: bytes | None) -> str:
        """A keyed mark of the hidden values (HMAC-SHA256, cut to 80 bits); empty where there is none, or no key."""
        if not hidden or key is None:
            return ""
        text = go_json([[path, value] for path, value in self.secrets(hidden).items()])
        return hmac.new(key, f"trial\n{text}".encode(), hashlib.sha256).hexdigest()[:_LENGTH]


def effective_of(spec: Mapping[str, Any]) -> Effective | None:
    """What a plugin is started with, from its spec in wire form; None where a part of it is not known yet."""
    config, vm = spec.get(CONFIG), spec.get("vmConfig")
    env = vm.get("env") if isinstance(vm, Mapping) else vm
    root_id, layer = spec.get("pluginName"), spec.get("type")
    parts = (config, vm, root_id, layer)
    if any(_is_open(leaf) for part in parts for _, leaf in _leaves(part, ())):
        return None
    if not isinstance(config, Mapping | None) or not isinstance(env, list | tuple | None):
        return None
    inline: dict[str, str] = {}
    host: list[str] = []
    for one in env or ():
        if not isinstance(one, Mapping) or not isinstance(one.get("name"), str):
            return None
        if one.get("valueFrom") == "HOST":
            host.append(one["name"])
        else:
            inline[one["name"]] = str(one.get("value") or "")
    try:
        found = Effective(config or {}, inline, tuple(host), str(root_id or ""), layer == "NETWORK")
        go_json(found.config)
    except (ValueError, TypeError):
        return None  # told by the rules about its shape
    return found


def hidden_paths(shown: Mapping[str, Any]) -> tuple[str, ...]:
    """Where secrets stand, in a spec that has marks in their places."""
    env = (shown.get("vmConfig") or {}).get("env") if isinstance(shown.get("vmConfig"), Mapping) else None
    found = [format_path(path) for path, leaf in _leaves(shown.get(CONFIG), (CONFIG,)) if leaf == SECRET_MARK]
    for one in env if isinstance(env, list | tuple) else ():
        if isinstance(one, Mapping) and one.get("value") == SECRET_MARK:
            found.append(_env(str(one.get("name"))))
    return tuple(sorted(found))


def _env(name: str) -> str:
    return format_path(("vmConfig", "env", name))


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, str(key)))
    elif isinstance(value, list | tuple) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def _masked(value: Any, path: Path, hidden: frozenset[str]) -> Any:
    if not hidden:
        return value
    if isinstance(value, Mapping) and value:
        return {key: _masked(item, (*path, str(key)), hidden) for key, item in value.items()}
    if isinstance(value, list | tuple) and value:
        return [_masked(item, (*path, index), hidden) for index, item in enumerate(value)]
    return SECRET_MARK if format_path(path) in hidden else value


def _is_open(leaf: Any) -> bool:
    return isinstance(leaf, Deferred) or leaf in (SECRET_MARK, UNKNOWN_MARK)
