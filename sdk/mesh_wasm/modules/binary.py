"""What a Wasm binary imports and exports: its type, import, function, memory and export sections, and nothing of its code.

Every length is checked against what is there, so a cut or forged file ends in a :class:`BinaryError` and never in more
work than its size is worth. Source: WebAssembly core specification, binary format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"\0asm"
"""The first four bytes of every Wasm binary; Istio's fetcher looks at nothing else."""

_VERSION = b"\1\0\0\0"
_LETTERS = {0x7F: "i", 0x7E: "I", 0x7D: "f", 0x7C: "F", 0x7B: "v", 0x70: "r", 0x6F: "e"}
_KINDS = ("function", "table", "memory", "global", "tag")
_MOST = 10_000
"""Types, imports or exports of a module; real ones have a few hundred."""
_MOST_FUNCTIONS = 1_000_000
"""Functions of a module: V8's own limit."""


class BinaryError(ValueError):
    """The file is no whole Wasm binary; the text says why, to stand behind "the module"."""


class UnreadError(BinaryError):
    """The file may be a whole Wasm binary, of a form that is not read here: nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Import:
    """Something that the module needs."""

    module: str
    name: str
    kind: str
    """``function``, ``table``, ``memory``, ``global`` or ``tag``."""
    signature: str | None = None
    """Of a function: parameters, ``>``, results; a letter each: i (i32), I (i64), f (f32), F (f64), v, r, e."""

    @property
    def path(self) -> str:
        """Both names in one, as Envoy writes them: ``env.proxy_log``."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class Export:
    """Something that the module offers."""

    name: str
    kind: str
    signature: str | None = None
    """As in :class:`Import`."""


@dataclass(frozen=True, slots=True)
class Binary:
    """What a module needs and offers."""

    imports: tuple[Import, ...]
    exports: tuple[Export, ...]
    """In the order of the file."""
    has_memory: bool
    """Whether it has a memory, its own or an imported one."""


def read_binary(data: bytes | memoryview) -> Binary:
    """Read a Wasm binary. Raises :class:`BinaryError`."""
    view = memoryview(data)
    if bytes(view[:4]) != MAGIC or len(view) < 8:
        raise BinaryError("is no Wasm binary: it does not begin with the bytes 00 61 73 6d")
    if bytes(view[4:8]) != _VERSION:
        raise BinaryError("is no core Wasm module of version 1 (a component of the component model, perhaps)")
    types: list[str | None] = []
    imports: list[Import] = []
    functions: _Reader | None = None
    exports: list[tuple[str, str, int]] = []
    memories = 0
    for section, body in _sections(view):
        match section:
            case 1:
                types = _types(body)
            case 2:
                imports = _imports(body, types)
            case 3:
                functions = body
            case 5:
                memories = body.count("memories", _MOST)
            case 7:
                exports = _exports(body)
    known = [one.signature for one in imports if one.kind == "function"]
    own = _types_of(functions, {at - len(known) for _, kind, at in exports if kind == "function"}, types)
    offered = tuple(Export(name, kind, _signature(kind, at, known, own)) for name, kind, at in exports)
    has_memory = memories > 0 or any(one.kind == "memory" for one in imports)
    return Binary(tuple(imports), offered, has_memory)


