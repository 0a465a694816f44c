"""Tenancy and placement: who may put what where (family MW5xx).

Most are reported by :mod:`mesh_wasm.fleet.placement` and :mod:`mesh_wasm.planning.plan`, which alone know the fleet.
"""

from __future__ import annotations

from .examples import ACL, EXTENSION, GOOD, group, program
from .finding import Severity
from .rule import Family, rule

_ELSEWHERE = '"organizations/acme/tenants/bank/workspaces/web/securitygroups/services"'
_IMAGE = "  image: oci://registry.example.com/acl:1.4.2\n"
_DECLARED = ',\n                 namespaces=["edge", "shop", "istio-system"]'
_CHOSEN = 'chosen = pulumi.Config().require_secret("namespace")\n'


def _cluster(context: str) -> str:
    return (
        "import json\nimport mesh_wasm_pulumi as wasm\n\n"
        'east = {"contexts": [{"name": "east", "context": {"cluster": "east", "user": "ci"}}]}\n'
        f'wasm.Fleet([wasm.Cluster("east", kubeconfig=json.dumps(east), context="{context}")])\n'
    )


BAD_FQN = rule(
    "MW501",
    Severity.ERROR,
    Family.TENANCY,
    "Not a fully qualified name",
    why="TSB finds resources by their fully qualified name only; a wrong one names nothing.",
    fix="Write the whole name, from organizations/ on.",
    source="TSB documentation (docs.tetrate.io/service-bridge): the hierarchy of resources",
    bad=program(ACL, group(fqn='"tenants/shop/securitygroups/services"')),
    good=program(ACL, group()),
)
NOT_ALLOWED = rule(
    "MW502",
    Severity.ERROR,
    Family.TENANCY,
    "The extension is not allowed in this tenant",
    why="TSB removes an extension from every place that its allowedIn does not cover; Istio would run it all the same.",
    fix="Add the tenant to the extension's allowedIn, or attach another extension.",
    source="TSB WasmExtension.allowedIn",
    bad=program(ACL, group(fqn=_ELSEWHERE)),
    good=program(ACL, group()),
)
UNKNOWN_CLUSTER = rule(
    "MW503",
    Severity.ERROR,
    Family.TENANCY,
    "A cluster that the fleet does not have",
    why="Nothing would be written there.",
    fix="Correct the name, or add the cluster to the fleet.",
    source="mesh-wasm fleet",
    bad=program(ACL, group(more=', "cluster_names": ["eats"]')),
    good=program(ACL, group(more=', "cluster_names": ["east"]')),
)
NO_CLUSTER = rule(
    "MW504",
    Severity.ERROR,
    Family.TENANCY,
    "No cluster is selected",
    why="The attachment would exist on paper only.",
    fix="Correct the labels of the selection or of the clusters.",
    source="mesh-wasm fleet",
    bad=program(ACL, group(more=', "clusters": {"env": "canary"}')),
    good=program(ACL, group(more=', "clusters": {"env": "prod"}')),
)
NO_NAMESPACE = rule(
    "MW505",
    Severity.ERROR,
    Family.TENANCY,
    "No namespace is selected",
    why="The attachment would exist on paper only, or the API server would refuse the objects: no such namespace.",
    fix="Correct the selector, or declare the namespace among the cluster's namespaces.",
    source="TSB NamespaceSelector; Kubernetes",
    bad=program(ACL, group(namespaces='["east/pay"]')),
    good=program(ACL, group()),
)
SAME_OBJECT = rule(
    "MW506",
    Severity.ERROR,
    Family.TENANCY,
    "Two declarations write the same object",
    why="The second write fails, or overwrites the first.",
    fix="Remove one of them, or give one another name.",
    source="Kubernetes: names are unique per kind and namespace",
    bad=f"{GOOD}---\n{GOOD}",
    good=f"{GOOD}---\n{GOOD.replace('name: acl', 'name: acl-shop')}",
)
TWICE = rule(
    "MW507",
    Severity.ERROR,
    Family.TENANCY,
    "The same extension twice on one target",
    why="The plugin would run twice for every request.",
    fix="Keep one of the two.",
    source="TSB WasmExtensionAttachment",
    bad=program(ACL, group('[{"extension": acl}, {"extension": acl}]')),
    good=program(ACL, group()),
)
NO_CONTEXT = rule(
    "MW508",
    Severity.ERROR,
    Family.TENANCY,
    "The kubeconfig lacks the context",
    why="The provider would fail, or talk to another cluster than the one that is meant.",
    fix="Name a context that the kubeconfig has.",
    source="kubeconfig v1",
    bad=_cluster(context="west"),
    good=_cluster(context="east"),
)
WILDCARD = rule(
    "MW509",
    Severity.ERROR,
    Family.TENANCY,
    "A wildcard, and nothing to expand it against",
    why="mesh-wasm does not ask the cluster which namespaces it has: the same program must give the same plan.",
    fix="Declare the cluster's namespaces in the fleet, or name the namespace.",
    source="TSB NamespaceSelector",
    bad=program(ACL, group(namespaces='["east/*"]')).replace(_DECLARED, ""),
    good=program(ACL, group(namespaces='["east/sh*"]')),
)
BAD_SELECTOR = rule(
    "MW510",
    Severity.ERROR,
    Family.TENANCY,
    "Not a namespace selector",
    why="TSB refuses it.",
    fix="Write cluster/namespace: the cluster exact or *, the namespace exact, * or a prefix such as team-*.",
    source="TSB API reference: NamespaceSelector.names",
    bad=program(ACL, group(namespaces='["shop"]')),
    good=program(ACL, group(namespaces='["east/shop"]')),
)
_ATTACHED = """  image: oci://registry.example.com/filters/acl:1.4.2
---
apiVersion: gateway.tsb.tetrate.io/v2
kind: IngressGateway
metadata: {organization: acme, tenant: shop, workspace: web, group: edge, name: shop}
spec:
  workloadSelector: {namespace: edge, labels: {app: shop-gateway}}
  extension: [{fqn: organizations/acme/extensions/acl}]
"""
BROKEN_EXTENSION = rule(
    "MW511",
    Severity.INFO,
    Family.TENANCY,
    "The extension itself has errors",
    why="A plugin made of it would be refused or would not run, so none is made; the error is told once, where it is.",
    fix="Mend the extension: its problems are reported on it.",
    source="mesh-wasm",
    bad=EXTENSION + _ATTACHED.replace("oci://", "s3://"),
    good=EXTENSION + _ATTACHED,
)
UNDECIDED = rule(
    "MW512",
    Severity.ERROR,
    Family.TENANCY,
    "A value that decides which objects exist is not known yet",
    why="Which objects exist must be visible at preview.",
    fix="Give a plain value here, not an Output.",
    source="Pulumi: resources made inside apply are invisible at preview",
    bad=program(_CHOSEN, ACL, group(namespaces="[chosen]")),
    good=program(ACL, group()),
)
OTHER_ORGANIZATION = rule(
    "MW513",
    Severity.ERROR,
    Family.TENANCY,
    "An extension of another organization",
    why="A catalogue belongs to one organization; TSB refuses a reference across organizations.",
    fix="Attach an extension of the target's own organization.",
    source="TSB WasmExtension: parent is the organization",
    bad=EXTENSION + _IMAGE + "  allowedIn: [organizations/other/tenants/shop]\n",
    good=EXTENSION + _IMAGE + "  allowedIn: [organizations/acme/tenants/shop]\n",
)
BAD_NAME = rule(
    "MW514",
    Severity.ERROR,
    Family.TENANCY,
    "Not a name that Kubernetes accepts",
    why="The API server refuses the object.",
    fix="Use lower-case letters, digits and '-' (and '.' in names of objects), beginning and ending with a letter or digit.",
    source="Kubernetes: DNS-1123",
    bad=GOOD.replace("name: acl", "name: Acl_Check"),
    good=GOOD,
)
ROOT_BY_WILDCARD = rule(
    "MW402",
    Severity.WARNING,
    Family.BLAST,
    "A wildcard that covers the root namespace",
    why="A plugin in the root namespace runs on every workload of the mesh, gateways included.",
    fix="Name the root namespace if the whole mesh is really meant.",
    source="Istio WasmPlugin.selector; istio pilot/pkg/model/policyattachment.go",
    bad=program(ACL, group(namespaces='["east/*"]')),
    good=program(ACL, group(namespaces='["east/shop"]')),
)
