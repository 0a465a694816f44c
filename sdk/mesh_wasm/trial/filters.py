"""Plugins as the filters that Envoy gets: what istiod makes of them, and the agent hands on.

Source: istio pilot/pkg/model/extensions.go and pkg/wasm/convert.go; compared with the dumps of the live mesh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesh_wasm.fleet.istio_version import FilterName, Version, compared_name
from mesh_wasm.modules.effective import Effective
from mesh_wasm.values.enums import PluginKind

BASE = "type.googleapis.com/envoy.extensions.filters"
HTTP_WASM, NETWORK_WASM = f"{BASE}.http.wasm.v3.Wasm", f"{BASE}.network.wasm.v3.Wasm"
_LUA = f"{BASE}.http.lua.v3.Lua"
_TEXT = "type.googleapis.com/google.protobuf.StringValue"
_POLICIES = {"FAIL_OPEN": "FAIL_OPEN", "FAIL_RELOAD": "FAIL_RELOAD"}
_OF_ISTIO = "ISTIO_META_"
"""Variables that are for the agent, who takes them out."""


@dataclass(frozen=True, slots=True)
class Runnable:
    """One plugin that can be started here."""

    namespace: str
    name: str
    effective: Effective = field(repr=False)
    module: Path | None
    """The file of its module; None for a script."""
    kind: PluginKind = PluginKind.WASM_PLUGIN
    istio: Version | None = None
    strategy: str = "FAIL_CLOSE"
    script: str | None = field(default=None, repr=False)
    """The text of a Lua script."""
    label: str = ""
    """Its short name: that of the extension, else that of the object."""

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    @property
    def resource(self) -> str:
        """What Envoy calls the filter."""
        return FilterName(self.kind, self.namespace, self.name).resource(self.istio)

    @property
    def told_as(self) -> str:
        """What its log lines and statistics call it."""
        return f"{self.namespace}.{compared_name(self.name, self.istio, self.kind)}"

    @property
    def log_prefix(self) -> str:
        """What stands before the words of the module in Envoy's log."""
        return " ".join(filter(None, (self.told_as, self.effective.root_id)))


def typed_config(plugin: Runnable, *, closed: bool = False) -> dict[str, Any]:
    """The filter's configuration.

    :param closed: Whether a module that does not start is an error, whatever the plugin's own fail strategy says.
    """
    if plugin.script is not None:
        return {"@type": _LUA, "default_source_code": {"inline_string": plugin.script}}
    policy = "FAIL_CLOSED" if closed else _POLICIES.get(plugin.strategy, "FAIL_CLOSED")
    config: dict[str, Any] = {
        "name": plugin.told_as,
        "root_id": plugin.effective.root_id,
        "failure_policy": policy,
        "vm_config": {
            "runtime": "envoy.wasm.runtime.v8",
            "code": {"local": {"filename": str(plugin.module)}},
            **_environment(plugin.effective),
        },
    }
    if text := plugin.effective.text:
        config["configuration"] = {"@type": _TEXT, "value": text}
    return {"@type": NETWORK_WASM if plugin.effective.network else HTTP_WASM, "config": config}


def _environment(effective: Effective) -> Mapping[str, Any]:
    values = {name: value for name, value in effective.env.items() if not name.startswith(_OF_ISTIO)}
    told = {"host_env_keys": list(effective.host_env), "key_values": values}
    held = {name: value for name, value in told.items() if value}
    return {"environment_variables": held} if held else {}