class _Reader:
    """A piece of the file, read from its beginning on."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: memoryview) -> None:
        self._data, self._at, self._end = data, 0, len(data)

    def byte(self) -> int:
        if self._at >= self._end:
            raise BinaryError("is cut off, or its lengths do not fit")
        self._at += 1
        return self._data[self._at - 1]

    def number(self, bits: int = 32) -> int:
        """An unsigned LEB128 number."""
        value = shift = 0
        while shift < bits:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> bits:
                    break
                return value
            shift += 7
        raise BinaryError("holds a number that is too long")

    def numbers(self, count: int, wanted: set[int]) -> dict[int, int]:
        """Of so many numbers, those at some indexes. There may be a million: nearly all are one byte, and read in place."""
        data, end, found = self._data, self._end, {}
        for index in range(count):
            if self._at >= end or data[self._at] >= 0x80:
                value = self.number()
            else:
                value = data[self._at]
                self._at += 1
            if index in wanted:
                found[index] = value
        return found

    def piece(self, length: int) -> memoryview:
        if length > self._end - self._at:
            raise BinaryError("is cut off, or its lengths do not fit")
        self._at += length
        return self._data[self._at - length : self._at]

    def name(self) -> str:
        try:
            return bytes(self.piece(self.number())).decode()
        except UnicodeDecodeError:
            raise BinaryError("holds a name that is no UTF-8") from None

    def count(self, what: str, most: int) -> int:
        """How many items follow; each takes a byte at least."""
        number = self.number()
        if number > self._end - self._at:
            raise BinaryError("is cut off, or its lengths do not fit")
        if number > most:
            raise UnreadError(f"has {number:,} {what}; more than {most:,} are not read")
        return number

    @property
    def done(self) -> bool:
        return self._at >= self._end


def _sections(view: memoryview) -> Iterator[tuple[int, _Reader]]:
    whole = _Reader(view[8:])
    while not whole.done:
        kind = whole.byte()
        yield kind, _Reader(whole.piece(whole.number()))


def _types(body: _Reader) -> list[str | None]:
    found: list[str | None] = []
    for _ in range(body.count("types", _MOST)):
        form = body.byte()
        if form != 0x60:
            raise UnreadError(f"has a type of form 0x{form:02x}, which belongs to a later proposal and is not read")
        signature = _letters(body) + ">" + _letters(body)
        found.append(signature)
    return found


def _letters(body: _Reader) -> str:
    return "".join(_letter(byte) for byte in body.piece(body.count("values", 1_000)))


def _letter(byte: int) -> str:
    if byte not in _LETTERS:
        raise UnreadError(f"has a value of type 0x{byte:02x}, which belongs to a later proposal and is not read")
    return _LETTERS[byte]


def _imports(body: _Reader, types: list[str | None]) -> list[Import]:
    found = []
    for _ in range(body.count("imports", _MOST)):
        module, name, kind = body.name(), body.name(), _kind(body.byte())
        signature = None
        match kind:
            case "function":
                signature = _type_at(body.number(), types)
            case "table":
                _letter(body.byte())
                _limits(body)
            case "memory":
                _limits(body)
            case "global":
                _letter(body.byte())
                body.byte()
            case "tag":
                body.byte()
                body.number()
        found.append(Import(module, name, kind, signature))
    return found


def _exports(body: _Reader) -> list[tuple[str, str, int]]:
    return [(body.name(), _kind(body.byte()), body.number()) for _ in range(body.count("exports", _MOST))]


def _kind(byte: int) -> str:
    if byte >= len(_KINDS):
        raise BinaryError(f"imports or exports something of the unknown kind {byte}")
    return _KINDS[byte]


def _limits(body: _Reader) -> None:
    flags = body.byte()
    if flags > 7:
        raise UnreadError(f"has a memory or table of form 0x{flags:02x}, which is not read")
    bits = 64 if flags & 4 else 32
    body.number(bits)
    if flags & 1:
        body.number(bits)


def _type_at(index: int, types: list[str | None]) -> str | None:
    if index >= len(types):
        raise BinaryError("names a type that it does not have")
    return types[index]


def _types_of(functions: _Reader | None, wanted: set[int], types: list[str | None]) -> dict[int, str | None]:
    """The types of some of the module's own functions; of all the others nothing is kept."""
    if functions is None:
        return {}
    found = functions.numbers(functions.count("functions", _MOST_FUNCTIONS), wanted)
    return {index: _type_at(number, types) for index, number in found.items()}


def _signature(kind: str, index: int, imported: list[str | None], own: dict[int, str | None]) -> str | None:
    """Of an exported function: imported functions are counted first."""
    if kind != "function":
        return None
    if index < len(imported):
        return imported[index]
    if index - len(imported) not in own:
        raise BinaryError("exports a function that it does not have")
    return own[index - len(imported)]
