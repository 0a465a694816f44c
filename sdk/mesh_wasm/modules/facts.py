"""From a Wasm binary to the facts that the lock file keeps of it, and from these back to what the rules ask."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache

from .abi import ABI_EXPORTS, ALLOCATORS, CALLBACKS, spelt
from .abi import abi_of as abi_of_exports
from .binary import BinaryError, Export, Import, UnreadError, read_binary
from .locked import ModuleFacts

_CALLED = frozenset(
    {*ABI_EXPORTS, *ALLOCATORS, "_initialize", "_start", "main", "__main_void", *(f"proxy_{one}" for one in CALLBACKS)}
)
_LETTERS = {"i32": "i", "i64": "I", "f32": "f", "f64": "F", "v128": "v", "funcref": "r", "externref": "e"}


def look_at(data: bytes, *, beside: bytes | None = None, size: int | None = None) -> ModuleFacts:
    """What there is to say of a Wasm binary; of one that cannot be read, why.

    :param beside: ``runtime-config.json`` of the image, which may name the root ids.
    :param size: Its size in bytes, where ``data`` is only its beginning.
    """
    sha256, length = hashlib.sha256(data).hexdigest(), len(data) if size is None else size
    roots = root_ids(beside)
    try:
        binary = read_binary(data)
    except UnreadError as error:
        return ModuleFacts(sha256, length, root_ids=roots, unread=str(error))
    except BinaryError as error:
        return ModuleFacts(sha256, length, root_ids=roots, damaged=str(error))
    return ModuleFacts(
        sha256,
        length,
        abi_of_exports(binary.exports),
        tuple(sorted({_need(one) for one in binary.imports})),
        tuple(sorted({f"{one.name}{spelt(one.signature or '>')}" for one in binary.exports if _is_called(one)})),
        binary.has_memory,
        roots,
    )


def _is_called(one: Export) -> bool:
    return one.kind == "function" and one.name in _CALLED


def _need(one: Import) -> str:
    return f"{one.path}{spelt(one.signature or '>')}" if one.kind == "function" else f"{one.path} {one.kind}"


def root_ids(runtime_config: bytes | None) -> tuple[str, ...] | None:
    """The root ids of a ``runtime-config.json`` (Wasm image specification); None where it names none."""
    try:
        document = json.loads(runtime_config or b"null")
    except ValueError:
        return None
    config = document.get("config") if isinstance(document, dict) else None
    roots = config.get("rootIds") if isinstance(config, dict) else None
    named = [one for one in roots if isinstance(one, str)] if isinstance(roots, list) else []
    return tuple(sorted(set(named))) or None


@lru_cache(maxsize=256)
def imports_of(facts: ModuleFacts) -> tuple[Import, ...]:
    """The imports as they were read from the binary."""
    return tuple(map(_import, facts.imports))


@lru_cache(maxsize=256)
def exports_of(facts: ModuleFacts) -> tuple[Export, ...]:
    """The exported functions that Envoy may call."""
    return tuple(Export(name, "function", signature) for name, signature in map(_parted, facts.exports))


def names_of(texts: Iterable[str]) -> frozenset[str]:
    """The names of functions, less their types."""
    return frozenset(text.partition("(")[0] for text in texts)


def _import(text: str) -> Import:
    if "(" not in text:
        path, _, kind = text.rpartition(" ")
        module, _, name = path.partition(".")
        return Import(module, name, kind)
    path, signature = _parted(text)
    module, _, name = path.partition(".")
    return Import(module, name, "function", signature)


def _parted(text: str) -> tuple[str, str]:
    """Name and type, in the letters of :mod:`.binary`."""
    name, _, rest = text.partition("(")
    head, _, tail = rest.partition(") -> ")
    return name, f"{_letters(head)}>{'' if tail == 'nothing' else _letters(tail)}"


def _letters(words: str) -> str:
    return "".join(_LETTERS.get(word, "?") for word in words.split(", ") if word)
