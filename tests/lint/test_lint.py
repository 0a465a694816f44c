"""Linting documents: what is read, what is passed over, and what only several documents together show."""

from __future__ import annotations

import datetime
import textwrap

import pytest

from mesh_wasm.findings.examples import GOOD, HEAD, SELECTOR, URL
from mesh_wasm.findings.finding import Severity, format_path
from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.lint import Result, lint
from mesh_wasm.rules.waivers import Levels
from mesh_wasm.values.enums import Dialect
from mesh_wasm.yaml.file import documents


def run(text: str, fleet: Fleet | None = None, levels: Levels | None = None) -> Result:
    return lint(documents(textwrap.dedent(text), "file.yaml"), fleet, levels, datetime.date(2026, 11, 22))


def errors(text: str, fleet: Fleet | None = None) -> list[tuple[str, str]]:
    return [
        (located.finding.rule, format_path(located.finding.path))
        for located in run(text, fleet).findings
        if located.finding.is_error
    ]


def meta(more: str) -> str:
    return GOOD.replace("namespace: edge", f"namespace: edge, {more}")


# Each of these was asked of a real API server with istiod's webhook (strict field validation).
REFUSED = [
    (GOOD.replace("v1alpha1", "v1"), ("MW108", "apiVersion")),
    (GOOD.replace("extensions.istio.io/v1alpha1", "networking.istio.io/v1"), ("MW108", "apiVersion")),
    (GOOD.replace("apiVersion: extensions.istio.io/v1alpha1\n", ""), ("MW101", "apiVersion")),
    (GOOD.replace("kind: WasmPlugin", "kind: Wasmplugin"), ("MW108", "kind")),
    (GOOD.replace("name: acl", "name: ACL"), ("MW514", "metadata.name")),
    (GOOD.replace("name: acl", "name: 5"), ("MW103", "metadata.name")),
    (GOOD.replace("name: acl", "name: ''"), ("MW101", "metadata.name")),
    (GOOD.replace("name: acl", f"name: {'a' * 254}"), ("MW514", "metadata.name")),
    (GOOD.replace("name: acl", "generateName: X-"), ("MW514", "metadata.generateName")),
    (GOOD.replace("namespace: edge", "namespace: edge.a"), ("MW514", "metadata.namespace")),
    (meta("labels: {a: 5}"), ("MW103", "metadata.labels.a")),
    (meta("labels: {a b: c}"), ("MW109", 'metadata.labels["a b"]')),
    (meta("labels: []"), ("MW103", "metadata.labels")),
    (meta("annotations: {a: true}"), ("MW103", "metadata.annotations.a")),
    (meta(f"annotations: {{a: {'x' * 262144}}}"), ("MW106", "metadata.annotations")),
    (meta("clusterName: east"), ("MW102", "metadata.clusterName")),
    (GOOD + "data: {}\n", ("MW102", "data")),
    (HEAD.replace("spec:\n", "spec:\n"), ("MW101", "spec")),
    (HEAD.replace("spec:\n", "spec: []\n"), ("MW103", "spec")),
    (HEAD + "  url: \n", ("MW103", "spec.url")),
    (GOOD + "  image_pull_policy: Always\n", ("MW102", "spec.image_pull_policy")),
    (GOOD.replace("matchLabels", "match_labels"), ("MW102", "spec.selector.match_labels")),
    (GOOD + "  nope: \n", ("MW102", "spec.nope")),
    (GOOD.replace("priority: 10", "priority: '10'"), ("MW103", "spec.priority")),
    (GOOD.replace("priority: 10", "priority: 1.5"), ("MW103", "spec.priority")),
    (GOOD.replace("priority: 10", "priority: true"), ("MW103", "spec.priority")),
    (GOOD + "  targetRefs: []\n", ("MW110", "spec.targetRefs")),
    (GOOD + f"  pluginName: {'é' * 129}\n", ("MW106", "spec.pluginName")),
    (GOOD + f"  vmConfig: {{env: [{{name: {'é' * 129}}}]}}\n", ("MW117", "spec.vmConfig.env[0].name")),
    (GOOD + "  vmConfig: {env: [null]}\n", ("MW103", "spec.vmConfig.env[0]")),
    (GOOD + "  match: [{ports: [{number: }]}]\n", ("MW103", "spec.match[0].ports[0].number")),
]

