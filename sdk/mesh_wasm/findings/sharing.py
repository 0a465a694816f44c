"""What stacks share: definitions that one exports to another, the clusters that each owns, and waves (family MW5xx).

They are reported where these are read: :mod:`mesh_wasm.fleet.config`, :mod:`mesh_wasm.fleet.waves`, and the components.
"""

from __future__ import annotations

from .examples import ACL, group, program
from .finding import Severity
from .rule import Family, rule

_DEFINITION = """\
acl = {{
    "version": {version}, "fqn": "organizations/acme/extensions/acl", "image": "oci://registry.acme.io/acl:1",
}}
"""
_NAMED = """\
told = pulumi.Output.from_input({{"fqn": "organizations/acme/extensions/{name}", "image": "oci://registry.acme.io/acl:1"}})
acl = wasm.WasmExtension.get("acl", told, fqn="organizations/acme/extensions/acl")
"""
_LATE = """\
acl = pulumi.Output.from_input({
    "fqn": "organizations/acme/extensions/acl", "image": "oci://registry.acme.io/acl:1",
    "pullSecret": {"name": "registry", "dockerConfigJson": "{}"},
})
"""


def _stacks(owners: str) -> str:
    return f"# in Pulumi.<stack>.yaml\nfleet:\n  clusters: {{east: {{}}, west: {{}}}}\n  stacks: {{{owners}}}\n"


def _waves(clusters: str) -> str:
    return (
        "# in Pulumi.<stack>.yaml, and the waves in the program that updates the stacks\n"
        f"fleet:\n  clusters: {{{clusters}}}\n  stacks: {{prod: {{}}}}\nwaves: {{label: wave, order: [canary, prod]}}\n"
    )


NEWER_DEFINITION = rule(
    "MW530",
    Severity.ERROR,
    Family.TENANCY,
    "An extension's definition from a newer mesh-wasm",
    why="What an older mesh-wasm does not know it would leave out of the plugin without a word.",
    fix="Use the mesh-wasm of the stack that exports the definition, or a newer one.",
    source="mesh-wasm: version of a definition",
    bad=program(_DEFINITION.format(version=99), group()),
    good=program(_DEFINITION.format(version=1), group()),
)
LATE_SECRET = rule(
    "MW531",
    Severity.ERROR,
    Family.TENANCY,
    "A pull secret that preview could not see",
    why="Which Secrets exist must be visible at preview; without its Secret the plugin cannot be pulled.",
    fix="Give the pull secret beside the extension (Python: or to WasmExtension.get).",
    source="Pulumi: resources made inside apply are invisible at preview",
    bad=program(_LATE, group('[{"extension": acl}]')),
    good=program(ACL, group()),
)
SHARED_CLUSTER = rule(
    "MW532",
    Severity.ERROR,
    Family.TENANCY,
    "Two stacks own the same cluster",
    why="Each would create the other's objects a second time, and destroy them with its own.",
    fix="Let the selections of the stacks not overlap.",
    source="mesh-wasm fleet configuration",
    bad=_stacks("canary: {names: [east]}, prod: {}"),
    good=_stacks("canary: {names: [east]}, prod: {names: [west]}"),
)
UNOWNED_CLUSTER = rule(
    "MW533",
    Severity.WARNING,
    Family.TENANCY,
    "No stack owns the cluster",
    why="What is attached there is planned and never written.",
    fix="Let one stack own it, or take it out of the inventory.",
    source="mesh-wasm fleet configuration",
    bad=_stacks("prod: {names: [east]}"),
    good=_stacks("prod: {names: [east, west]}"),
)
OTHER_EXTENSION = rule(
    "MW534",
    Severity.ERROR,
    Family.TENANCY,
    "The definition of another extension",
    why="Names, order and tenancy would be those of one extension, and the code that of another.",
    fix="Refer to the stack output of the extension that is meant, or correct the FQN.",
    source="mesh-wasm: WasmExtension.get",
    bad=program(_NAMED.format(name="authn"), group()),
    good=program(_NAMED.format(name="acl"), group()),
)
NO_WAVE = rule(
    "MW535",
    Severity.ERROR,
    Family.TENANCY,
    "A stack that belongs to no single wave",
    why="A stack is updated as a whole: clusters of a later wave would be changed before the earlier one is proven.",
    fix="Label the clusters with one of the waves.",
    source="mesh-wasm waves",
    bad=_waves("east: {}"),
    good=_waves("east: {labels: {wave: canary}}"),
)
