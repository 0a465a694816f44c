"""What TSB hands down its hierarchy: defaults, profiles, services (family MW5xx, from MW570).

Reported by :mod:`mesh_wasm.tsb`, which alone sees all documents at once.
"""

from __future__ import annotations

from mesh_wasm.findings.examples import ACL, group, inventory, program
from mesh_wasm.findings.examples import extension as declared
from mesh_wasm.findings.finding import Severity
from mesh_wasm.findings.rule import Family, rule

from ._hierarchy_examples import (
    ATTACHED,
    BELOW,
    BOTH,
    DEFAULT,
    GATEWAY,
    GROUP,
    HIGHER,
    PROFILE,
    SERVICE,
    SERVICE_SETTING,
    WITH_PROFILE,
    WORKSPACE,
    extension,
)

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
    bad=BOTH + WORKSPACE + DEFAULT.replace("{extension", "{propagationStrategy: STRICTER, extension") + BELOW,
    good=BOTH + WORKSPACE + DEFAULT + BELOW,
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
    bad=extension("acl", 20) + WORKSPACE + DEFAULT + GATEWAY,
    good=extension("acl", 20) + WORKSPACE + DEFAULT,
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
    bad=extension("acl", 20) + WORKSPACE + DEFAULT + BELOW.replace("[{fqn: organizations/acme/extensions/log}]", "[]"),
    good=extension("acl", 20) + WORKSPACE + DEFAULT,
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
    bad=BOTH + WORKSPACE + DEFAULT + DEFAULT.replace("name: default", "name: other"),
    good=BOTH + WORKSPACE + DEFAULT,
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
    bad=extension("acl", 20) + WITH_PROFILE,
    good=extension("acl", 20) + WITH_PROFILE + PROFILE,
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
    bad=extension("acl", 20) + WITH_PROFILE.replace("[organizations/acme/", "[organizations/acme/tenants/pay/"),
    good=extension("acl", 20) + WITH_PROFILE + PROFILE,
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
    bad=BOTH + WITH_PROFILE + PROFILE + BELOW,
    good=BOTH + WITH_PROFILE + PROFILE,
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
    bad=BOTH + WORKSPACE + GROUP + SERVICE_SETTING,
    good=BOTH + WORKSPACE + GROUP + SERVICE_SETTING + SERVICE,
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
    bad=BOTH + WORKSPACE + GROUP + DEFAULT + SERVICE_SETTING + SERVICE,
    good=BOTH
    + WORKSPACE
    + GROUP
    + DEFAULT
    + SERVICE_SETTING.replace("[{fqn", "[{fqn: organizations/acme/extensions/acl}, {fqn")
    + SERVICE,
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
    bad=BOTH + WORKSPACE + BELOW + WORKSPACE.replace("name: web", "name: cart"),
    good=BOTH + WORKSPACE + BELOW,
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
    bad=BOTH + WITH_PROFILE + PROFILE + GATEWAY,
    good=BOTH + WITH_PROFILE + PROFILE,
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
    bad=BOTH
    + WORKSPACE
    + PROFILE
    + GROUP.replace("security.tsb", "gateway.tsb").replace(
        'namespaceSelector: {names: ["*/shop"]}', f"{ATTACHED}organizations/acme/profiles/guarded]"
    ),
    good=BOTH + WITH_PROFILE + PROFILE,
    inventory=_INVENTORY,
    by_choice=True,
)

LEVELS_MEET = rule(
    "MW582",
    Severity.ERROR,
    Family.TENANCY,
    "Two levels of the hierarchy attach extensions in one namespace",
    why="In TSB the lower list replaces the higher one as a whole; as plugins both would run.",
    fix="List the namespace in replaced_in of the higher one, or say stricter='union' on one of the two: then both run.",
    source="TSB API reference: OrganizationSetting.defaultSecuritySetting; mesh-wasm",
    bad=program(ACL, declared("log", 5), HIGHER % "", group()),
    good=program(ACL, declared("log", 5), HIGHER % ' "replaced_in": ["*/shop"],', group()),
)
