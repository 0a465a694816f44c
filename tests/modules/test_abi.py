"""What Envoy offers a module: the tables, read as rules read them. Envoy itself is asked in test_envoy.py."""

from __future__ import annotations

import pytest

from mesh_wasm.modules.abi import Missing, abi_of, missing, offered, spelt, wrong_callbacks
from mesh_wasm.modules.binary import Export, Import
from mesh_wasm.modules.facts import exports_of, imports_of, look_at, root_ids

from .wasmfile import wasm


def _import(path: str, signature: str) -> Import:
    module, _, name = path.partition(".")
    return Import(module, name, "function", signature)


@pytest.mark.parametrize(
    ("path", "signature", "abi", "version", "lacks"),
    [
        ("env.proxy_log", "iii>i", "0.2.1", None, None),
        ("env.proxy_log", "ii>i", "0.2.1", None, Missing("env.proxy_log", None, "ii>i", "iii>i")),
        ("env.proxy_get_log_level", "i>i", "0.2.0", None, Missing("env.proxy_get_log_level", None, "i>i")),
        ("env.proxy_get_log_level", "i>i", "0.2.1", None, None),
        ("env.proxy_clear_route_cache", ">i", "0.1.0", None, None),
        ("env.proxy_clear_route_cache", ">i", "0.2.1", None, Missing("env.proxy_clear_route_cache", None, ">i")),
        ("env.abort", "iiii>", "0.2.0", None, Missing("env.abort", None, "iiii>")),
        ("wasi_snapshot_preview1.fd_readdir", "iiiIi>i", "0.2.0", None, None),
        ("wasi_snapshot_preview1.fd_readdir", "iiiIi>i", "0.2.0", (1, 31), None),
        (
            "wasi_unstable.fd_readdir",
            "iiiIi>i",
            "0.2.0",
            (1, 30),
            Missing("wasi_unstable.fd_readdir", (1, 31), "iiiIi>i"),
        ),
        ("wasi_snapshot_preview1.poll_oneoff", "iiii>i", "0.2.0", (1, 25), None),
        (
            "wasi_snapshot_preview1.poll_oneoff",
            "iiii>i",
            "0.2.0",
            (1, 24),
            Missing("wasi_snapshot_preview1.poll_oneoff", (1, 25), "iiii>i"),
        ),
    ],
)
def test_an_import_is_there_with_its_type_and_version_or_it_is_missing(
    path: str, signature: str, abi: str, version: tuple[int, int] | None, lacks: Missing | None
) -> None:
    found = list(missing([_import(path, signature)], abi, version))
    assert found == ([] if lacks is None else [lacks])


def test_a_memory_may_be_imported_and_a_global_may_not() -> None:
    needs = [Import("env", "memory", "memory"), Import("env", "table", "table"), Import("env", "base", "global")]
    assert list(missing(needs, "0.2.1")) == [Missing("env.base", None, "global")]


@pytest.mark.parametrize(
    ("exports", "abi", "wrong"),
    [
        ({"proxy_on_request_headers": "iii>i"}, "0.2.1", []),
        ({"proxy_on_request_headers": "iii>i"}, "0.1.0", ["proxy_on_request_headers"]),
        ({"proxy_on_request_headers": "ii>i"}, "0.1.0", []),
        ({"proxy_on_request_headers": "ii>i"}, "0.2.0", ["proxy_on_request_headers"]),
        ({"proxy_on_foreign_function": ">"}, "0.1.0", []),
        ({"proxy_on_foreign_function": ">"}, "0.2.0", ["proxy_on_foreign_function"]),
        ({"malloc": "i>i", "proxy_on_memory_allocate": ">"}, "0.2.0", []),
        ({"proxy_on_memory_allocate": ">"}, "0.2.0", ["proxy_on_memory_allocate"]),
        ({"_initialize": ">", "_start": "i>i"}, "0.2.0", []),
        ({"_start": "i>i"}, "0.2.0", ["_start"]),
        ({"main": ">"}, "0.2.0", []),
        ({"_initialize": ">", "main": ">"}, "0.2.0", ["main"]),
        ({"something_else": "fF>I"}, "0.2.0", []),
    ],
)
def test_callbacks_have_the_type_that_envoy_calls_them_with(
    exports: dict[str, str], abi: str, wrong: list[str]
) -> None:
    found = [Export(name, "function", signature) for name, signature in exports.items()]
    assert [one.path for one in wrong_callbacks(found, abi)] == wrong


def test_the_first_abi_in_the_file_counts() -> None:
    both = [Export(f"proxy_abi_version_0_{number}", "function", ">") for number in ("2_0", "1_0")]
    assert abi_of(both) == "0.2.0"
    assert abi_of([Export("proxy_abi_version_0_2_1", "global"), Export("proxy_abi_version_0_3_0", "function")]) is None


def test_all_types_survive_the_lock_file() -> None:
    """What the lock keeps as words is judged as what was read from the binary."""
    imports = {path: type_ for path, (type_, _) in offered("0.2.1").items()}
    facts = look_at(wasm(imports, {"proxy_abi_version_0_2_1": ">", "malloc": "i>i", "proxy_on_tick": "I>f"}))
    assert {one.path: one.signature for one in imports_of(facts)} == imports
    assert {one.name: one.signature for one in exports_of(facts)}["proxy_on_tick"] == "I>f"
    assert list(missing(imports_of(facts), facts.abi)) == []


def test_a_type_in_words() -> None:
    assert spelt("iI>f") == "(i32, i64) -> f32"
    assert spelt(">") == "() -> nothing"


@pytest.mark.parametrize(
    ("text", "roots"),
    [
        (b'{"config": {"rootIds": ["b", "a"]}}', ("a", "b")),
        (b'{"config": {"rootIds": []}}', None),
        (b'{"config": {"rootIds": "a"}}', None),
        (b"{", None),
        (None, None),
        (b"[]", None),
        (b"\xff", None),
    ],
)
def test_root_ids_of_the_image(text: bytes | None, roots: tuple[str, ...] | None) -> None:
    assert root_ids(text) == roots
