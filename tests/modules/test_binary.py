"""The parser of Wasm binaries: what it reads, and that nothing brings it down."""

from __future__ import annotations

import contextlib
import time
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mesh_wasm.modules.binary import BinaryError, Export, Import, UnreadError, read_binary

from .wasmfile import leb, section, text, vector, wasm

HEAD = b"\0asm\1\0\0\0"
FILTER = wasm(
    {"env.proxy_log": "iii>i", "wasi_snapshot_preview1.fd_seek": "iIii>i"},
    {"proxy_abi_version_0_2_1": ">", "malloc": "i>i", "proxy_on_tick": "i>"},
)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="."), max_size=12)
TYPES = st.builds(lambda head, tail: f"{head}>{tail}", st.text("iIfF", max_size=5), st.text("iIfF", max_size=2))


def test_imports_and_exports_have_their_types() -> None:
    binary = read_binary(FILTER)
    assert binary.imports == (
        Import("env", "proxy_log", "function", "iii>i"),
        Import("wasi_snapshot_preview1", "fd_seek", "function", "iIii>i"),
    )
    assert binary.exports == (
        Export("proxy_abi_version_0_2_1", "function", ">"),
        Export("malloc", "function", "i>i"),
        Export("proxy_on_tick", "function", "i>"),
        Export("memory", "memory"),
    )
    assert binary.has_memory


@given(
    st.dictionaries(st.builds("{}.{}".format, NAMES, NAMES), TYPES, max_size=4),
    st.dictionaries(NAMES, TYPES, max_size=4),
    st.booleans(),
)
def test_whatever_is_written_is_read(imports: dict[str, str], exports: dict[str, str], memory: bool) -> None:
    binary = read_binary(wasm(imports, exports, memory=memory))
    assert {one.path: one.signature for one in binary.imports} == imports
    named = {one.name: one.signature for one in binary.exports if one.kind == "function"}
    assert named == exports
    assert binary.has_memory is memory


def test_an_exported_import_has_its_type() -> None:
    exports = vector([text("again") + b"\0" + leb(1)])
    data = HEAD + section(1, vector([b"\x60\0\0", b"\x60\1\x7e\1\x7f"]))
    data += section(2, vector([text("a") + text("b") + b"\0\0", text("a") + text("c") + b"\0\1"])) + section(7, exports)
    assert read_binary(data).exports == (Export("again", "function", "I>i"),)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("table", b"\1\x70\0\1"),
        ("memory", b"\2\1\1\2"),
        ("global", b"\3\x7e\1"),
        ("tag", b"\4\0\0"),
        ("memory", b"\2\4\1"),
    ],
)
def test_other_imports_are_passed_over_in_full(kind: str, body: bytes) -> None:
    """What follows an import is read only if the import was read to its very end."""
    needs = vector([text("env") + text("it") + body, text("env") + text("f") + b"\0\0"])
    binary = read_binary(HEAD + section(1, vector([b"\x60\0\0"])) + section(2, needs))
    assert [(one.kind, one.name) for one in binary.imports] == [(kind, "it"), ("function", "f")]
    assert binary.has_memory is (kind == "memory")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no Wasm binary"),
        (b"\0asm\1\0\0", "no Wasm binary"),
        (b"\x7fELF\1\0\0\0", "no Wasm binary"),
        (b"\0asm\x0d\0\1\0", "component"),
        (HEAD + b"\1", "cut off"),
        (HEAD + b"\1\5\1", "cut off"),
        (HEAD + section(1, leb(2**31)), "cut off"),
        (HEAD + b"\1\xff\xff\xff\xff\xff\xff\0", "too long"),
        (HEAD + section(2, vector([text("a") + b"\1\xff\0\0"])), "no UTF-8"),
        (HEAD + section(2, vector([text("a") + text("b") + b"\0\0"])), "type that it does not have"),
        (HEAD + section(7, vector([text("a") + b"\0\0"])), "function that it does not have"),
        (HEAD + section(7, vector([text("a") + b"\7\0"])), "unknown kind"),
    ],
)
def test_what_is_damaged_is_told(data: bytes, says: str) -> None:
    with pytest.raises(BinaryError, match=says) as told:
        read_binary(data)
    assert not isinstance(told.value, UnreadError)


@pytest.mark.parametrize(
    "data",
    [
        HEAD + section(1, vector([b"\x5f\0"])),  # a struct type of the GC proposal
        HEAD + section(1, vector([b"\x60\1\x64\0"])),  # a typed reference
        HEAD + section(2, vector([text("a") + text("b") + b"\2\x17\0"])),  # a memory with a page size of its own
        HEAD + section(7, leb(10_001) + b"\0\3\0" * 10_001),
    ],
)
def test_what_may_be_sound_is_not_called_damaged(data: bytes) -> None:
    with pytest.raises(UnreadError):
        read_binary(data)


@settings(max_examples=400)
@given(st.binary(max_size=200), st.integers(0, len(FILTER)))
@example(b"", 0)
def test_a_cut_or_overwritten_module_ends_in_a_sentence(noise: bytes, at: int) -> None:
    for data in (FILTER[:at], FILTER[:at] + noise + FILTER[at + len(noise) :], HEAD + noise, noise):
        with contextlib.suppress(BinaryError):
            read_binary(data)


def test_each_flipped_bit_ends_in_a_sentence() -> None:
    for at in range(len(FILTER) * 8):
        data = bytearray(FILTER)
        data[at // 8] ^= 1 << at % 8
        with contextlib.suppress(BinaryError):
            read_binary(bytes(data))


@pytest.mark.parametrize(
    "body",
    [
        section(7, leb(10_000) + b"".join(text(f"{n:07}") + b"\3\0" for n in range(10_000))),
        section(1, leb(10_000) + b"\x60\0\0" * 10_000),
        section(7, leb(900_000) + b"\0\3\0" * 900_000),
        section(3, leb(300_000) + b"\0" * 300_000),
        section(0, text("code") + bytes(20_000_000)),
        b"".join(section(0, text("")) for _ in range(50_000)),
    ],
    ids=["exports", "types", "too many", "functions", "size", "sections"],
)
def test_a_large_module_costs_no_more_than_its_size(body: bytes) -> None:
    """A second and three times the file at most, whatever it is made of."""
    data = HEAD + body
    began = time.process_time()  # the machine may be busy with other things
    with contextlib.suppress(BinaryError):
        read_binary(data)
    assert time.process_time() - began < 1
    tracemalloc.start()
    try:
        with contextlib.suppress(BinaryError):
            read_binary(data)
        assert tracemalloc.get_traced_memory()[1] < 3 * len(data) + 5_000_000
    finally:
        tracemalloc.stop()
