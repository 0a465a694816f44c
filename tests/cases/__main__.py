"""`python -m cases record`, from the folder `tests`: ask the real servers about every case and write down what they say."""

from __future__ import annotations

import sys
from typing import Any

import yaml
from mesh import parts
from mesh.cluster import Cluster
from mesh.judge import Judges, Verdict
from mesh.progress import Progress

from . import VERDICTS, load


def main() -> int:
    """Record, or say how to."""
    if sys.argv[1:] != ["record"]:
        print(__doc__, file=sys.stderr)
        return 2
    cases = load()
    with Cluster.start("recorder", progress=Progress()) as cluster, Judges(cluster) as judges:
        recorded = {
            case.id: {"server": _told(judges.server(case.manifest)), "webhook": _told(judges.webhook(case.manifest))}
            for case in cases
        }
    document = {
        "about": {
            "written by": "python -m cases record; do not edit",
            "server": "a strict dry-run create: the CRD's schema and CEL rules first, then the webhook",
            "webhook": "istiod's webhook asked directly, whatever the schema says",
            "measured with": parts.versions(),
        },
        "cases": recorded,
    }
    VERDICTS.write_text(yaml.safe_dump(document, sort_keys=False, width=118, allow_unicode=True))
    refused = sum(not entry["server"]["accepted"] for entry in recorded.values())
    print(f"{len(cases)} cases recorded: {refused} refused, {len(cases) - refused} accepted")
    return 0


def _told(verdict: Verdict) -> dict[str, Any]:
    told: dict[str, Any] = {"accepted": verdict.accepted}
    if verdict.message:
        told["message"] = verdict.message if len(verdict.message) <= 400 else f"{verdict.message[:400]}…"
    if verdict.fields:
        told["fields"] = list(verdict.fields)
    if verdict.warnings:
        told["warnings"] = list(verdict.warnings)
    return told


if __name__ == "__main__":
    sys.exit(main())
