"""The label that pins an object to one control plane (family MW2xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD, inventory
from mesh_wasm.findings.finding import Finding, Severity, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import RevisionSubject

REV = "istio.io/rev"
_PINNED = inventory("1.27").replace("dialect: istio", "revision: 1-27-1")


def _labelled(revision: str) -> str:
    return GOOD.replace("namespace: edge", f"namespace: edge, labels: {{{REV}: {revision}}}", 1)


OTHER_REVISION = rule(
    "MW229",
    Severity.ERROR,
    Family.SILENT,
    "The label of another revision",
    why="A control plane ignores objects whose label istio.io/rev is not exactly its own revision; the name of a tag is not "
    "enough.",
    fix="Write the control plane's revision, or remove the label: objects without it are read by every control plane.",
    source="istio pilot/pkg/config/kube/crdclient (revision filter)",
    bad=_labelled("canary"),
    good=_labelled("1-27-1"),
    inventory=_PINNED,
)


@OTHER_REVISION.checks(RevisionSubject)
def other_revision(subject: RevisionSubject) -> Iterator[Finding]:
    """Compared as texts, as Istio does."""
    held = subject.labels.get(REV)
    if isinstance(held, str) and held != subject.revision:
        says = f"the label {REV} is {quoted(held)}; the control plane's revision is {quoted(subject.revision)}."
        yield OTHER_REVISION.at("metadata", "labels", REV, says=says)
