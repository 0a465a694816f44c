"""Our verdict on a module against that of a real Envoy: it starts each plugin that it is configured with in validate mode.

Of each module Envoy says whether it takes it; we say it of the same bytes, by way of the lock file's own facts.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mesh import build

from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.modules.abi import CALLBACKS, offered
from mesh_wasm.modules.facts import look_at
from mesh_wasm.modules.locked import Artifact, Lock, LockedModule
from mesh_wasm.rules.of_modules import module_findings

from .wasmfile import section, wasm

pytestmark = pytest.mark.live

URL = "oci://registry.acme.io/filters/acl:1"
_LEAST = {"proxy_abi_version_0_2_1": ">", "malloc": "i>i"}


def _abi(version: str, **exports: str) -> dict[str, str]:
    return {f"proxy_abi_version_{version}": ">", "malloc": "i>i", **exports}


def _modules() -> Iterator[tuple[str, bytes]]:
    """Each module with its name: every host function alone, with another type, in each ABI; and all that can be missing."""
    for abi in ("0.1.0", "0.2.0", "0.2.1"):
        exports = _abi(abi.replace(".", "_"))
        functions = {path: type_ for path, (type_, _) in offered(abi).items()}
        yield f"all of {abi}", wasm(functions, exports)
        for path in ("env.proxy_get_configuration", "env.proxy_continue_stream", "env.proxy_get_log_level"):
            type_ = {**offered("0.1.0"), **offered("0.2.1")}[path][0]
            yield f"{path} in {abi}", wasm({path: type_}, exports)
    for path, (type_, _) in offered("0.2.1").items():
        other = type_.replace("i", "I", 1) if "i" in type_.partition(">")[0] else f"i{type_}"
        yield f"{path} with another type", wasm({path: other}, _LEAST)
    for name, type_ in CALLBACKS.items():
        yield f"proxy_{name}", wasm({}, {**_LEAST, f"proxy_{name}": type_})
        yield f"proxy_{name} with another type", wasm({}, {**_LEAST, f"proxy_{name}": f"I{type_}"})
    for version, type_ in (("0_1_0", "ii>i"), ("0_1_0", "iii>i"), ("0_2_0", "ii>i"), ("0_2_0", "iii>i")):
        for name in ("proxy_on_request_headers", "proxy_on_response_headers"):
            yield f"{name} as {type_} in {version}", wasm({}, _abi(version, **{name: type_}))
    yield "a foreign function in 0.1.0", wasm({}, _abi("0_1_0", proxy_on_foreign_function=">"))
    yield "unknown import", wasm({"env.abort": "iiii>"}, _LEAST)
    yield "unknown module", wasm({"gojs.runtime": "i>"}, _LEAST)
    yield "imported global", wasm({}, _LEAST, global_import="env.__stack_pointer")
    yield "no ABI", wasm({}, {"malloc": "i>i"})
    yield "a later ABI", wasm({}, {"malloc": "i>i", "proxy_abi_version_0_3_0": ">"})
    yield "two ABIs", wasm({}, {"proxy_abi_version_0_2_0": ">", **_abi("0_1_0"), "proxy_on_request_headers": "iii>i"})
    yield "no malloc", wasm({}, {"proxy_abi_version_0_2_1": ">"})
    yield "proxy_on_memory_allocate", wasm({}, {"proxy_abi_version_0_2_1": ">", "proxy_on_memory_allocate": "i>i"})
    yield "malloc of another type", wasm({}, {"proxy_abi_version_0_2_1": ">", "malloc": "I>i"})
    yield "malloc beside a wrong allocate", wasm({}, {**_LEAST, "proxy_on_memory_allocate": ">"})
    yield "_start of another type", wasm({}, {**_LEAST, "_start": "i>"})
    yield "_initialize of another type", wasm({}, {**_LEAST, "_initialize": "i>"})
    yield "_start beside _initialize", wasm({}, {**_LEAST, "_initialize": ">", "_start": "i>"})
    yield "main without _initialize", wasm({}, {**_LEAST, "main": ">"})
    yield "main of another type", wasm({}, {**_LEAST, "_initialize": ">", "main": ">"})
    yield "no memory", wasm({}, _LEAST, memory=False)
    whole = wasm({"env.proxy_log": "iii>i"}, _LEAST)
    yield "whole", whole
    yield "cut off", whole[: len(whole) // 2]
    yield "a component", b"\0asm\x0d\0\1\0" + whole[8:]
    yield "with a custom section", whole + section(0, b"\4name" + bytes(10))


MODULES = dict(_modules())


@pytest.fixture(scope="module")
def envoy() -> Path:
    return build.ensure("envoy")["envoy"]


def _taken_by_envoy(envoy: Path, module: bytes, folder: Path, root_id: str = "", told: str = "") -> tuple[bool, str]:
    (folder / "module.wasm").write_bytes(module)
    (folder / "envoy.json").write_text(json.dumps(_bootstrap(folder / "module.wasm", root_id, told)))
    command = [str(envoy), "--mode", "validate", "-c", str(folder / "envoy.json"), "-l", "error"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    said = [line for line in (ran.stdout + ran.stderr).splitlines() if "asm" in line]
    return ran.returncode == 0, "\n".join(said)


def _bootstrap(module: Path, root_id: str, told: str) -> dict[str, Any]:
    base = "type.googleapis.com/envoy.extensions.filters"
    code = {"local": {"filename": str(module)}}
    config: dict[str, Any] = {
        "name": "edge.acl",
        "root_id": root_id,
        "vm_config": {"runtime": "envoy.wasm.runtime.v8", "code": code},
    }
    if told:
        config["configuration"] = {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": told}
    plugin = {"name": "wasm", "typed_config": {"@type": f"{base}.http.wasm.v3.Wasm", "config": config}}
    router = {"name": "router", "typed_config": {"@type": f"{base}.http.router.v3.Router"}}
    manager = {
        "@type": f"{base}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
        "route_config": {},
        "http_filters": [plugin, router],
    }
    listener = {
        "name": "edge",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    return {"static_resources": {"listeners": [listener]}}


def _our_errors(module: bytes) -> list[str]:
    entry = LockedModule(URL, Artifact("sha256:" + "0a" * 32, "", (), "compat"), look_at(module))
    spec = parse(WasmPluginSpec, {"url": URL}).value
    found = module_findings([(Cluster(name="east"), spec)], Lock({URL: entry}))
    return [str(one) for one in found if one.is_error]


@pytest.mark.parametrize("name", MODULES)
def test_envoy_takes_what_we_take_and_refuses_what_we_refuse(envoy: Path, name: str, tmp_path: Path) -> None:
    ours = _our_errors(MODULES[name])
    taken, said = _taken_by_envoy(envoy, MODULES[name], tmp_path)
    assert taken is (not ours), f"Envoy: {said or 'takes it'}\nmesh-wasm: {ours or 'takes it'}"


def test_both_verdicts_are_among_them() -> None:
    """So that a judge who says the same of everything would be noticed."""
    verdicts = [bool(_our_errors(module)) for module in MODULES.values()]
    assert verdicts.count(True) > 100
    assert verdicts.count(False) > 30
