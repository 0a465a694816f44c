"""The report and its renderings: right, without secrets, and the same bytes for the same input."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from mesh_wasm.chains.member import Member
from mesh_wasm.explain import report, to_json
from mesh_wasm.explain.markdown import markdown
from mesh_wasm.explain.mermaid import mermaid
from mesh_wasm.explain.page import page
from mesh_wasm.explain.select import only
from mesh_wasm.explain.text import as_text
from mesh_wasm.sources.source import Source
from mesh_wasm.values.deferred import INVALID

from .members import plugin

GW = {"app": "gw"}
FQN = "organizations/o/extensions/acl"
SECRETS = {
    "url": "https://user:hunter2@registry.example.com/m.wasm?token=t0ken",
    "pluginConfig": {"key": "hunter2", "deep": {"inner": "hunter2"}},
    "vmConfig": {"env": [{"name": "PASSWORD", "value": "hunter2"}]},
    "imagePullSecret": "regcred",
}


def source(*members: Member, clusters: tuple[str, ...] = ("east", "west")) -> Source:
    return Source("shop", members, clusters)


def everything() -> Source:
    return source(
        plugin("acl", labels=GW, phase="AUTHZ", priority=10, fqn=FQN, by="front", **SECRETS),
        plugin("geo", phase="AUTHZ", priority=10, by="all", match=[{"mode": "CLIENT", "ports": [{"number": 8443}]}]),
        plugin("geo", phase="AUTHZ", priority=10, by="all", cluster="west"),
        plugin("net", "istio-system", type="NETWORK", failStrategy="FAIL_OPEN"),
        plugin("later", priority=INVALID, pluginConfig=INVALID),
        plugin("idle", ref="GatewayClass/other"),
    )


RENDERINGS: dict[str, Any] = {
    "json": lambda told: to_json(told),
    "mermaid": mermaid,
    "html": page,
    "markdown": markdown,
    "text": lambda told: as_text(told, None),
}


@pytest.mark.parametrize("form", RENDERINGS)
def test_no_rendering_holds_a_secret(form: str) -> None:
    text = RENDERINGS[form](report(everything()))
    assert "acl" in text
    assert not [secret for secret in ("hunter2", "t0ken", "user:", "PASSWORD", "inner") if secret in text]


@pytest.mark.parametrize("form", RENDERINGS)
def test_every_rendering_is_the_same_bytes_whatever_the_order(form: str) -> None:
    whole = everything()
    turned = Source(whole.title, whole.members[::-1], whole.clusters)
    assert RENDERINGS[form](report(whole)) == RENDERINGS[form](report(turned))


def test_a_plugin_says_why_it_is_there() -> None:
    told = report(everything())["plugins"]
    assert told["east/edge/acl"]["why"] == (
        f"Extension {FQN} is attached to a target by front; it runs on pods with app=gw in namespace edge."
    )
    assert told["east/edge/geo"]["why"] == (
        "It is a WasmPlugin of its own, declared by all; it runs on every pod in namespace edge."
    )
    assert told["east/edge/idle"]["why"].endswith("it runs on no workload: Istio ignores its targetRefs.")
    assert told["east/istio-system/net"]["why"].endswith(
        "every pod in any namespace (it stands in the root namespace)."
    )


def test_what_is_told_of_a_plugin() -> None:
    told = report(everything())["plugins"]["east/edge/acl"]
    assert told["url"] == "https://registry.example.com/m.wasm"
    assert told["configKeys"] == ["deep", "key"]
    assert told["label"] == "acl"
    assert report(everything())["plugins"]["east/edge/later"]["configKeys"] is None
    assert report(everything())["plugins"]["east/edge/geo"]["traffic"] == "outbound on port 8443"
    assert report(everything())["plugins"]["east/edge/geo"]["version"] == "1.0"


def test_ties_are_findings_of_the_report_unless_the_program_told_them() -> None:
    told = report(everything())
    (tie,) = told["findings"]
    assert tie["rule"] == "MW706"
    again = Source("shop", everything().members, (), tuple(("x", _finding(tie)) for _ in range(1)))
    assert [finding["component"] for finding in report(again)["findings"]] == ["x"]


def _finding(told: Any) -> Any:
    from mesh_wasm.findings.finding import Finding, Severity

    return Finding(told["rule"], Severity(told["severity"]), (), told["message"], told["fix"])


def test_what_runs_nowhere_or_has_no_place_is_shown_too() -> None:
    told = report(everything())
    east = told["clusters"][0]
    assert east["unreached"] == ["east/edge/idle"]
    assert ["east/edge/later"] in [workload["undecided"] for workload in east["workloads"]]
    text = as_text(told, None)
    assert "idle (edge/idle) runs nowhere" in text
    assert "? later  not known yet: priority" in text


def test_a_cluster_without_plugins_is_a_column_of_its_own() -> None:
    told = report(source(plugin("a"), clusters=("east", "north")))
    assert [cluster["name"] for cluster in told["clusters"]] == ["east", "north"]
    assert '<th scope="col">north</th>' in page(told)


def test_equal_chains_are_drawn_once() -> None:
    told = report(source(plugin("a"), plugin("a", cluster="west"), plugin("b", "shop", cluster="west")))
    text = as_text(told, None)
    assert text.count("-> a -> router") == 1
    assert "clusters east, west: -> a -> router" in text
    assert page(told).count('class="variant"') == 2
    assert "edge · every workload (east, west)" in mermaid(told)


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, {"east": 2, "west": 1}),
        ({"clusters": ["west"]}, {"west": 1}),
        ({"plugins": ["acl"]}, {"east": 1, "west": 0}),
        ({"plugins": [FQN]}, {"east": 1, "west": 0}),
        ({"plugins": ["nobody"]}, {"east": 0, "west": 0}),
    ],
)
def test_a_part_of_a_report(options: dict[str, list[str]], kept: dict[str, int]) -> None:
    told = report(source(plugin("x", labels=GW, fqn=FQN), plugin("b"), plugin("b", cluster="west")))
    shown = only(told, **options)
    assert {cluster["name"]: len(cluster["workloads"]) for cluster in shown["clusters"]} == kept


class Links(HTMLParser):
    """All tags with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_needs_no_network_and_no_script() -> None:
    text = page(report(everything()))
    tags = Links(text).tags
    assert not {"script", "link", "img", "iframe", "form"} & {tag for tag, _ in tags}
    assert not [attributes for _, attributes in tags if "src" in attributes or "style" in attributes]
    hrefs = [attributes["href"] for _, attributes in tags if "href" in attributes]
    ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
    assert hrefs
    assert {href and href.removeprefix("#") for href in hrefs} <= ids
    assert "url(" not in text
    assert "@import" not in text


def test_the_page_escapes_what_users_wrote() -> None:
    told = report(Source("<script>", (plugin("a", by='"><script>', url="oci://x/<b>"),), ("<i>",)))
    text = page(told)
    assert "<script>" not in text
    assert "<i>" not in text
    assert "<b></" not in text


def test_mermaid_escapes_what_would_end_a_label() -> None:
    told = report(Source('a"]', (plugin('n"]x'),), ()))
    assert 'n"]x' not in mermaid(told)


def test_the_report_is_json() -> None:
    told = report(everything(), b"key")
    assert json.loads(to_json(told)) == told


def test_markdown_is_short_where_nothing_changes_and_escapes_what_is_markup() -> None:
    told = report(Source("shop", (plugin("a*b|c", by="<x>"),), ()))
    whole = markdown(told)
    assert "| edge · every workload | east | `-> a*b\\|c -> router` |" in whole
    assert "```mermaid\nflowchart LR" in whole
    assert markdown(told, []) == "### Filter chains: shop\n\n- Nothing changes.\n"
