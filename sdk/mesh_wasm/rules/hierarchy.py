"""What TSB hands down its hierarchy: defaults, profiles, services (family MW5xx, from MW570).

Reported by :mod:`mesh_wasm.tsb`, which alone sees all documents at once.
"""

from __future__ import annotations

from mesh_wasm.findings.examples import ACL, extension, group, inventory, program
from mesh_wasm.findings.finding import Severity
from mesh_wasm.findings.rule import Family, rule


def _extension(name: str, priority: int) -> str:
    return (
        "apiVersion: extension.tsb.tetrate.io/v2\nkind: WasmExtension\n"
        f"metadata: {{organization: acme, name: {name}}}\n"
        f'spec: {{image: "oci://registry.acme.io/filters/{name}:1.4.2", phase: AUTHZ, priority: {priority}}}\n---\n'
    )


_WORKSPACE = """\
apiVersion: api.tsb.tetrate.io/v2
kind: Workspace
metadata: {organization: acme, tenant: shop, name: web}
spec: {namespaceSelector: {names: ["*/shop"]}}
---
"""
_DEFAULT = """\
apiVersion: api.tsb.tetrate.io/v2
kind: OrganizationSetting
metadata: {organization: acme, name: default}
spec: {defaultSecuritySetting: {extension: [{fqn: organizations/acme/extensions/acl}]}}
---
"""
_BELOW = """\
apiVersion: api.tsb.tetrate.io/v2
kind: WorkspaceSetting
metadata: {organization: acme, tenant: shop, workspace: web, name: default}
spec: {defaultSecuritySetting: {extension: [{fqn: organizations/acme/extensions/log}]}}
---
"""
_PROFILE = """\
apiVersion: profile.tsb.tetrate.io/v2
kind: Profile
metadata: {organization: acme, name: guarded}
spec: {mandates: {wasmExtensions: [{fqn: organizations/acme/extensions/acl}]}}
---
"""
_GATEWAY = """\
apiVersion: gateway.tsb.tetrate.io/v2
kind: Gateway
metadata: {organization: acme, tenant: shop, workspace: web, group: edge, name: gw}
spec: {workloadSelector: {namespace: shop, labels: {app: gw}}}
---
"""
_GROUP = """\
apiVersion: security.tsb.tetrate.io/v2
kind: Group
metadata: {organization: acme, tenant: shop, workspace: web, name: services}
spec: {namespaceSelector: {names: ["*/shop"]}}
---
"""
_SERVICE_SETTING = """\
apiVersion: security.tsb.tetrate.io/v2
kind: ServiceSecuritySetting
metadata: {organization: acme, tenant: shop, workspace: web, group: services, name: cart}
spec:
  service: shop/cart.shop.svc.cluster.local
  settings: {extension: [{fqn: organizations/acme/extensions/log}]}
---
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{port: 80}]}
"""
_ATTACHED = 'namespaceSelector: {names: ["*/shop"]}, profiles: ['
_WITH_PROFILE = _WORKSPACE.replace(
    'namespaceSelector: {names: ["*/shop"]}', f"{_ATTACHED}organizations/acme/profiles/guarded]"
)
_BOTH = _extension("acl", 20) + _extension("log", 10)
_INVENTORY = inventory("1.27")
_SOURCE = "TSB API reference: SecuritySetting.propagationStrategy, types v2 PropagationStrategy"
_PROFILES = "TSB API reference: Profile; TSB concepts: configuration profiles"

