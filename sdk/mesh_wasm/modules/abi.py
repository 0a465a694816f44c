"""What the Envoy of each Istio offers a module, and asks of it: Proxy-Wasm's ABI, host functions and callbacks.

The tables are those of proxy-wasm-cpp-host (include/proxy-wasm/exports.h and wasm.h, at 52a02917). Envoy links a module
only if every function that it imports exists with that very type, called or not. Which Istio has which function is
measured with the Envoy of each release from 1.36 on (Istio 1.28); before that it is told by the dates of both
projects, and a function counts as missing only where no build of that release can have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .binary import Export, Import

Version = tuple[int, int]
"""Istio's major and minor version."""

ABI_EXPORTS = {f"proxy_abi_version_{version.replace('.', '_')}": version for version in ("0.1.0", "0.2.0", "0.2.1")}
"""The functions by whose export a module says which ABI it speaks; the first of them in the file counts."""

ALLOCATORS = ("malloc", "proxy_on_memory_allocate")
"""Envoy calls one of them to hand over data; a module without is refused."""

_LATEST: Version = (1_000, 0)
"""Stands for the newest Istio, where none is declared."""

_HOST = {
    "log": "iii>i", "get_status": "iii>i", "set_property": "iiii>i", "get_property": "iiii>i",
    "send_local_response": "iiiiiiii>i", "get_shared_data": "iiiii>i", "set_shared_data": "iiiii>i",
    "register_shared_queue": "iii>i", "resolve_shared_queue": "iiiii>i", "dequeue_shared_queue": "iii>i",
    "enqueue_shared_queue": "iii>i", "get_header_map_value": "iiiii>i", "add_header_map_value": "iiiii>i",
    "replace_header_map_value": "iiiii>i", "remove_header_map_value": "iii>i", "get_header_map_pairs": "iii>i",
    "set_header_map_pairs": "iii>i", "get_header_map_size": "ii>i", "get_buffer_status": "iii>i",
    "get_buffer_bytes": "iiiii>i", "set_buffer_bytes": "iiiii>i", "http_call": "iiiiiiiiii>i",
    "grpc_call": "iiiiiiiiiiii>i", "grpc_stream": "iiiiiiiii>i", "grpc_close": "i>i", "grpc_cancel": "i>i",
    "grpc_send": "iiii>i", "set_tick_period_milliseconds": "i>i", "get_current_time_nanoseconds": "i>i",
    "define_metric": "iiii>i", "increment_metric": "iI>i", "record_metric": "iI>i", "get_metric": "ii>i",
    "set_effective_context": "i>i", "done": ">i", "call_foreign_function": "iiiiii>i",
}  # fmt: skip
_OF_ABI = {
    "0.1.0": {
        "get_configuration": "ii>i", "continue_request": ">i", "continue_response": ">i", "clear_route_cache": ">i",
    },
    "0.2.0": {"continue_stream": "i>i", "close_stream": "i>i"},
    "0.2.1": {"continue_stream": "i>i", "close_stream": "i>i", "get_log_level": "i>i"},
}  # fmt: skip
_ENV = {"pthread_equal": "ii>i", "emscripten_notify_memory_growth": "i>", "envoy_resolve_dns": "iii>i"}

_WASI_MODULES = ("wasi_snapshot_preview1", "wasi_unstable")
_WASI = {
    "fd_write": "iiii>i", "fd_read": "iiii>i", "fd_seek": "iIii>i", "fd_close": "i>i", "fd_fdstat_get": "ii>i",
    "environ_get": "ii>i", "environ_sizes_get": "ii>i", "args_get": "ii>i", "args_sizes_get": "ii>i",
    "clock_time_get": "iIi>i", "random_get": "ii>i", "proc_exit": "i>",
}  # fmt: skip
_WASI_SINCE: dict[Version, dict[str, str]] = {
    (1, 13): {"path_open": "iiiiiIIii>i", "fd_prestat_get": "ii>i", "fd_prestat_dir_name": "iii>i"},
    (1, 25): {"fd_fdstat_set_flags": "ii>i", "poll_oneoff": "iiii>i", "sched_yield": ">i"},
    (1, 31): {
        "fd_fdstat_set_rights": "iII>i", "clock_res_get": "ii>i", "fd_advise": "iIIi>i", "fd_allocate": "iII>i",
        "fd_datasync": "i>i", "fd_filestat_get": "ii>i", "fd_filestat_set_size": "iI>i",
        "fd_filestat_set_times": "iIIi>i", "fd_pread": "iiiIi>i", "fd_pwrite": "iiiIi>i", "fd_readdir": "iiiIi>i",
        "fd_renumber": "ii>i", "fd_sync": "i>i", "fd_tell": "ii>i", "path_create_directory": "iii>i",
        "path_filestat_get": "iiiii>i", "path_filestat_set_times": "iiiiIIi>i", "path_link": "iiiiii>i",
        "path_readlink": "iiiiii>i", "path_remove_directory": "iii>i", "path_rename": "iiiiii>i",
        "path_symlink": "iiii>i", "path_unlink_file": "iii>i", "sock_accept": "iii>i", "sock_recv": "iiiiii>i",
        "sock_send": "iiiii>i", "sock_shutdown": "ii>i",
    },
}  # fmt: skip

