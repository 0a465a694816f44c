"""The snapshot of a cluster: read, old, or at odds with what is declared (MW840 to MW844).

Reported by :mod:`mesh_wasm.fleet`, which alone reads it.
"""

from __future__ import annotations

from mesh_wasm.findings.finding import Severity
from mesh_wasm.findings.rule import Family, rule


def _stack(taken: str = "2100-01-01", version: str = "1.30.3", facts: str = "", more: str = "") -> str:
    """The configuration of a stack, whose one cluster has a snapshot."""
    plane = f"{{revision: default, version: {version}}}"
    return (
        f"# Pulumi.prod.yaml, the key of the program\nfleet:\n  clusters:\n    east:\n      {facts or '{}'}\n".replace(
            "      {}\n", ""
        )
        + "      snapshot:                 # or the path of the file\n"
        f"        apiVersion: mesh-wasm/v1\n        kind: Snapshot\n        cluster: east\n"
        f'        taken: "{taken}T00:00:00Z"\n        istio: {{controlPlanes: [{plane}{more}]}}\n        objects: []\n'
    )


UNREADABLE = rule(
    "MW840",
    Severity.ERROR,
    Family.SECRET,
    "A snapshot that cannot be read",
    why="Nothing is known of the cluster without it: neither its namespaces nor its Istio.",
    fix="Take it anew with `mesh-wasm snapshot`, and write its path from the folder of the inventory or program.",
    source="mesh-wasm snapshot",
    bad="# The file is not there\nfleet:\n  clusters: {east: {snapshot: mesh/east.yaml}}\n",
    good=_stack(),
)
OLD = rule(
    "MW841",
    Severity.INFO,
    Family.SECRET,
    "An old snapshot",
    why="What it says was true when it was taken; the cluster may hold other objects by now.",
    fix="Take it anew with `mesh-wasm snapshot`, best each night.",
    source="mesh-wasm snapshot",
    bad=_stack("2026-01-01"),
    good=_stack(),
)
NO_SUCH_REVISION = rule(
    "MW842",
    Severity.WARNING,
    Family.SECRET,
    "A revision that the cluster does not run",
    why="A control plane ignores objects whose label istio.io/rev is not exactly its own revision; the name of a tag is not "
    "enough.",
    fix="Write the revision of a control plane, or none: then every control plane reads the plugins.",
    source="istio pilot/pkg/config/kube/crdclient (revision filter)",
    bad=_stack(facts="revision: canary"),
    good=_stack(),
)
SEVERAL_VERSIONS = rule(
    "MW843",
    Severity.INFO,
    Family.SECRET,
    "Control planes of several versions",
    why="A plugin without the label istio.io/rev is read by all of them, so the rules speak for the oldest.",
    fix="Nothing, while the upgrade lasts; or pin the plugins with revision.",
    source="istio: canary upgrades",
    bad=_stack(more=", {revision: canary, version: 1.29.1}"),
    good=_stack(),
)
OTHER_VERSION = rule(
    "MW844",
    Severity.WARNING,
    Family.SECRET,
    "Another Istio than the one that is declared",
    why="The rules speak for the version that is declared, and another one runs.",
    fix="Leave istioVersion out: the snapshot has it.",
    source="mesh-wasm snapshot",
    bad=_stack(facts='istioVersion: "1.27"'),
    good=_stack(),
)
