"""Known bugs of the Istio that a cluster has (family MW6xx, second part): the table is :mod:`.table`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from mesh_wasm.findings.examples import GOOD, HEAD, URL, inventory
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.fleet.istio_patches import IstioVersion, Within, spelled
from mesh_wasm.rules.subjects import ClusterPluginSubject
from mesh_wasm.values.enums import Dialect

from .table import KNOWN_BUGS, KnownBug

if TYPE_CHECKING:
    from mesh_wasm.fleet.cluster import Mesh

_SERVICE = HEAD + URL + "  targetRefs: [{kind: Service, group: '', name: shop}]\n"

KNOWN_BUG = rule(
    "MW620",
    Severity.ERROR,
    Family.VERSION,
    "A known bug of the cluster's Istio",
    why="The plugin is right, and this version of Istio does not do what it says. The table of these bugs, with the "
    "versions that have them, is docs/known-bugs.md.",
    fix="Upgrade Istio to a version that has it mended.",
    source="Istio's repository: release notes, changes and issues, by release tag",
    bad=_SERVICE + "  imagePullSecret: registry\n",
    good=GOOD + "  imagePullSecret: registry\n",
    inventory=inventory("1.24.2"),
)


@KNOWN_BUG.checks(ClusterPluginSubject)
def known_bug(subject: ClusterPluginSubject) -> Iterator[Finding]:
    """Each row of the table whose versions and shape are those of the plugin."""
    for bug, within, version in bugs_of(subject.mesh):
        path = None if bug.shape is None else bug.shape(subject)
        if path is not None:
            told = f"{bug.what} {bug.happens}; the cluster {spelled(version, within)}."
            yield KNOWN_BUG.at(*path, says=told, fix=remedy(bug), severity=_severity(bug, within))


@lru_cache(maxsize=64)  # a fleet has few versions, and many plugins
def bugs_of(mesh: Mesh) -> tuple[tuple[KnownBug, Within, IstioVersion], ...]:
    """The bugs that a mesh has, or may have, and that a plugin's spec shows."""
    version = mesh.istio
    if version is None or mesh.dialect is not Dialect.ISTIO:
        return ()
    among = ((bug, bug.span.holds(version), version) for bug in KNOWN_BUGS if bug.shape is not None)
    return tuple(one for one in among if one[1] is not Within.NO)


def remedy(bug: KnownBug) -> str:
    """The versions without the bug, and what helps meanwhile, as sentences."""
    mended = " or ".join(str(one) for one in bug.span.until)
    return f"Upgrade Istio: it is mended in {mended}. {bug.fix}".rstrip() if mended else bug.fix


def _severity(bug: KnownBug, within: Within) -> Severity:
    """Of some patches only it is a suspicion."""
    return Severity.WARNING if within is Within.SOME and bug.severity is Severity.ERROR else bug.severity
