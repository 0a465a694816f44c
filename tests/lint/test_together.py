"""What only all plugins of a run tell: a tie is told once, and a missing priority weighs as much as it matters."""

from __future__ import annotations

import datetime

from mesh_wasm.findings.finding import Severity
from mesh_wasm.lint import lint
from mesh_wasm.yaml.file import Located, documents

SHA = "0123456789abcdef" * 4


def plugin(name: str, *more: str, app: str = "gw", waive: str = "") -> str:
    note = f", annotations: {{mesh-wasm/waive: '{waive} until 2030-01-31: meant'}}" if waive else ""
    lines = [
        "apiVersion: extensions.istio.io/v1alpha1",
        "kind: WasmPlugin",
        f"metadata: {{name: {name}, namespace: edge{note}}}",
        "spec:",
        f"  url: oci://registry.acme.io/filters/acl@sha256:{SHA}",
        f"  selector: {{matchLabels: {{app: {app}}}}}",
        *(f"  {line}" for line in more),
    ]
    return "\n".join(lines) + "\n"


def found(*texts: str) -> list[Located]:
    today = datetime.date(2027, 1, 1)
    return list(lint(documents("---\n".join(texts), "x.yaml"), today=today).findings)


def told(*texts: str) -> list[tuple[str, Severity]]:
    return [(one.finding.rule, one.finding.severity) for one in found(*texts)]


def test_a_missing_priority_is_a_note_where_nobody_is_near() -> None:
    assert told(plugin("a")) == [("MW214", Severity.INFO)]
    assert told(plugin("a"), plugin("b", app="shop")) == [("MW214", Severity.INFO)] * 2


def test_a_missing_priority_is_a_warning_beside_another_plugin_and_names_it() -> None:
    (one,) = found(plugin("a"), plugin("b", "priority: 5"))
    assert (one.finding.rule, one.finding.severity) == ("MW214", Severity.WARNING)
    assert "after edge/b" in one.finding.message


def test_a_tie_without_priorities_says_so_and_nothing_says_it_again() -> None:
    (one,) = found(plugin("a"), plugin("b"), plugin("c"))
    assert (one.finding.rule, one.finding.path) == ("MW706", ("spec", "priority"))
    assert one.document == 2, "on the latest"
    for name in ("edge/a", "edge/b", "edge/c"):
        assert name in one.finding.message
    assert "no priority" in one.finding.message


def test_who_waives_a_tie_waives_it_for_itself() -> None:
    waived = plugin("c", "priority: 1", waive="MW706")
    both = found(plugin("a", "priority: 1"), plugin("b", "priority: 1"), waived)
    assert [(one.document, one.finding.severity) for one in both if one.finding.rule == "MW706"] == [
        (1, Severity.WARNING),
        (2, Severity.INFO),
    ]


def test_an_empty_selector_is_what_no_selector_is() -> None:
    text = plugin("a", "priority: 1").replace("{matchLabels: {app: gw}}", "{}")
    assert told(text) == [("MW403", Severity.WARNING)]
    assert ("MW401", Severity.ERROR) in told(text.replace("{}", "{matchLabels: {}}"))


def test_what_names_no_namespace_has_none_in_any_sentence() -> None:
    head = "apiVersion: extensions.istio.io/v1alpha1\nkind: {}\nmetadata: {{name: a}}\nspec:\n  priority: 1\n"
    reference = "  targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}]\n"
    url = "  url: oci://registry.acme.io/filters/acl:1\n  imagePullSecret: regcred\n"
    wasm = "  wasm: {url: 'oci://registry.acme.io/filters/acl:1'}\n"
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: regcred}\ntype: Opaque\n"
    plain, other = head.format("WasmPlugin") + reference + url, head.format("TrafficExtension") + reference + wasm
    sentences = [f"{one.finding.message} {one.finding.fix}" for one in found(plain, plain, other, secret)]
    assert len(sentences) > 3
    assert not [sentence for sentence in sentences if "None" in sentence]
