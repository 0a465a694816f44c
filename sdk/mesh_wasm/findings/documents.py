"""TSB documents that have to fit together: who they are, and what they refer to (family MW5xx, from MW551).

Reported by :mod:`mesh_wasm.tsb`, which alone sees all documents at once.
"""

from __future__ import annotations

from .examples import inventory
from .finding import Severity
from .rule import Family, rule

_EXTENSION = """\
apiVersion: extension.tsb.tetrate.io/v2
kind: WasmExtension
metadata: {organization: acme, name: acl}
spec: {image: "oci://registry.acme.io/filters/acl:1.4.2", phase: AUTHZ, priority: 10}
"""
_GROUP = """\
---
apiVersion: security.tsb.tetrate.io/v2
kind: Group
metadata: {organization: acme, tenant: shop, workspace: web, name: services}
spec: {namespaceSelector: {names: ["*/shop"]}}
"""
_SETTING = """\
---
apiVersion: security.tsb.tetrate.io/v2
kind: SecuritySetting
metadata: {organization: acme, tenant: shop, workspace: web, group: services, name: default}
spec: {extension: [{fqn: organizations/acme/extensions/acl}]}
"""
_WORKSPACE = """\
---
apiVersion: api.tsb.tetrate.io/v2
kind: Workspace
metadata: {organization: acme, tenant: shop, name: web}
spec: {namespaceSelector: {names: ["*/shop"]}}
"""
_INVENTORY = inventory("1.27")
_GOOD = _EXTENSION + _GROUP + _SETTING + _WORKSPACE

WHOSE = rule(
    "MW551",
    Severity.ERROR,
    Family.TENANCY,
    "Nothing says which resource this is",
    why="TSB places a resource by its organization, tenant, workspace and group; without them it cannot be found.",
    fix="Complete the metadata (tctl) or the annotations tsb.tetrate.io/… (GitOps).",
    source="TSB documentation (docs.tetrate.io/service-bridge): the hierarchy of resources",
    bad=_EXTENSION.replace("organization: acme, ", ""),
    good=_EXTENSION,
    inventory=_INVENTORY,
)
NO_EXTENSION = rule(
    "MW552",
    Severity.ERROR,
    Family.TENANCY,
    "The attached extension is not among the documents",
    why="The plugin's image, phase and priority stand in the extension; without it there is nothing to make a plugin of.",
    fix="Add the WasmExtension to the documents: `tctl get wasmextension <name> -o yaml`.",
    source="TSB API reference: WasmExtensionAttachment.fqn",
    bad=_GROUP.removeprefix("---\n") + _SETTING + _WORKSPACE,
    good=_GOOD,
    inventory=_INVENTORY,
)
NO_SCOPE = rule(
    "MW553",
    Severity.ERROR,
    Family.TENANCY,
    "The group or workspace that says which namespaces are meant is not among the documents",
    why="A setting reaches the namespaces of its group, and the group those of its workspace; neither is written in itself.",
    fix="Add it to the documents.",
    source="TSB API reference: NamespaceSelector, Group, Workspace",
    bad=_EXTENSION + _SETTING + _WORKSPACE,
    good=_GOOD,
    inventory=_INVENTORY,
)
OUTSIDE = rule(
    "MW554",
    Severity.ERROR,
    Family.TENANCY,
    "The group claims namespaces that its workspace does not own",
    why="A group can only claim namespaces that its workspace owns in that cluster.",
    fix="Narrow the group's namespaceSelector, or widen the workspace's.",
    source="TSB security Group and gateway Group reference",
    bad=_GOOD.replace('["*/shop"]', '["*/pay"]', 1),
    good=_GOOD,
    inventory=_INVENTORY,
)
DIFFERENT = rule(
    "MW555",
    Severity.ERROR,
    Family.TENANCY,
    "The same resource twice, with different contents",
    why="TSB has one of each; which of the two is meant cannot be told.",
    fix="Remove one of the two.",
    source="TSB documentation (docs.tetrate.io/service-bridge): the hierarchy of resources",
    bad=_GOOD + _GROUP.replace("*/shop", "*/web"),
    good=_GOOD,
    inventory=_INVENTORY,
)
NOT_TRANSLATED = rule(
    "MW556",
    Severity.ERROR,
    Family.TENANCY,
    "Extensions in a place that mesh-wasm does not translate",
    why="TSB runs these extensions; the manifests made here do not have them, and a filter that all believe in is lost.",
    fix="Attach the extensions to a gateway, a security group, a service or a level above: these are translated.",
    source="TSB documentation (docs.tetrate.io/service-bridge): howto/wasm, API reference of the kinds",
    bad=_GOOD
    + """\
---
apiVersion: security.tsb.tetrate.io/v2
kind: ServiceSecuritySetting
metadata: {organization: acme, tenant: shop, workspace: web, group: services, name: cart}
spec:
  service: shop/cart.shop.svc.cluster.local
  subsets: [{name: v1, settings: {extension: [{fqn: organizations/acme/extensions/acl}]}}]
""",
    good=_GOOD,
    inventory=_INVENTORY,
    by_choice=True,
)