ACCEPTED = [
    GOOD.replace("priority: 10", "priority: 10.0"),
    GOOD.replace("name: acl", f"name: {'a' * 253}"),
    GOOD.replace("name: acl", "generateName: acl-"),
    GOOD + "status: {}\n",
    meta("labels: {a: }"),
    meta("annotations: {A.B/c: d}"),
    meta("creationTimestamp: null, uid: x, resourceVersion: '5', finalizers: [a.b/c]"),
    GOOD + "  targetRefs: \n",
    GOOD + "  phase: \n  match: \n  vmConfig: {env: [{name: A, value: , valueFrom: HOST}]}\n",
    GOOD + f"  pluginName: {'é' * 128}\n",
    GOOD + "  pluginConfig: {created: 2026-01-01, at: 12:30:45, n: null, '': 1}\n",
    HEAD + "  url: //registry.example.com/acl:1\n  priority: 0\n",
]


@pytest.mark.parametrize(("text", "found"), REFUSED, ids=lambda value: str(value)[-60:])
def test_what_the_api_server_refuses(text: str, found: tuple[str, str]) -> None:
    assert found in errors(text)


@pytest.mark.parametrize("text", ACCEPTED, ids=lambda value: value[-60:])
def test_what_the_api_server_accepts(text: str) -> None:
    assert errors(text) == []


def test_other_kinds_are_counted() -> None:
    result = run(
        """\
        kind: Deployment
        apiVersion: apps/v1
        ---
        # nothing
        ---
        - 1
        ---
        apiVersion: extensions.higress.io/v1alpha1
        kind: WasmPlugin
        spec: {anything: goes}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: other}
        type: Opaque
        """
    )
    assert (result.documents, result.skipped) == (4, 4)
    assert [located.finding.rule for located in result.findings] == ["MW255"], "one looks like ours, and is named"


def test_the_line_is_that_of_the_value() -> None:
    located = run("\n---\n" + GOOD + "  match:\n  - mode: CLIENT\n  - mode: BOTH\n").findings
    wrong = next(one for one in located if one.finding.rule == "MW104")
    assert (wrong.line, wrong.document) == (12, 0)


def test_items_of_a_list_are_documents() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n" + "".join(
        textwrap.indent(GOOD.replace("name: acl", f"name: acl{index}"), "    ").replace("    ", "  - ", 1)
        for index in range(3)
    )
    result = run(text.replace("priority: 10", "priority: ten"))
    assert result.documents == 3
    assert [one.line for one in result.findings if one.finding.is_error] == [9, 16, 23]


def test_the_same_object_twice() -> None:
    here = list(documents(f"{GOOD}---\n{GOOD}", "a.yaml"))
    there = list(documents(GOOD, "b.yaml"))
    found = [(one.file, one.finding.severity) for one in lint([*here, *there]).findings if one.finding.rule == "MW506"]
    assert found == [("a.yaml", Severity.ERROR), ("b.yaml", Severity.WARNING)]


SECRET = """\
---
apiVersion: v1
kind: Secret
metadata: {name: registry, namespace: %s}
type: %s
stringData: {.dockerconfigjson: '{"auths": {"%s": {"auth": "Y2k6czNjcjN0"}}}'}
"""
TYPE = "kubernetes.io/dockerconfigjson"


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        (SECRET % ("edge", TYPE, "registry.example.com"), ""),
        (SECRET % ("shop", TYPE, "registry.example.com"), "stands in shop"),
        (SECRET % ("edge", "Opaque", "registry.example.com"), "type"),
        (SECRET % ("edge", TYPE, "ghcr.io"), "serves ghcr.io only"),
        ("", ""),
    ],
)
def test_a_plugin_and_its_pull_secret(secret: str, says: str) -> None:
    result = run(GOOD + "  imagePullSecret: registry\n" + secret)
    found = [one.finding.message for one in result.findings if one.finding.rule == "MW809"]
    assert [says in message for message in found] == ([True] if says else [])
    assert "s3cr3t" not in str(result.findings)
    assert "Y2k6czNjcjN0" not in str(result.findings)


