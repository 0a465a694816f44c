"""What a real Envoy said of a module with a plugin's effective configuration, as the lock file keeps it."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD
from mesh_wasm.findings.finding import Finding, Severity, counted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.modules.effective import Effective
from mesh_wasm.modules.locked import TrialVerdict
from mesh_wasm.modules.verdicts import verdict_for
from mesh_wasm.rules.subjects import TrialSubject

from ._examples import locked

_GOOD = Effective({"mode": "enforce"})
_TRIALS = (
    TrialVerdict(_GOOD.digest(), "1.40.0", True),
    TrialVerdict(Effective({"mod": "enforce"}).digest(), "1.40.0", False, "missing field `mode` at line 1 column 17"),
)

REFUSED = rule(
    "MW030",
    Severity.ERROR,
    Family.MODULE,
    "A configuration that the module refuses",
    why=(
        "The module was started with this very configuration in a real Envoy, and it did not start. In the mesh it is the "
        "same, and every request is answered with 500, whatever failStrategy says."
    ),
    fix="Write what the module asks for, and try it again: mesh-wasm lock --try.",
    source="envoy --mode validate, as mesh-wasm lock --try has seen it; compared with the live mesh",
    bad=GOOD + "  pluginConfig: {mod: enforce}\n",
    good=GOOD + "  pluginConfig: {mode: enforce}\n",
    lock=locked(verdicts=_TRIALS),
)
UNTRIED = rule(
    "MW031",
    Severity.WARNING,
    Family.MODULE,
    "A configuration that has changed since it was tried",
    why=(
        "The lock file has verdicts of a real Envoy on this module, with other configurations. Whether it starts with this "
        "one, only a trial or the mesh can say."
    ),
    fix="Try it: mesh-wasm lock --try, and commit mesh-wasm.lock.",
    source="mesh-wasm.lock",
    bad=GOOD + "  pluginConfig: {mode: audit}\n",
    good=GOOD + "  pluginConfig: {mode: enforce}\n",
    lock=locked(verdicts=_TRIALS),
)


@REFUSED.checks(TrialSubject)
def refused(subject: TrialSubject) -> Iterator[Finding]:
    """By the Envoy of the cluster's Istio, if that was tried; else by the newest that was."""
    known = verdict_for(subject.effective, subject.verdicts, subject.version, subject.key)
    if known is not None and known.verdict is not None and not known.verdict.accepted:
        words = known.verdict.says.rstrip(".") or "it gave no reason"
        yield REFUSED.at(
            "pluginConfig", says=f"the module does not start with it in Envoy {known.verdict.envoy}: {words}."
        )


@UNTRIED.checks(TrialSubject)
def untried(subject: TrialSubject) -> Iterator[Finding]:
    """The module was tried, and not with this."""
    known = verdict_for(subject.effective, subject.verdicts, subject.version, subject.key)
    if known is not None and known.verdict is None:
        tried = f"the module was tried with {counted(known.others, 'configuration')}, and this is"
        yield UNTRIED.at("pluginConfig", says=f"{tried} {'another' if known.others == 1 else 'none of them'}.")
