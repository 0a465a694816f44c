"""Linting TrafficExtensions: where a finding stands, which kinds meet, which clusters know them, and Lua."""

from __future__ import annotations

import sys
import textwrap

import pytest

from mesh_wasm.findings.examples import EXTENSION_HEAD, GOOD, LUA, SCRIPT
from mesh_wasm.findings.finding import format_path
from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.lint import lint
from mesh_wasm.rules.effect import _luajit
from mesh_wasm.values.enums import Dialect
from mesh_wasm.yaml.file import documents

WASM = EXTENSION_HEAD + "  wasm: {url: 'oci://registry.example.com/filters/acl:1.4.2'}\n"


def told(text: str, fleet: Fleet | None = None) -> list[tuple[str, str]]:
    """Rule and place of all findings but the infos."""
    result = lint(documents(textwrap.dedent(text), "file.yaml"), fleet)
    return [
        (one.finding.rule, format_path(one.finding.path)) for one in result.findings if one.finding.severity != "info"
    ]


def script(code: str, more: str = "") -> str:
    indented = textwrap.indent(textwrap.dedent(code), " " * 6)
    return f"{EXTENSION_HEAD}{more}  lua:\n    inlineCode: |\n{indented}"


@pytest.mark.parametrize("text", [WASM, SCRIPT], ids=["a module", "a script"])
def test_a_good_one(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (WASM.replace("v1alpha1", "v1"), ("MW108", "apiVersion")),
        (WASM.replace("TrafficExtension", "Trafficextension"), ("MW108", "kind")),
        (WASM.replace("'oci://registry.example.com/filters/acl:1.4.2'", "registry:5000/acl:1"), ("MW113", "spec.wasm.url")),
        (WASM.replace("'oci://registry.example.com", "'127.0.0.1:5000"), ("MW204", "spec.wasm.url")),
        (WASM + "  phase: UNSPECIFIED_PHASE\n", ("MW104", "spec.phase")),
        (WASM + "  url: oci://a/b:1\n", ("MW102", "spec.url")),
        (WASM.replace("{url:", "{imagePullSecret: a/b, url:"), ("MW215", "spec.wasm.imagePullSecret")),
        (WASM.replace("{url:", "{vmConfig: {env: [{name: ISTIO_META}]}, url:"), ("MW301", "spec.wasm.vmConfig.env[0].name")),
        (WASM.replace("{url:", "{failStrategy: FAIL_OPEN, url:") + "  phase: AUTHZ\n", ("MW308", "spec.wasm.failStrategy")),
        (EXTENSION_HEAD, ("MW101", "spec")),
        (WASM + "  lua: {inlineCode: 'function envoy_on_request(h) end'}\n", ("MW110", "spec.lua")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_it_stands(text: str, found: tuple[str, str]) -> None:
    assert told(text) == [found]


def test_one_without_a_priority_is_heavier_where_the_other_kind_runs_too() -> None:
    """The rule is an info by itself, and a warning where another plugin of the phase can run on the same workload."""
    unset = WASM.replace("  priority: 10\n", "")
    assert told(unset) == []
    assert told(f"{unset}---\n{GOOD}") == [("MW214", "spec.priority")]


def test_a_cluster_must_know_the_kind() -> None:
    fleet = Fleet(
        [
            Cluster(name="old", istio_version="1.29"),
            Cluster(name="new", istio_version="1.30.1"),
            Cluster(name="asm", dialect=Dialect.ASM),
            Cluster(name="unsaid"),
        ]
    )
    found = [one for one in lint(documents(WASM, "file.yaml"), fleet).findings if one.finding.is_error]
    assert [(one.finding.rule, one.finding.cluster) for one in found] == [("MW630", "asm"), ("MW630", "old")]
    assert "the cluster has Istio 1.29." in found[1].finding.message


def test_an_old_cluster_is_told_nothing_else_of_versions() -> None:
    text = WASM.replace("{url:", "{failStrategy: FAIL_RELOAD, url:")
    assert told(text, Fleet([Cluster(name="old", istio_version="1.18")])) == [("MW630", "spec")]


TWIN = WASM.replace("name: mark", "name: acl")


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (TWIN, [("MW280", "metadata.name")]),
        (TWIN.replace("priority: 10", "priority: 7"), [("MW280", "metadata.name")]),
        (TWIN.replace("namespace: edge", "namespace: shop"), []),
        (TWIN.replace("app: shop-gateway", "app: other"), []),
        (TWIN.replace("{url:", "{type: NETWORK, url:"), []),
        (WASM, [("MW706", "spec.priority")]),
        (WASM.replace("priority: 10", "priority: 11"), []),
    ],
    ids=["twin", "of another number", "elsewhere", "on other pods", "another layer", "a tie", "no tie"],
)
def test_both_kinds_stand_in_one_order(other: str, found: list[tuple[str, str]]) -> None:
    assert told(f"{GOOD}---\n{other}") == found
    assert [rule for rule, _ in told(f"{other}---\n{GOOD}")] == [rule for rule, _ in found]


