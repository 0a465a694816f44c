"""The common parts of the examples that rules show: each example is a whole document, or a whole program."""

from __future__ import annotations

HEAD = "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: acl, namespace: edge}\nspec:\n"
URL = "  url: oci://registry.example.com/filters/acl:1.4.2\n  priority: 10\n"
SELECTOR = "  selector: {matchLabels: {app: shop-gateway}}\n"
GOOD = HEAD + URL + SELECTOR
"""A WasmPlugin that no rule above info has anything against; fields can be added at its end."""

EXTENSION_HEAD = (
    "apiVersion: extensions.istio.io/v1alpha1\nkind: TrafficExtension\n"
    "metadata: {name: mark, namespace: edge}\nspec:\n  priority: 10\n" + SELECTOR
)
"""The head of a TrafficExtension; ``wasm`` or ``lua`` follows."""
LUA = EXTENSION_HEAD + "  lua:\n"
SCRIPT = LUA + "    inlineCode: \"function envoy_on_response(h) h:headers():add('x-shop', '1') end\"\n"
"""A TrafficExtension with a script that nothing can be said against."""

EXTENSION = (
    "apiVersion: extension.tsb.tetrate.io/v2\nkind: WasmExtension\n"
    "metadata: {name: acl, organization: acme}\nspec:\n  priority: 10\n"
)
"""The head of a TSB WasmExtension."""

INVENTORY = 'clusters:\n  east: {{namespaces: [edge, shop], istioVersion: "{version}", dialect: {dialect}}}\n'


def inventory(version: str, dialect: str = "istio") -> str:
    """An inventory of one cluster."""
    return INVENTORY.format(version=version, dialect=dialect)


_PROGRAM = """\
import pulumi
import pulumi_kubernetes as k8s
import mesh_wasm_pulumi as wasm

TENANT = "organizations/acme/tenants/shop"
fleet = wasm.Fleet([
    wasm.Cluster("east", provider=k8s.Provider("east", context="east"), labels={"env": "prod"},
                 namespaces=["edge", "shop", "istio-system"]),
])
"""
_ACL = """\
acl = wasm.WasmExtension("acl", {
    "organization": "acme", "image": "oci://registry.acme.io/acl:1", "priority": 10, "allowed_in": [TENANT],
})
"""


def extension(name: str, priority: object) -> str:
    """An extension of the catalogue with a priority, which may be an expression."""
    image = f"oci://registry.acme.io/{name}:1"
    return (
        f'{name} = wasm.WasmExtension("{name}", {{\n    "organization": "acme", "image": "{image}", '
        f'"priority": {priority},\n}})\n'
    )


def program(*parts: str) -> str:
    """A Pulumi program: a fleet of one cluster, and what is declared for it."""
    return _PROGRAM + "".join(parts)


ACL = _ACL
"""An extension of the catalogue, allowed in one tenant."""


def pull_secret(
    registry: str = "registry.acme.io", more: str = '"password": config.require_secret("password"), '
) -> str:
    """The credentials of a registry."""
    return (
        "config = pulumi.Config()\n"
        f'registry = wasm.PullSecret("registry", {{\n    "registry": "{registry}", "username": "ci", {more}\n}})\n'
    )


ACL_PULLED = _ACL.replace('"priority"', '"pull_secret": registry, "priority"')
"""The same extension, with credentials."""


def group(
    extensions: str = '[{"extension": acl}]',
    namespaces: str = '["*/shop"]',
    fqn: str = 'f"{TENANT}/workspaces/web/securitygroups/services"',
    more: str = "",
) -> str:
    """An attachment to a security group."""
    return (
        'wasm.SecurityGroupAttachment("services", {\n'
        f'    "group": {fqn},\n'
        f'    "namespace_selector": {namespaces}, "extensions": {extensions}, "fleet": fleet{more},\n'
        "})\n"
    )


def plugin(more: str = "", url: str = "oci://registry.acme.io/acl:1", priority: str = "10", spec: str = "") -> str:
    """A raw WasmPlugin."""
    number = f', "priority": {priority}' if priority else ""
    fields = f'"url": "{url}", "selector": {{"match_labels": {{"app": "shop"}}}}{number}{spec}'
    return (
        'wasm.WasmPlugin("acl", {\n    "metadata": {"name": "acl", "namespace": "shop"},\n'
        f'    "spec": {{{fields}}}, "fleet": fleet{more},\n}})\n'
    )


def fields(**more: str) -> str:
    """An extension of the catalogue with more fields, each an expression."""
    return _ACL.replace(
        '"priority"', "".join(f'"{name}": {value},\n    ' for name, value in more.items()) + '"priority"'
    )
