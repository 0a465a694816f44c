"""Every object that is written carries the hook that explains what a cluster refuses; a preview carries none."""

from __future__ import annotations

from support import programs

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi._telling.faults import HOOK


def program() -> None:
    fleet = programs.fleet()
    secret = wasm.PullSecret("registry", {"registry": "registry.acme.io", "username": "u", "password": "p"})
    acl = wasm.WasmExtension("acl", programs.extension_args(pull_secret=secret))
    wasm.IngressGatewayAttachment("edge", programs.gateway_args(acl, fleet))
    wasm.WasmPlugin("raw", programs.plugin_args(fleet))


def test_an_update_explains() -> None:
    result = programs.run(program, preview=False)
    children = [*programs.plugins(result), *programs.secrets(result)]
    assert len(children) == 4
    assert {tuple(child.request.hooks.on_error) for child in children} == {(HOOK,)}
    assert result.monitor.calls["RegisterErrorHook"] == 1


def test_a_preview_has_nothing_to_explain() -> None:
    result = programs.run(program)
    assert not any(child.request.hooks.on_error for child in programs.plugins(result))
    assert "RegisterErrorHook" not in result.monitor.calls
