"""Small Wasm binaries with the imports and exports that a test names, written byte by byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_TYPES = {"i": 0x7F, "I": 0x7E, "f": 0x7D, "F": 0x7C}
_FILTER = {"proxy_abi_version_0_2_1": ">", "malloc": "i>i", "proxy_on_context_create": "ii>"}


def leb(number: int) -> bytes:
    """An unsigned LEB128 number."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def vector(items: Sequence[bytes]) -> bytes:
    """A vector: its length, and its items."""
    return leb(len(items)) + b"".join(items)


def section(kind: int, body: bytes) -> bytes:
    """A section."""
    return bytes([kind]) + leb(len(body)) + body


def text(name: str) -> bytes:
    """A name."""
    return leb(len(name.encode())) + name.encode()


def wasm(
    imports: Mapping[str, str] | None = None,
    exports: Mapping[str, str] | None = None,
    *,
    memory: bool = True,
    global_import: str = "",
    padding: int = 0,
) -> bytes:
    """A module.

    :param imports: Functions by ``module.name``, each with its type in the letters of mesh_wasm.modules.binary.
    :param exports: Functions by name; default: the least that Envoy takes for a filter.
    :param memory: Whether it has a memory, and exports it.
    :param global_import: An i32 global that it imports, as ``module.name``.
    :param padding: Bytes of a custom section at its end.
    """
    imports, exports = imports or {}, _FILTER if exports is None else exports
    types = list(dict.fromkeys([*imports.values(), *exports.values()]))
    needs = [_import(path) + b"\0" + leb(types.index(type_)) for path, type_ in imports.items()]
    if global_import:
        needs.append(_import(global_import) + b"\3\x7f\0")
    offers = [text(name) + b"\0" + leb(len(imports) + at) for at, name in enumerate(exports)]
    parts = [
        section(1, vector([_type(one) for one in types])),
        section(2, vector(needs)),
        section(3, vector([leb(types.index(type_)) for type_ in exports.values()])),
        section(5, vector([b"\0\1"])) if memory else b"",
        section(7, vector([*offers, *([text("memory") + b"\2\0"] if memory else [])])),
        section(10, vector([_body(type_) for type_ in exports.values()])),
        section(0, text("padding") + bytes(padding)) if padding else b"",
    ]
    return b"\0asm\1\0\0\0" + b"".join(parts)


def _import(path: str) -> bytes:
    module, _, name = path.partition(".")
    return text(module) + text(name)


def _type(signature: str) -> bytes:
    head, _, tail = signature.partition(">")
    return b"\x60" + vector([bytes([_TYPES[one]]) for one in head]) + vector([bytes([_TYPES[one]]) for one in tail])


_ONES = {"i": b"\x41\1", "I": b"\x42\1", "f": b"\x43\0\0\x80\x3f", "F": b"\x44\0\0\0\0\0\0\xf0\x3f"}


def _body(signature: str) -> bytes:
    """It answers ones: what Envoy calls when it starts a module is content with that."""
    code = b"".join(_ONES[letter] for letter in signature.partition(">")[2]) + b"\x0b"
    return leb(len(code) + 1) + b"\0" + code
