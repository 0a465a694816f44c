"""What the CRD's CEL rules and istiod's webhook refuse beyond plain shape (family MW1xx, second part)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD, HEAD, SELECTOR, URL
from mesh_wasm.findings.finding import Finding, SetTo, Severity, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.findings.schema import WRONG_LENGTH
from mesh_wasm.model.selector import PolicyTargetReference
from mesh_wasm.rules.subjects import PluginSubject
from mesh_wasm.rules.walk import references_of
from mesh_wasm.values.deferred import Deferred, known
from mesh_wasm.values.gourl import SCHEMES, GoUrlError, admitted, admitted_scheme
from mesh_wasm.values.module_urls.placeholders import placeholder_in
from mesh_wasm.values.module_urls.shown import has_login, shown_url

EXCLUDING = rule(
    "MW110",
    Severity.ERROR,
    Family.SCHEMA,
    "Fields that exclude one another",
    why=(
        "The API server refuses the object: only one of targetRefs or selector can be set, and an empty list counts as set; "
        "of a TrafficExtension, only one of wasm and lua."
    ),
    fix="Keep one: selector for sidecars and classic gateways, targetRefs for Gateway API gateways and waypoints.",
    source="Istio CRDs, CEL: 'only one of targetRefs or selector can be set', 'exactly one of wasm or lua must be set'",
    bad=GOOD + "  targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: shop}]\n",
    good=GOOD,
    enforced=True,
)
LABEL_WILDCARD = rule(
    "MW111",
    Severity.ERROR,
    Family.SCHEMA,
    "A label key or value that Istio refuses",
    why="The API server refuses the object: keys must not be empty, values have at most 63 characters, no wildcards.",
    fix="Write the whole key and value.",
    source="Istio WasmPlugin CRD, CEL of matchLabels; istiod webhook",
    bad=HEAD + URL + "  selector: {matchLabels: {app: 'shop-*'}}\n",
    good=GOOD,
    enforced=True,
)
BAD_TARGET_REF = rule(
    "MW112",
    Severity.ERROR,
    Family.SCHEMA,
    "A targetRef that Istio refuses",
    why="The API server or istiod refuses the object.",
    fix=(
        "Refer to a Gateway or GatewayClass (gateway.networking.k8s.io), a Service (core) or a ServiceEntry "
        "(networking.istio.io) in the plugin's own namespace."
    ),
    source="istiod webhook; CRD: 'cross namespace referencing is not currently supported'",
    bad=HEAD + URL + "  targetRefs: [{kind: Deployment, group: apps, name: shop}]\n",
    good=HEAD + URL + "  targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: shop}]\n",
    enforced=True,
)
BAD_URL = rule(
    "MW113",
    Severity.ERROR,
    Family.SCHEMA,
    "A module URL that Istio refuses",
    why="The API server refuses an unknown scheme, and takes the host of 'registry:5000/x' for one.",
    fix="Write oci://host/path:tag@sha256:…, https://host/path.wasm or file:///path.wasm.",
    source="Istio CRD CEL 'url must have schema one of [http, https, file, oci]'; measured, tests/cases",
    bad=HEAD + "  url: registry.example.com:5000/filters/acl:1.4.2\n  priority: 10\n" + SELECTOR,
    good=HEAD + "  url: oci://registry.example.com:5000/filters/acl:1.4.2\n  priority: 10\n" + SELECTOR,
    enforced=True,
)
BAD_SHA256 = rule(
    "MW114",
    Severity.ERROR,
    Family.SCHEMA,
    "Not a sha256",
    why="The API server refuses the object.",
    fix="Give 64 lower-case hexadecimal digits, without 'sha256:'.",
    source="Istio WasmPlugin CRD, pattern (^$|^[a-f0-9]{64}$)",
    bad=GOOD + "  sha256: 'sha256:abc'\n",
    good=GOOD + f"  sha256: {'0123456789abcdef' * 4}\n",
    enforced=True,
)

_SHA256 = re.compile(r"[a-f0-9]{64}")
_GROUP = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_KINDS = {
    ("", "Service"),
    ("core", "Service"),
    ("networking.istio.io", "ServiceEntry"),
    ("gateway.networking.k8s.io", "Gateway"),
    ("gateway.networking.k8s.io", "GatewayClass"),
}


@EXCLUDING.checks(PluginSubject)
def both_selectors(subject: PluginSubject) -> Iterator[Finding]:
    """The CRD counts fields that are there, even an empty targetRefs."""
    spec = subject.spec
    present = [
        name
        for name, value in (
            ("selector", spec.selector),
            ("targetRef", spec.target_ref),
            ("targetRefs", spec.target_refs),
        )
        if value is not None
    ]
    if len(present) > 1:
        yield EXCLUDING.at(present[-1], says=f"{' and '.join(present)} exclude one another.")


@LABEL_WILDCARD.checks(PluginSubject)
def label_wildcard(subject: PluginSubject) -> Iterator[Finding]:
    """Keys and values of matchLabels."""
    selector = known(subject.spec.selector)
    labels = (known(selector.match_labels) if selector else None) or {}
    if len(labels) > 4096:
        yield WRONG_LENGTH.at("selector", "matchLabels", says=f"there are {len(labels)} labels; 4096 are allowed.")
    for key, value in labels.items():
        path = ("selector", "matchLabels", key)
        if not key:
            yield LABEL_WILDCARD.at(*path, says="the label has an empty key.")
        elif "*" in key:
            yield LABEL_WILDCARD.at(*path, says=f"the key {quoted(key)} holds a wildcard.")
        if value is None or isinstance(value, Deferred):
            continue
        if "*" in value:
            yield LABEL_WILDCARD.at(*path, says=f"the value {quoted(value)} holds a wildcard.")
        if len(value) > 63:
            yield LABEL_WILDCARD.at(*path, says=f"the value has {len(value)} characters; 63 are allowed.")


@BAD_TARGET_REF.checks(PluginSubject)
def bad_target_ref(subject: PluginSubject) -> Iterator[Finding]:
    """Group, kind, name and namespace of each reference."""
    for path, reference in references_of(subject.spec):
        yield from _target_ref(reference, path)


def _target_ref(reference: PolicyTargetReference, path: tuple[str | int, ...]) -> Iterator[Finding]:
    group, kind, name = known(reference.group) or "", known(reference.kind), known(reference.name)
    bad_group = len(group) > 253 or (group != "" and not _GROUP.fullmatch(group))
    if bad_group:
        yield BAD_TARGET_REF.at(*path, "group", says=f"{quoted(group)} is no name for an API group.")
    any_group = bad_group or isinstance(reference.group, Deferred)
    possible = {one for of, one in _KINDS if any_group or of == group}
    if kind is not None and kind not in possible:
        told = quoted(kind if bad_group else f"{group or 'core'}/{kind}")
        yield BAD_TARGET_REF.at(*path, "kind", says=f"{told} cannot be a target.")
    if name is not None and not 1 <= len(name) <= 253:
        yield BAD_TARGET_REF.at(*path, "name", says="the name must have 1 to 253 characters.")
    if known(reference.namespace):  # an empty one is allowed
        yield BAD_TARGET_REF.at(*path, "namespace", says="a reference to another namespace is not supported.")


@WRONG_LENGTH.checks(PluginSubject)
def too_many_bytes(subject: PluginSubject) -> Iterator[Finding]:
    """The CRD counts characters, and istiod's webhook counts bytes: it is the stricter one beyond ASCII."""
    limits = (("imagePullSecret", subject.spec.image_pull_secret, 253), ("pluginName", subject.spec.plugin_name, 256))
    for field, text, limit in limits:
        value = known(text)
        if value is not None and len(value) <= limit < len(value.encode()):
            says = f"it has {len(value.encode())} bytes in UTF-8; {limit} are allowed."
            yield WRONG_LENGTH.at(field, says=says)