def test_a_tie_names_both_kinds() -> None:
    found = next(
        one for one in lint(documents(f"{GOOD}---\n{WASM}", "file.yaml")).findings if one.finding.rule == "MW706"
    )
    assert "TrafficExtension edge/mark and WasmPlugin edge/acl" in found.finding.message


@pytest.mark.parametrize(
    "code",
    [
        "function envoy_on_request(h) h:headers():add('a', 'b') end",
        "-- Lua 5.2's goto, which LuaJIT has\nfunction envoy_on_request(h) goto out\n::out:: end",
        "local f = function() end\nenvoy_on_response = f",
        "_G['envoy_on_request'] = function(h) error('at run time, not now') end",
        "error('never run here')\nfunction envoy_on_request(h) end",
        "os.exit(3)\nfunction envoy_on_request(h) end",
    ],
)
def test_lua_that_envoy_can_load_is_compiled_and_never_run(code: str) -> None:
    assert told(script(code)) == []


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("function envoy_on_request(h h:headers() end", "line 1: ')' expected near 'h'"),
        ("function envoy_on_request(h)\n  local x = 1 // 2\nend", "line 2: unexpected symbol near '/'"),
        ("local x <const> = 1\nfunction envoy_on_request(h) end", "line 1: unexpected symbol near '<'"),
    ],
    ids=["a typo", "the // of Lua 5.3", "the <const> of Lua 5.4"],
)
def test_lua_that_envoy_cannot_load(code: str, says: str) -> None:
    (found,) = lint(documents(script(code), "file.yaml")).findings
    assert (found.finding.rule, format_path(found.finding.path)) == ("MW281", "spec.lua.inlineCode")
    assert says in found.finding.message


def test_bytecode_is_not_loaded() -> None:
    assert _luajit.syntax_error("\x1bLJ\x02") is None


def test_without_the_extra_it_is_said_that_nothing_was_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lupa.luajit21", None)
    _luajit._runtime.cache_clear()
    (found,) = lint(documents(script("function envoy_on_request(h h:headers() end"), "file.yaml")).findings
    _luajit._runtime.cache_clear()
    assert (found.finding.rule, found.finding.severity) == ("MW282", "info")
    assert "pip install 'mesh-wasm[lua]'" in found.finding.fix


def test_lua_without_a_hook_does_nothing() -> None:
    assert told(script("function on_request(h) end")) == [("MW283", "spec.lua.inlineCode")]


def test_lua_in_a_phase_that_decides_fails_open() -> None:
    code = "function envoy_on_request(h) h:headers():get('x') end"
    assert told(script(code, "  phase: AUTHZ\n")) == [("MW284", "spec.phase")]
    assert told(script(code, "  phase: STATS\n")) == []
    caught = "function envoy_on_request(h) if not pcall(check, h) then h:respond({[':status'] = '403'}, '') end end"
    assert told(script(caught, "  phase: AUTHZ\n")) == []


def test_a_script_is_not_blamed_for_what_modules_lack() -> None:
    assert told(LUA + '    inlineCode: "function envoy_on_request(h) end"\n') == []
