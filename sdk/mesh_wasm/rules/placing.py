"""Tenancy and placement: who may put what where (family MW5xx).

Most of these are reported by :mod:`mesh_wasm.placement` and :mod:`mesh_wasm.plan`, which alone know the fleet.
"""

from __future__ import annotations

from mesh_wasm.finding import Severity

from .rule import Family, rule

BAD_FQN = rule(
    "MW501",
    Severity.ERROR,
    Family.TENANCY,
    "Not a fully qualified name",
    why="TSB finds resources by their fully qualified name only; a wrong one names nothing.",
    fix="Write the whole name, from organizations/ on.",
    source="TSB resource hierarchy (facts C5)",
)
NOT_ALLOWED = rule(
    "MW502",
    Severity.ERROR,
    Family.TENANCY,
    "The extension is not allowed in this tenant",
    why="TSB removes an extension from every place that its allowedIn does not cover; Istio would run it all the same.",
    fix="Add the tenant to the extension's allowedIn, or attach another extension.",
    source="TSB WasmExtension.allowedIn",
)
UNKNOWN_CLUSTER = rule(
    "MW503",
    Severity.ERROR,
    Family.TENANCY,
    "A cluster that the fleet does not have",
    why="Nothing would be written there.",
    fix="Correct the name, or add the cluster to the fleet.",
    source="mesh-wasm fleet",
)
NO_CLUSTER = rule(
    "MW504",
    Severity.ERROR,
    Family.TENANCY,
    "No cluster is selected",
    why="The attachment would exist on paper only.",
    fix="Correct the labels of the selection or of the clusters.",
    source="mesh-wasm fleet",
)
NO_NAMESPACE = rule(
    "MW505",
    Severity.ERROR,
    Family.TENANCY,
    "No namespace is selected",
    why="The attachment would exist on paper only, or the API server would refuse the objects: no such namespace.",
    fix="Correct the selector, or declare the namespace among the cluster's namespaces.",
    source="TSB NamespaceSelector; Kubernetes",
)
SAME_OBJECT = rule(
    "MW506",
    Severity.ERROR,
    Family.TENANCY,
    "Two declarations write the same object",
    why="The second write fails, or overwrites the first.",
    fix="Remove one of them, or give one another name.",
    source="Kubernetes: names are unique per kind and namespace",
)
TWICE = rule(
    "MW507",
    Severity.ERROR,
    Family.TENANCY,
    "The same extension twice on one target",
    why="The plugin would run twice for every request.",
    fix="Keep one of the two.",
    source="TSB WasmExtensionAttachment",
)
NO_CONTEXT = rule(
    "MW508",
    Severity.ERROR,
    Family.TENANCY,
    "The kubeconfig lacks the context",
    why="The provider would fail, or talk to another cluster than the one that is meant.",
    fix="Name a context that the kubeconfig has.",
    source="kubeconfig v1",
)
WILDCARD = rule(
    "MW509",
    Severity.ERROR,
    Family.TENANCY,
    "A wildcard, and nothing to expand it against",
    why="mesh-wasm does not ask the cluster which namespaces it has: the same program must give the same plan.",
    fix="Declare the cluster's namespaces in the fleet, or name the namespace.",
    source="TSB NamespaceSelector",
)
BAD_SELECTOR = rule(
    "MW510",
    Severity.ERROR,
    Family.TENANCY,
    "Not a namespace selector",
    why="TSB refuses it.",
    fix="Write cluster/namespace: the cluster exact or *, the namespace exact, * or a prefix such as team-*.",
    source="TSB NamespaceSelector.names (facts C6)",
)
BROKEN_EXTENSION = rule(
    "MW511",
    Severity.ERROR,
    Family.TENANCY,
    "The extension itself has errors",
    why="A plugin made of it would be refused or would not run.",
    fix="Mend the extension: its problems are reported on it.",
    source="mesh-wasm",
)
UNDECIDED = rule(
    "MW512",
    Severity.ERROR,
    Family.TENANCY,
    "A value that decides which objects exist is not known yet",
    why="Which objects exist must be visible at preview.",
    fix="Give a plain value here, not an Output.",
    source="Pulumi: resources made inside apply are invisible at preview",
)
OTHER_ORGANIZATION = rule(
    "MW513",
    Severity.ERROR,
    Family.TENANCY,
    "An extension of another organization",
    why="A catalogue belongs to one organization; TSB refuses a reference across organizations.",
    fix="Attach an extension of the target's own organization.",
    source="TSB WasmExtension: parent is the organization",
)
BAD_NAME = rule(
    "MW514",
    Severity.ERROR,
    Family.TENANCY,
    "Not a name that Kubernetes accepts",
    why="The API server refuses the object.",
    fix="Use lower-case letters, digits and '-' (and '.' in names of objects), beginning and ending with a letter or digit.",
    source="Kubernetes: DNS-1123",
)
NEWER_DEFINITION = rule(
    "MW530",
    Severity.ERROR,
    Family.TENANCY,
    "An extension's definition from a newer mesh-wasm",
    why="What an older mesh-wasm does not know it would leave out of the plugin without a word.",
    fix="Use the mesh-wasm of the stack that exports the definition, or a newer one.",
    source="mesh-wasm: version of a definition",
)
LATE_SECRET = rule(
    "MW531",
    Severity.ERROR,
    Family.TENANCY,
    "A pull secret that preview could not see",
    why="Which Secrets exist must be visible at preview; without its Secret the plugin cannot be pulled.",
    fix="Give the pull secret beside the extension, or to WasmExtension.get.",
    source="Pulumi: resources made inside apply are invisible at preview",
)
SHARED_CLUSTER = rule(
    "MW532",
    Severity.ERROR,
    Family.TENANCY,
    "Two stacks own the same cluster",
    why="Each would create the other's objects a second time, and destroy them with its own.",
    fix="Let the selections of the stacks not overlap.",
    source="mesh-wasm fleet configuration",
)
UNOWNED_CLUSTER = rule(
    "MW533",
    Severity.WARNING,
    Family.TENANCY,
    "No stack owns the cluster",
    why="What is attached there is planned and never written.",
    fix="Let one stack own it, or take it out of the inventory.",
    source="mesh-wasm fleet configuration",
)
OTHER_EXTENSION = rule(
    "MW534",
    Severity.ERROR,
    Family.TENANCY,
    "The definition of another extension",
    why="Names, order and tenancy would be those of one extension, and the code that of another.",
    fix="Refer to the stack output of the extension that is meant, or correct the FQN.",
    source="mesh-wasm: WasmExtension.get",
)
