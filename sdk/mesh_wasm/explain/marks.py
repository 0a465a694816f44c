"""Marks: whether a value is still the same, without the value.

A report is read by many and kept for long, and a configuration may hold what nobody should guess. So a mark is a keyed
hash (HMAC-SHA256, cut to 80 bits): without the key, which is in no report, no guess can be tried.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any

from mesh_wasm.findings.finding import listed
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.marks import SECRET_MARK, UNKNOWN_MARK

UNKNOWN = "?"
"""The mark of a value that is not known: not yet, or because its secret was left out."""

_LENGTH = 20


def key_id(key: bytes) -> str:
    """What tells two keys apart; it says nothing of the key itself."""
    return _mark(key, "the id of this key")[:8]


def value_marks(spec: Mapping[str, Any], key: bytes) -> dict[str, str]:
    """The marks of a plugin's own values: of each top-level key of its configuration, and of each variable of its VM."""
    return {path: _mark(key, [path, value]) for path, value in sorted(_values(spec))}


def differences_by_cluster(marks: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """By cluster, which values of one object are others elsewhere, in words; left out where all are the same.

    :param marks: The marks of the object in each cluster.
    """
    told: dict[str, str] = {}
    for cluster, mine in marks.items():
        where: dict[tuple[str, ...], list[str]] = {}
        for other, theirs in marks.items():
            differ = tuple(path for path in sorted({*mine, *theirs}) if mine.get(path) != theirs.get(path))
            if differ:
                where.setdefault(differ, []).append(other)
        parts = [
            f"{', '.join(map(_short, paths))} in cluster{'s' * (len(names) > 1)} {listed(names)}"
            for paths, names in where.items()
        ]
        if parts:
            told[cluster] = f"other values of {'; of '.join(parts)}"
    return told


def _short(path: str) -> str:
    return path.removeprefix("pluginConfig.")


def _values(spec: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    config = spec.get("pluginConfig")
    if isinstance(config, Mapping):
        yield from ((f"pluginConfig.{name}", value) for name, value in config.items())
    elif config is not None:
        yield "pluginConfig", config
    vm = spec.get("vmConfig")
    env = vm.get("env") if isinstance(vm, Mapping) else vm
    for item in env if isinstance(env, list | tuple) else () if env is None else (env,):
        name = item.get("name") if isinstance(item, Mapping) else None
        yield f"vmConfig.env.{name if isinstance(name, str) else UNKNOWN}", item


def _mark(key: bytes, value: Any) -> str:
    if _is_open(value):
        return UNKNOWN
    text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    return hmac.new(key, text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()[:_LENGTH]


def _is_open(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_is_open, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_is_open, value))
    return isinstance(value, Deferred) or value in (UNKNOWN_MARK, SECRET_MARK)
