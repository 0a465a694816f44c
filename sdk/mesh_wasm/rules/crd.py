"""What the CRD's CEL rules and istiod's webhook refuse beyond plain shape (family MW1xx, second part)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mesh_wasm.deferred import Deferred, known
from mesh_wasm.enums import EnvValueSource
from mesh_wasm.finding import Finding, Severity, quoted
from mesh_wasm.image import ImageError, ModuleUrl
from mesh_wasm.selector import PolicyTargetReference

from .rule import Family, rule
from .schema import WRONG_LENGTH
from .subjects import PluginSubject
from .walk import env_vars, items, match_ports

_HEAD = "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: acl, namespace: edge}\nspec:\n"
_URL = "  url: oci://registry.example.com/filters/acl:1.4.2\n  priority: 10\n"
_SELECTOR = "  selector: {matchLabels: {app: shop-gateway}}\n"
_GOOD = _HEAD + _URL + _SELECTOR

BOTH_SELECTORS = rule(
    "MW110",
    Severity.ERROR,
    Family.SCHEMA,
    "Both selector and targetRefs",
    why="The API server refuses the object: only one of targetRefs or selector can be set; an empty list counts as set.",
    fix="Keep one: selector for sidecars and classic gateways, targetRefs for Gateway API gateways and waypoints.",
    source="Istio WasmPlugin CRD, CEL: 'only one of targetRefs or selector can be set'",
    bad=_GOOD + "  targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: shop}]\n",
    good=_GOOD,
)
LABEL_WILDCARD = rule(
    "MW111",
    Severity.ERROR,
    Family.SCHEMA,
    "A label key or value that Istio refuses",
    why="The API server refuses the object: keys must not be empty, values have at most 63 characters, no wildcards.",
    fix="Write the whole key and value.",
    source="Istio WasmPlugin CRD, CEL of matchLabels; istiod webhook",
    bad=_HEAD + _URL + "  selector: {matchLabels: {app: 'shop-*'}}\n",
    good=_GOOD,
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
    bad=_HEAD + _URL + "  targetRefs: [{kind: Deployment, group: apps, name: shop}]\n",
    good=_HEAD + _URL + "  targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: shop}]\n",
)
BAD_URL = rule(
    "MW113",
    Severity.ERROR,
    Family.SCHEMA,
    "A module URL that Istio refuses or cannot use",
    why="Istio refuses an unknown scheme, takes 'registry:5000/x' for one, and silently drops what it cannot parse.",
    fix="Write oci://host/path:tag@sha256:…, https://host/path.wasm or file:///path.wasm.",
    source="Istio CRD CEL 'url must have schema one of [http, https, file, oci]'; facts A2, URL table",
    bad=_HEAD + "  url: registry.example.com:5000/filters/acl:1.4.2\n  priority: 10\n" + _SELECTOR,
    good=_HEAD + "  url: oci://registry.example.com:5000/filters/acl:1.4.2\n  priority: 10\n" + _SELECTOR,
)
BAD_SHA256 = rule(
    "MW114",
    Severity.ERROR,
    Family.SCHEMA,
    "Not a sha256",
    why="The API server refuses the object.",
    fix="Give 64 lower-case hexadecimal digits, without 'sha256:'.",
    source="Istio WasmPlugin CRD, pattern (^$|^[a-f0-9]{64}$)",
    bad=_GOOD + "  sha256: 'sha256:abc'\n",
    good=_GOOD + f"  sha256: {'0123456789abcdef' * 4}\n",
)
HOST_VALUE = rule(
    "MW115",
    Severity.ERROR,
    Family.SCHEMA,
    "A value for a variable that comes from the host",
    why="The API server refuses the object, even for an empty value; the field's own documentation says the reverse.",
    fix="Remove the value, or use valueFrom: INLINE.",
    source="Istio WasmPlugin CRD, CEL: 'value may only be set when valueFrom is INLINE'",
    bad=_GOOD + "  vmConfig: {env: [{name: POD_NAME, valueFrom: HOST, value: x}]}\n",
    good=_GOOD + "  vmConfig: {env: [{name: POD_NAME, valueFrom: HOST}]}\n",
)
DUPLICATE_ENV = rule(
    "MW116",
    Severity.ERROR,
    Family.SCHEMA,
    "The same environment variable twice",
    why="The API server refuses the object.",
    fix="Keep one of the two.",
    source="Istio WasmPlugin CRD: vmConfig.env is a list-map by name; webhook: 'duplicate env'",
    bad=_GOOD + "  vmConfig: {env: [{name: MODE, value: a}, {name: MODE, value: b}]}\n",
    good=_GOOD + "  vmConfig: {env: [{name: MODE, value: a}]}\n",
)
ENV_LIMITS = rule(
    "MW117",
    Severity.ERROR,
    Family.SCHEMA,
    "An environment variable beyond its limits",
    why="The API server refuses the object: names have 1 to 256 characters, values at most 2048, 256 variables at most.",
    fix="Shorten it, or hand long values over in the plugin's configuration.",
    source="Istio WasmPlugin CRD: vmConfig.env",
    bad=_GOOD + "  vmConfig: {env: [{name: '', value: a}]}\n",
    good=_GOOD + "  vmConfig: {env: [{name: MODE, value: a}]}\n",
)
DUPLICATE_PORT = rule(
    "MW118",
    Severity.ERROR,
    Family.SCHEMA,
    "The same port twice in one selector",
    why="The API server refuses the object.",
    fix="Keep one of the two.",
    source="Istio WasmPlugin CRD: ports is a list-map by number",
    bad=_GOOD + "  match: [{ports: [{number: 8080}, {number: 8080}]}]\n",
    good=_GOOD + "  match: [{ports: [{number: 8080}]}]\n",
)

_GROUP = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_KINDS = {
    ("", "Service"),
    ("core", "Service"),
    ("networking.istio.io", "ServiceEntry"),
    ("gateway.networking.k8s.io", "Gateway"),
    ("gateway.networking.k8s.io", "GatewayClass"),
}


@BOTH_SELECTORS.checks(PluginSubject)
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
        yield BOTH_SELECTORS.at(present[-1], says=f"{' and '.join(present)} exclude one another.")


@LABEL_WILDCARD.checks(PluginSubject)
def label_wildcard(subject: PluginSubject) -> Iterator[Finding]:
    """Keys and values of matchLabels."""
    selector = known(subject.spec.selector)
    labels = known(selector.match_labels) if selector else None
    for key, value in (labels or {}).items():
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
    spec = subject.spec
    single = known(spec.target_ref)
    if single is not None:
        yield from _target_ref(single, ("targetRef",))
    for index, reference in items(spec.target_refs):
        yield from _target_ref(reference, ("targetRefs", index))


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
    if known(reference.namespace):
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
    """Scheme and form of the module's URL, as written."""
    url = known(subject.spec.url)
    if url is None:
        return
    try:
        parsed = ModuleUrl.parse(url)
    except ImageError as error:
        yield BAD_URL.at("url", says=f"{quoted(url)} cannot be used: {error}.")
        return
    host = parsed.rest.split("/")[0]
    if "://" not in url and re.search(r":[0-9]+$", host) and "/" in parsed.rest:
        says = f"{quoted(url)} has a port but no scheme: Istio takes the host for a scheme, or drops the plugin."
        yield BAD_URL.at("url", says=says, fix=f"Write oci://{parsed.rest}.")


