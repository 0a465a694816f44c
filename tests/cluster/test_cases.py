"""Every case on the real servers: their verdicts are those recorded, and mesh-wasm agrees with them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from cases import load, verdicts
from cases.ours import disagreement
from mesh.judge import Judges, Verdict

pytestmark = pytest.mark.cluster

SHARED = Path(__file__).parents[3] / "shared" / "cases" / "istio-validation-cases.yaml"
"""Cases that came with the task, beside the repository; the project's own cases stand without them."""

CASES = load()
GROUPS = sorted({case.id.partition("/")[0] for case in CASES})


@pytest.mark.parametrize("group", GROUPS)
def test_the_servers_still_say_what_was_recorded(judges: Judges, figures: Counter[str], group: str) -> None:
    recorded = verdicts()
    changed = []
    for case in CASES:
        if case.id.startswith(f"{group}/"):
            figures["cases compared"] += 1
            for judge in ("server", "webhook"):
                said: Verdict = getattr(judges, judge)(case.manifest)
                before = recorded[case.id][judge]
                if (said.accepted, list(said.fields)) != (before["accepted"], before.get("fields", [])):
                    changed.append(f"{case.id}: the {judge} now says {said}; recorded is {before}")
    assert not changed, "\n".join(["run `python -m cases record` in tests, and look at the difference:", *changed])


def shared_cases() -> list[Any]:
    if not SHARED.exists():
        skip = pytest.mark.skip(reason=f"no {SHARED.parent.parent.name}/ beside the repository: own cases only")
        return [pytest.param(None, marks=skip, id="absent")]
    return [pytest.param(case, id=case["id"]) for case in yaml.safe_load(SHARED.read_text())["cases"]]


@pytest.mark.parametrize("case", shared_cases())
def test_a_shared_case(judges: Judges, figures: Counter[str], case: dict[str, Any]) -> None:
    server, webhook = judges.server(case["manifest"]), judges.webhook(case["manifest"])
    figures["cases compared"] += 1
    assert server.accepted == case["valid"], server
    by_webhook = "admission webhook" in server.message
    assert (not server.accepted and not by_webhook) == (not case["crd"]["valid"]), server
    if case["crd"]["valid"]:
        # Where the schema objects, the shared list looked at what is left of the object, and the webhook sees all.
        assert webhook.accepted == case["webhook"]["valid"], webhook
        assert case["webhook"].get("message", "") in webhook.message
    if warning := case["webhook"].get("warning"):
        assert warning in server.warnings
    told = disagreement(case["manifest"], server.accepted, server.message, list(server.fields))
    figures["disagreements"] += told is not None
    assert told is None