@BAD_URL.checks(PluginSubject)
def bad_url(subject: PluginSubject) -> Iterator[Finding]:
    """What the CRD and the webhook refuse, as they read it."""
    url = known(subject.spec.url)
    if not url or admitted(url):
        return  # an empty one is reported as too short
    shown = shown_url(url)
    if unfilled := placeholder_in(url):
        yield BAD_URL.at("url", says=f"{quoted(shown)} is refused: {unfilled.says}.", fix=unfilled.fix)
        return
    try:
        scheme = admitted_scheme(url)
    except GoUrlError as error:
        yield BAD_URL.at("url", says=f"{quoted(shown)} cannot be read as a URL: {error}.")
        return
    says = f"the scheme {quoted(scheme)} is unknown to Istio; it knows {', '.join(SCHEMES)}."
    if "://" in url:
        yield BAD_URL.at("url", says=says)
    else:
        taken = "the name of the user" if has_login(url) else quoted(scheme)
        says = f"{quoted(shown)} has no scheme, so Istio takes {taken} for one."
        mend = SetTo(f"oci://{url}") if shown == url else None
        yield BAD_URL.at("url", says=says, fix=f"Write oci://{shown}.", mend=mend)


@BAD_SHA256.checks(PluginSubject)
def bad_sha256(subject: PluginSubject) -> Iterator[Finding]:
    """64 lower-case hexadecimal digits, or empty."""
    value = known(subject.spec.sha256)
    if value and not _SHA256.fullmatch(value):
        digits = value.removeprefix("sha256:").lower()
        mend = SetTo(digits) if _SHA256.fullmatch(digits) else None
        yield BAD_SHA256.at("sha256", says=f"{quoted(value)} is not 64 lower-case hexadecimal digits.", mend=mend)
