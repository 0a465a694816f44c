"""What a real Envoy said of the plugins, as far as the lock file has it."""

from __future__ import annotations

from mesh_wasm.chains.member import Member
from mesh_wasm.findings.finding import counted
from mesh_wasm.modules.effective import effective_of
from mesh_wasm.modules.locked import Lock
from mesh_wasm.modules.verdicts import verdict_for
from mesh_wasm.sources.source import Source

from .shape import VerdictReport

TRIED, REFUSED, NOT_TRIED = "tried", "refused", "not tried"


def verdict_report(source: Source, member: Member, lock: Lock) -> VerdictReport | None:
    """The verdict on a plugin; None for a script, of which there is none."""
    if member.is_script:
        return None
    spec = source.bare_spec(member)
    effective, entry = effective_of(spec), lock.known(spec.get("url"), spec.get("sha256"))
    if entry is None:
        return {"status": NOT_TRIED, "says": "Its module is not in the lock file."}
    if effective is None:
        return {"status": NOT_TRIED, "says": "A part of its configuration is known at deployment only."}
    known = verdict_for(effective, entry.verdicts, member.istio, lock.key)
    if known is None:
        return {"status": NOT_TRIED, "says": "Its module was never started: mesh-wasm lock --try."}
    if known.verdict is None:
        tried = counted(known.others, "other configuration")
        return {"status": NOT_TRIED, "says": f"Its configuration has changed; the module was tried with {tried}."}
    envoy = f"Envoy {known.verdict.envoy}"
    if known.verdict.accepted:
        return {"status": TRIED, "says": f"It starts with this configuration in {envoy}."}
    return {"status": REFUSED, "says": f"It does not start with this configuration in {envoy}: {known.verdict.says}."}
