"""TSB's direct mode: objects of Istio that TSB takes over (family MW5xx, from MW585).

Reported by :mod:`mesh_wasm.tsb.direct` and by lint.
"""

from __future__ import annotations

from mesh_wasm.findings.examples import ACL, URL, inventory, program
from mesh_wasm.findings.finding import Severity
from mesh_wasm.findings.rule import Family, rule

_HEAD = """\
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata:
  name: acl
  namespace: shop
  labels: {istio.io/rev: tsb}
  annotations:
    tsb.tetrate.io/organization: acme
    tsb.tetrate.io/tenant: shop
    tsb.tetrate.io/workspace: web
"""
_GROUP = "    tsb.tetrate.io/istioInternalGroup: plugins\n"
_SPEC = "spec:\n" + URL + "  selector: {matchLabels: {app: shop}}\n"
_SOURCE = "TSB API reference: types v2 (Istio objects must have four annotations); howto/wasm: direct mode"

_DIRECT = 'labels={"env": "prod"}, tsb_direct=True,'
_DEFAULT = """\
wasm.DefaultSecuritySetting("all", {
    "resource": f"{TENANT}%s", "namespace_selector": ["*/shop"], "extensions": [{"extension": acl}], "fleet": fleet,
})
"""
_TSB_GROUP = """\
---
apiVersion: istiointernal.tsb.tetrate.io/v2
kind: Group
metadata: {organization: acme, tenant: shop, workspace: web, name: plugins}
spec: {namespaceSelector: {names: ["*/shop"]}}
"""

ANNOTATIONS = rule(
    "MW585",
    Severity.ERROR,
    Family.TENANCY,
    "The annotations of TSB's direct mode are not whole, or contradict each other",
    why="TSB takes an object of Istio by its organization, tenant, workspace and group; it refuses one that lacks some.",
    fix="Write all four annotations tsb.tetrate.io/…, or none of them.",
    source=_SOURCE,
    bad=_HEAD + _SPEC,
    good=_HEAD + _GROUP + _SPEC,
)
NO_WORKSPACE = rule(
    "MW586",
    Severity.ERROR,
    Family.TENANCY,
    "Direct mode, and nothing says which workspace owns the namespace",
    why="TSB takes an object of direct mode only with its workspace and a group of that workspace.",
    fix="Add the Workspace to the documents; in a program, attach to something below a workspace.",
    source=_SOURCE,
    bad=program(ACL, _DEFAULT % "").replace('labels={"env": "prod"},', _DIRECT),
    good=program(ACL, _DEFAULT % "/workspaces/web").replace('labels={"env": "prod"},', _DIRECT),
)
OUTSIDE_GROUP = rule(
    "MW587",
    Severity.ERROR,
    Family.TENANCY,
    "An object of direct mode in a namespace that its group does not have",
    why="TSB refuses an object of a namespace that is not in its IstioInternalGroup.",
    fix="Correct the namespace, or widen the group's namespaceSelector.",
    source=_SOURCE,
    bad=_HEAD + _GROUP + _SPEC + _TSB_GROUP.replace("*/shop", "*/edge"),
    good=_HEAD + _GROUP + _SPEC + _TSB_GROUP,
    inventory=inventory("1.27"),
)