STRICTER_UNDECIDED = rule(
    "MW570",
    Severity.ERROR,
    Family.TENANCY,
    "Two lists of extensions meet below STRICTER, and nothing says how they combine",
    why="Under STRICTER what is set above stays; TSB does not document how two lists of extensions combine.",
    fix="Say that both run (`--stricter union`; in a program stricter='union'), or let the lower list hold the higher one.",
    source=_SOURCE,
    bad=_BOTH + _WORKSPACE + _DEFAULT.replace("{extension", "{propagationStrategy: STRICTER, extension") + _BELOW,
    good=_BOTH + _WORKSPACE + _DEFAULT + _BELOW,
    inventory=_INVENTORY,
)
GATEWAYS_REACHED = rule(
    "MW571",
    Severity.WARNING,
    Family.TENANCY,
    "A default reaches the pods of a gateway",
    why="A default has no selector, so in a namespace with a gateway it runs there as well; TSB does not document whether.",
    fix="Say whether it is meant: `--default-gateways include` or `leave-out` (in a program gateways=…).",
    source="TSB documentation: howto/wasm; measured: a plugin without selector runs in every pod of its namespace",
    bad=_extension("acl", 20) + _WORKSPACE + _DEFAULT + _GATEWAY,
    good=_extension("acl", 20) + _WORKSPACE + _DEFAULT,
    inventory=_INVENTORY,
    by_choice=True,
)
EMPTY_LIST = rule(
    "MW572",
    Severity.WARNING,
    Family.TENANCY,
    "An empty list of extensions replaces nothing",
    why="To TSB's API, which is protobuf, an empty list is the same as none: what is inherited stays in force.",
    fix="Remove the list. What shall not run here has to be taken from the level above.",
    source="protobuf: presence of repeated fields; TSB API reference: SecuritySetting.extension",
    bad=_extension("acl", 20)
    + _WORKSPACE
    + _DEFAULT
    + _BELOW.replace("[{fqn: organizations/acme/extensions/log}]", "[]"),
    good=_extension("acl", 20) + _WORKSPACE + _DEFAULT,
    inventory=_INVENTORY,
    by_choice=True,
)
TWO_SETTINGS = rule(
    "MW573",
    Severity.ERROR,
    Family.TENANCY,
    "Two settings of one organization, tenant, workspace or service",
    why="Each has one setting; which of the two counts cannot be told.",
    fix="Keep one of them.",
    source="TSB API reference: OrganizationSetting (one for each organization)",
    bad=_BOTH + _WORKSPACE + _DEFAULT + _DEFAULT.replace("name: default", "name: other"),
    good=_BOTH + _WORKSPACE + _DEFAULT,
    inventory=_INVENTORY,
)
NO_PROFILE = rule(
    "MW574",
    Severity.ERROR,
    Family.TENANCY,
    "The attached profile is not among the documents",
    why="Its extensions, which may be mandates, would be lost without a word.",
    fix="Add the Profile to the documents: `tctl get profile <name> -o yaml`.",
    source=_PROFILES,
    bad=_extension("acl", 20) + _WITH_PROFILE,
    good=_extension("acl", 20) + _WITH_PROFILE + _PROFILE,
    inventory=_INVENTORY,
)
PROFILE_ELSEWHERE = rule(
    "MW575",
    Severity.ERROR,
    Family.TENANCY,
    "A profile of elsewhere is attached",
    why="A profile can be attached where it was made and below, not above and not beside.",
    fix="Make the profile at this level or above.",
    source=_PROFILES,
    bad=_extension("acl", 20) + _WITH_PROFILE.replace("[organizations/acme/", "[organizations/acme/tenants/pay/"),
    good=_extension("acl", 20) + _WITH_PROFILE + _PROFILE,
    inventory=_INVENTORY,
)
OVERRULED = rule(
    "MW576",
    Severity.WARNING,
    Family.TENANCY,
    "What is attached here has no effect: a higher level counts",
    why="A mandate, or what was set above STRICTER, is not replaced by what stands below.",
    fix="Remove it here, or change what stands above.",
    source=_PROFILES,
    bad=_BOTH + _WITH_PROFILE + _PROFILE + _BELOW,
    good=_BOTH + _WITH_PROFILE + _PROFILE,
    inventory=_INVENTORY,
    by_choice=True,
)
NO_SERVICE = rule(
    "MW577",
    Severity.ERROR,
    Family.TENANCY,
    "The service of a setting is not known",
    why="Its Service says by its selector which pods are meant; without it they cannot be told.",
    fix="Add the Service to the documents, or to the surroundings of the cluster.",
    source="TSB API reference: ServiceSecuritySetting.service",
    bad=_BOTH + _WORKSPACE + _GROUP + _SERVICE_SETTING,
    good=_BOTH + _WORKSPACE + _GROUP + _SERVICE_SETTING + _SERVICE,
    inventory=_INVENTORY,
)
SERVICE_REPLACES = rule(
    "MW578",
    Severity.ERROR,
    Family.TENANCY,
    "A service replaces extensions that Istio cannot take from its pods alone",
    why="What its group has runs in all pods of the namespace: a selector of Istio cannot except those of one service.",
    fix="List what the group has in the service's setting as well, or move the service into a namespace of its own.",
    source="TSB API reference: ServiceSecuritySetting; Istio WorkloadSelector: labels are only asked for, never excluded",
    bad=_BOTH + _WORKSPACE + _GROUP + _DEFAULT + _SERVICE_SETTING + _SERVICE,
    good=_BOTH
    + _WORKSPACE
    + _GROUP
    + _DEFAULT
    + _SERVICE_SETTING.replace("[{fqn", "[{fqn: organizations/acme/extensions/acl}, {fqn")
    + _SERVICE,
    inventory=_INVENTORY,
)
TWO_OWNERS = rule(
    "MW579",
    Severity.ERROR,
    Family.TENANCY,
    "A namespace of two workspaces that inherit different extensions",
    why="TSB gives a namespace to one workspace; which of the two inherits cannot be told.",
    fix="Narrow the namespaceSelector of one of the two.",
    source="TSB API reference: Workspace (namespaces are owned by one workspace)",
    bad=_BOTH + _WORKSPACE + _BELOW + _WORKSPACE.replace("name: web", "name: cart"),
    good=_BOTH + _WORKSPACE + _BELOW,
    inventory=_INVENTORY,
)
LEFT_OUT = rule(
    "MW580",
    Severity.WARNING,
    Family.TENANCY,
    "Namespaces with gateways are left out of a default",
    why="A plugin without selector cannot spare a gateway, so the namespace's other workloads go without it as well.",
    fix="Attach the extensions to these workloads by a security group of their own, or move the gateway.",
    source=_PROFILES + ": extensions of profiles are for workloads, not for gateways",
    bad=_BOTH + _WITH_PROFILE + _PROFILE + _GATEWAY,
    good=_BOTH + _WITH_PROFILE + _PROFILE,
    inventory=_INVENTORY,
    by_choice=True,
)
PROFILE_ON_GATEWAYS = rule(
    "MW581",
    Severity.WARNING,
    Family.TENANCY,
    "A profile with extensions on a gateway group",
    why="The extensions of a profile are for workloads only, so nothing comes of them there.",
    fix="Attach the profile to a security group or workspace, or the extensions to the gateways.",
    source=_PROFILES,
    bad=_BOTH
    + _WORKSPACE
    + _PROFILE
    + _GROUP.replace("security.tsb", "gateway.tsb").replace(
        'namespaceSelector: {names: ["*/shop"]}', f"{_ATTACHED}organizations/acme/profiles/guarded]"
    ),
    good=_BOTH + _WITH_PROFILE + _PROFILE,
    inventory=_INVENTORY,
    by_choice=True,
)

_HIGHER = """\
wasm.DefaultSecuritySetting("all", {
    "resource": "organizations/acme/tenants/shop", "namespace_selector": ["*/shop", "*/edge"],
    "extensions": [{"extension": log}], "fleet": fleet,%s
})
"""
LEVELS_MEET = rule(
    "MW582",
    Severity.ERROR,
    Family.TENANCY,
    "Two levels of the hierarchy attach extensions in one namespace",
    why="In TSB the lower list replaces the higher one as a whole; as plugins both would run.",
    fix="List the namespace in replaced_in of the higher one, or say stricter='union' on one of the two: then both run.",
    source="TSB API reference: OrganizationSetting.defaultSecuritySetting; mesh-wasm",
    bad=program(ACL, extension("log", 5), _HIGHER % "", group()),
    good=program(ACL, extension("log", 5), _HIGHER % ' "replaced_in": ["*/shop"],', group()),
)
