"""Lua in a TrafficExtension: what is admitted, and then stops the listener or does nothing (family MW28x)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import EXTENSION_HEAD, LUA, SCRIPT
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.model.traffic_extension import LuaConfig
from mesh_wasm.rules.subjects import TrafficExtensionSubject
from mesh_wasm.values.deferred import known
from mesh_wasm.values.enums import ExtensionPhase

HOOKS = ("envoy_on_request", "envoy_on_response")
"""The functions that Envoy calls."""

LUA_SYNTAX = rule(
    "MW281",
    Severity.ERROR,
    Family.SILENT,
    "Lua that cannot be parsed",
    why=(
        "API server and istiod accept it. Envoy then refuses the whole listener: traffic goes on as before, and every "
        "later change of that listener, of any kind, is held up without a word until the script is gone."
    ),
    fix="Mend the script: Envoy runs LuaJIT 2.1, which is Lua 5.1 with a few additions.",
    source="Seen on the test mesh (docs/traffic-extension.md)",
    bad=LUA + '    inlineCode: "function envoy_on_request(handle handle:headers() end"\n',
    good=SCRIPT,
)
LUA_UNCHECKED = rule(
    "MW282",
    Severity.INFO,
    Family.SILENT,
    "Lua that was not compiled",
    why="A script that cannot be parsed is accepted everywhere, and then holds up every change of the proxy's listener.",
    fix="Install the extra: pip install 'mesh-wasm[lua]'. It compiles scripts with the LuaJIT that Envoy has.",
    source="Seen on the test mesh (docs/traffic-extension.md)",
    bad=SCRIPT,
    good=EXTENSION_HEAD + "  wasm: {url: 'oci://registry.example.com/filters/acl:1.4.2'}\n",
)
LUA_NO_HOOK = rule(
    "MW283",
    Severity.WARNING,
    Family.SILENT,
    "Lua that Envoy never calls",
    why="Envoy calls envoy_on_request and envoy_on_response. A script without either of them is loaded and does nothing.",
    fix="Define function envoy_on_request(handle) or function envoy_on_response(handle).",
    source="Envoy Lua filter; seen on the test mesh (docs/traffic-extension.md)",
    bad=LUA + "    inlineCode: \"function on_request(handle) handle:headers():add('x-shop', '1') end\"\n",
    good=SCRIPT,
)
LUA_FAILS_OPEN = rule(
    "MW284",
    Severity.WARNING,
    Family.SILENT,
    "Lua in a phase that decides who may pass",
    why="Lua fails open, always: a request on which the script raises an error passes as if there were no script.",
    fix="Use a Wasm module with failStrategy FAIL_CLOSE, or wrap the script's work in pcall and respond with 403 on error.",
    source="Istio TrafficExtension reference; seen on the test mesh (docs/traffic-extension.md)",
    bad=EXTENSION_HEAD
    + "  phase: AUTHZ\n  lua: {inlineCode: \"function envoy_on_request(h) h:headers():get('x') end\"}\n",
    good=SCRIPT,
)


@LUA_SYNTAX.checks(TrafficExtensionSubject)
def lua_syntax(subject: TrafficExtensionSubject) -> Iterator[Finding]:
    """With the compiler that Envoy has, if it is installed."""
    code = _code(subject)
    if code is None:
        return
    from ._luajit import NoCompiler, syntax_error  # hardly any program has scripts

    try:
        problem = syntax_error(code)
    except NoCompiler:
        says = "the script is not compiled here, for the extra 'lua' is not installed."
        yield LUA_UNCHECKED.at("lua", "inlineCode", says=says)
        return
    if problem is not None:
        yield LUA_SYNTAX.at("lua", "inlineCode", says=f"the script cannot be parsed: {problem}.")


@LUA_NO_HOOK.checks(TrafficExtensionSubject)
def lua_no_hook(subject: TrafficExtensionSubject) -> Iterator[Finding]:
    """Neither name stands anywhere in the text."""
    code = _code(subject)
    if code is not None and not any(hook in code for hook in HOOKS):
        yield LUA_NO_HOOK.at("lua", "inlineCode", says=f"the script names neither {' nor '.join(HOOKS)}.")


@LUA_FAILS_OPEN.checks(TrafficExtensionSubject)
def lua_fails_open(subject: TrafficExtensionSubject) -> Iterator[Finding]:
    """In the phases whose filters decide who may pass; a script that catches its errors may do so well."""
    code, phase = _code(subject), subject.spec.phase
    if code is not None and phase in (ExtensionPhase.AUTHN, ExtensionPhase.AUTHZ) and "pcall" not in code:
        yield LUA_FAILS_OPEN.at("phase", says=f"a script of phase {phase} lets the request pass on which it fails.")


def _code(subject: TrafficExtensionSubject) -> str | None:
    lua = subject.spec.lua
    return known(lua.inline_code) if isinstance(lua, LuaConfig) else None
