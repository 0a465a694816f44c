"""What the CRD and istiod's webhook refuse of a TrafficExtension beyond what they refuse of a WasmPlugin."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.finding import Finding
from mesh_wasm.findings.schema import REQUIRED, WRONG_LENGTH
from mesh_wasm.model.traffic_extension import LuaConfig
from mesh_wasm.rules.subjects import TrafficExtensionSubject
from mesh_wasm.values.deferred import known

from .crd import EXCLUDING

_LUA_BYTES = 65536


@REQUIRED.checks(TrafficExtensionSubject)
def neither(subject: TrafficExtensionSubject) -> Iterator[Finding]:
    """A module or a script."""
    if subject.spec.wasm is None and subject.spec.lua is None:
        yield REQUIRED.at(says="it needs wasm or lua.", fix="Name a module under wasm, or write a script under lua.")


@EXCLUDING.checks(TrafficExtensionSubject)
def both(subject: TrafficExtensionSubject) -> Iterator[Finding]:
    """Not a module and a script."""
    if subject.spec.wasm is not None and subject.spec.lua is not None:
        fix = "Keep one, or write a second TrafficExtension for the other."
        yield EXCLUDING.at("lua", says="wasm and lua exclude one another.", fix=fix)


@WRONG_LENGTH.checks(TrafficExtensionSubject)
def too_many_bytes(subject: TrafficExtensionSubject) -> Iterator[Finding]:
    """The CRD counts a script's characters, and istiod its bytes."""
    lua = subject.spec.lua
    code = known(lua.inline_code) if isinstance(lua, LuaConfig) else None
    if code is not None and len(code) <= _LUA_BYTES < len(code.encode()):
        says = f"it has {len(code.encode())} bytes in UTF-8; {_LUA_BYTES} are allowed."
        yield WRONG_LENGTH.at("lua", "inlineCode", says=says)