CALLBACKS = {
    "validate_configuration": "ii>i", "on_vm_start": "ii>i", "on_configure": "ii>i", "on_tick": "i>",
    "on_context_create": "ii>", "on_new_connection": "i>i", "on_downstream_data": "iii>i",
    "on_upstream_data": "iii>i", "on_downstream_connection_close": "ii>", "on_upstream_connection_close": "ii>",
    "on_request_headers": "iii>i", "on_request_body": "iii>i", "on_request_trailers": "ii>i",
    "on_request_metadata": "ii>i", "on_response_headers": "iii>i", "on_response_body": "iii>i",
    "on_response_trailers": "ii>i", "on_response_metadata": "ii>i", "on_http_call_response": "iiiii>",
    "on_grpc_receive": "iii>", "on_grpc_close": "iii>", "on_grpc_receive_initial_metadata": "iii>",
    "on_grpc_receive_trailing_metadata": "iii>", "on_queue_ready": "ii>", "on_foreign_function": "iii>",
    "on_done": "i>i", "on_log": "i>", "on_delete": "i>",
}  # fmt: skip
"""What Envoy calls in a module, less the prefix ``proxy_``, with its type in ABI 0.2."""

_STARTS = {"_initialize": ">", "_start": ">", "main": "ii>i", "__main_void": ">i"}

HTTP_CALLBACKS = frozenset(f"proxy_{name}" for name in CALLBACKS if name.startswith(("on_request_", "on_response_")))
"""What is called for requests and responses: by a plugin of type HTTP only."""
NETWORK_CALLBACKS = frozenset(
    {
        "proxy_on_new_connection",
        "proxy_on_downstream_data",
        "proxy_on_upstream_data",
        "proxy_on_downstream_connection_close",
        "proxy_on_upstream_connection_close",
    }
)
"""What is called for connections: by a plugin of type NETWORK only."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A function that a module imports and its host does not offer."""

    path: str
    since: Version | None
    """The first Istio that offers it; None: none does, or with another type."""
    wants: str
    """Its type as the module has it."""
    offers: str | None = None
    """Its type as the host has it, where that differs."""


def abi_of(exports: Iterable[Export]) -> str | None:
    """The ABI that a module says to speak; None where it says none that Envoy knows."""
    return next((ABI_EXPORTS[one.name] for one in exports if one.kind == "function" and one.name in ABI_EXPORTS), None)


def offered(abi: str | None) -> dict[str, tuple[str, Version | None]]:
    """The functions that Envoy offers a module of an ABI: type and first Istio, by path; None: any that has WasmPlugin."""
    found: dict[str, tuple[str, Version | None]] = {f"env.{name}": (type_, None) for name, type_ in _ENV.items()}
    found |= {f"env.proxy_{name}": (type_, None) for name, type_ in (_HOST | _OF_ABI.get(abi or "", {})).items()}
    found["env.emscripten_notify_memory_growth"] = (_ENV["emscripten_notify_memory_growth"], (1, 15))
    for module in _WASI_MODULES:
        found |= {f"{module}.{name}": (type_, None) for name, type_ in _WASI.items()}
        for since, functions in _WASI_SINCE.items():
            found |= {f"{module}.{name}": (type_, since) for name, type_ in functions.items()}
    return found


def missing(imports: Iterable[Import], abi: str | None, version: Version | None = None) -> Iterator[Missing]:
    """What a module imports and the Envoy of an Istio version lacks; without a version, of the newest."""
    host = offered(abi)
    for one in imports:
        if one.kind in ("memory", "table"):
            continue
        if one.kind != "function":
            yield Missing(one.path, None, one.kind)
            continue
        wants = one.signature or ""
        type_, since = host.get(one.path, (None, None))
        if type_ is None:
            yield Missing(one.path, None, wants)
        elif since is not None and (version or _LATEST) < since:
            yield Missing(one.path, since, wants)
        elif type_ != wants:
            yield Missing(one.path, None, wants, type_)


def wrong_callbacks(exports: Iterable[Export], abi: str | None) -> Iterator[Missing]:
    """The functions that Envoy would call, and that have another type than it calls them with."""
    known = {f"proxy_{name}": type_ for name, type_ in CALLBACKS.items()}
    known |= dict.fromkeys(ALLOCATORS, "i>i")
    by_name = {one.name: one for one in exports if one.kind == "function"}
    # One way to start is asked for, and one allocator: the other one of each may have any type.
    start = ("_initialize", "main", "__main_void") if "_initialize" in by_name else ("_start",)
    known |= {name: _STARTS[name] for name in start}
    if "malloc" in by_name:
        known.pop("proxy_on_memory_allocate")
    if abi == "0.1.0":
        known |= {"proxy_on_request_headers": "ii>i", "proxy_on_response_headers": "ii>i"}
        known.pop("proxy_on_foreign_function")
    for name, one in by_name.items():
        if name in known and one.signature != known[name]:
            yield Missing(name, None, one.signature or "", known[name])


_WORDS = {"i": "i32", "I": "i64", "f": "f32", "F": "f64", "v": "v128", "r": "funcref", "e": "externref"}


def spelt(signature: str) -> str:
    """A type in the words of WebAssembly: ``(i32, i32) -> i32``."""
    head, _, tail = signature.partition(">")
    results = ", ".join(_WORDS.get(letter, letter) for letter in tail)
    return f"({', '.join(_WORDS.get(letter, letter) for letter in head)}) -> {results or 'nothing'}"