def test_the_inventory_decides_over_versions_dialects_and_namespaces() -> None:
    old = Cluster(name="old", istio_version="1.18", namespaces=["edge"])
    new = Cluster(name="new", istio_version="1.27", namespaces=["edge", "shop"], root_namespace="edge")
    asm = Cluster(name="asm", dialect=Dialect.ASM)
    text = GOOD + "  failStrategy: FAIL_OPEN\n"
    found = {(one.finding.rule, one.finding.cluster) for one in run(text, Fleet([old, new])).findings}
    assert ("MW601", "old") in found
    assert ("MW405", "new") in found
    router = GOOD + "  phase: ASM_ROUTER\n"
    assert errors(router) == [("MW603", "spec.phase")]
    assert errors(router, Fleet([asm])) == []
    elsewhere = GOOD.replace("namespace: edge", "namespace: pay")
    assert errors(elsewhere, Fleet([old, new])) == [("MW505", "metadata.namespace")]


def test_a_tsb_extension_with_its_attachment() -> None:
    text = """\
        apiVersion: extension.tsb.tetrate.io/v2
        kind: WasmExtension
        metadata: {organization: acme, name: acl}
        spec: {image: registry.example.com/acl:1, phase: AUTHZ}
        ---
        apiVersion: gateway.tsb.tetrate.io/v2
        kind: IngressGateway
        metadata: {organization: acme, tenant: shop, workspace: web, group: edge, name: shop}
        spec:
          workloadSelector: {namespace: edge, labels: {app: gw}}
          extension: [{fqn: organizations/acme/extensions/acl, match: [{mode: SERVER}]}]
        """
    assert {("MW113", "spec.image")} == set(errors(text))
    mended = text.replace("image: registry", "image: oci://registry")
    assert errors(mended) == [("MW201", "spec.extension[0].match[0].mode")]


def test_a_waiver_turns_a_finding_into_info() -> None:
    text = HEAD.replace(
        "namespace: edge",
        "namespace: edge, annotations: {mesh-wasm/waive: 'MW403 until 2026-11-22: all of it is meant'}",
    )
    whole = [one.finding for one in run(text + URL).findings if one.finding.rule == "MW403"]
    assert [(one.severity, one.fix) for one in whole] == [
        (Severity.INFO, "Waived until 2026-11-22: all of it is meant.")
    ]
    expired = run((text + URL).replace("2026-11-22", "2026-11-21")).findings
    assert {("MW902", Severity.ERROR), ("MW403", Severity.WARNING)} <= {
        (one.finding.rule, one.finding.severity) for one in expired
    }


def test_severities_can_be_set() -> None:
    levels = Levels.read(["MW303=error", "MW403=off"])
    found = {one.finding.rule: one.finding.severity for one in run(HEAD + URL, levels=levels).findings}
    assert found == {"MW303": Severity.ERROR}
    assert run(HEAD + URL + SELECTOR).count(Severity.ERROR) == 0


def test_two_plugins_that_tie() -> None:
    other = GOOD.replace("name: acl", "name: other")
    found = [one.finding for one in run(f"{GOOD}---\n{other}").findings if one.finding.rule == "MW706"]
    assert [format_path(one.path) for one in found] == ["spec.priority"]
    assert "in cluster" not in found[0].message
    apart = other.replace("app: shop-gateway", "app: pay-gateway")
    assert "MW706" not in {one.finding.rule for one in run(f"{GOOD}---\n{apart}").findings}
    in_order = other.replace("priority: 10", "priority: 11")
    assert "MW706" not in {one.finding.rule for one in run(f"{GOOD}---\n{in_order}").findings}


def test_a_url_that_is_far_too_long_is_not_looked_at() -> None:
    assert errors(HEAD + f"  url: oci://registry.example.com/{'a-' * 2_000_000}!\n" + SELECTOR) == [
        ("MW205", "spec.url")
    ]


def test_secrets_for_other_things_are_passed_over_even_twice() -> None:
    other = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: other, namespace: edge}\ntype: Opaque\n"
    result = run(other + other)
    assert (result.documents, result.skipped, result.findings) == (2, 2, ())


def test_a_spec_that_only_up_knows_is_not_judged() -> None:
    """What `mesh-wasm plan --out` writes of an extension of another stack."""
    written = (
        "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: a, namespace: edge}\n"
        "spec: <known at up>\n"
    )
    assert lint(documents(written.encode(), "plugin.yaml")).findings == ()