@BAD_SHA256.checks(PluginSubject)
def bad_sha256(subject: PluginSubject) -> Iterator[Finding]:
    """64 lower-case hexadecimal digits, or empty."""
    value = known(subject.spec.sha256)
    if value and not re.fullmatch(r"[a-f0-9]{64}", value):
        yield BAD_SHA256.at("sha256", says=f"{quoted(value)} is not 64 lower-case hexadecimal digits.")


@HOST_VALUE.checks(PluginSubject)
def host_value(subject: PluginSubject) -> Iterator[Finding]:
    """HOST variables carry no value."""
    for index, env in env_vars(subject.spec):
        if env.value_from == EnvValueSource.HOST and env.value is not None:
            yield HOST_VALUE.at(
                "vmConfig", "env", index, "value", says="the variable comes from the host, yet has a value."
            )


@DUPLICATE_ENV.checks(PluginSubject)
def duplicate_env(subject: PluginSubject) -> Iterator[Finding]:
    """Names are unique."""
    seen: set[str] = set()
    for index, env in env_vars(subject.spec):
        name = known(env.name)
        if name is not None and name in seen:
            yield DUPLICATE_ENV.at("vmConfig", "env", index, "name", says=f"{quoted(name)} is set twice.")
        seen.add(name or "")


@ENV_LIMITS.checks(PluginSubject)
def env_limits(subject: PluginSubject) -> Iterator[Finding]:
    """Lengths and count."""
    for index, env in env_vars(subject.spec):
        name, value = known(env.name), known(env.value)
        if name is not None and not 1 <= len(name) <= 256:
            yield ENV_LIMITS.at("vmConfig", "env", index, "name", says="the name must have 1 to 256 characters.")
        if value is not None and len(value) > 2048:
            says = f"the value has {len(value)} characters; 2048 are allowed."
            yield ENV_LIMITS.at("vmConfig", "env", index, "value", says=says)
    config = known(subject.spec.vm_config)
    count = len(known(config.env) or ()) if config else 0
    if count > 256:
        yield ENV_LIMITS.at("vmConfig", "env", says=f"there are {count} variables; 256 are allowed.")


@DUPLICATE_PORT.checks(PluginSubject)
def duplicate_port(subject: PluginSubject) -> Iterator[Finding]:
    """Port numbers are unique within a selector."""
    seen: set[tuple[int, int]] = set()
    for i, j, number in match_ports(subject.spec):
        if (i, number) in seen:
            yield DUPLICATE_PORT.at("match", i, "ports", j, "number", says=f"port {number} is listed twice.")
        seen.add((i, number))
