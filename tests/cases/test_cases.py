"""The recorded verdicts of real servers against mesh-wasm: no server is needed for this."""

from __future__ import annotations

import pytest

from . import Case, load, verdicts
from .ours import disagreement

CASES = load()
RECORDED = verdicts()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_we_agree_with_the_server(case: Case) -> None:
    recorded = RECORDED[case.id]["server"]
    told = disagreement(case.manifest, recorded["accepted"], recorded.get("message", ""), recorded.get("fields", []))
    assert told is None


def test_every_case_is_recorded_and_every_record_is_a_case() -> None:
    assert [case.id for case in CASES] == list(RECORDED), "run `python -m cases record` in the folder tests"
    assert len(CASES) >= 100


def test_both_outcomes_are_well_represented() -> None:
    refused = sum(not entry["server"]["accepted"] for entry in RECORDED.values())
    assert refused >= 100
    assert len(RECORDED) - refused >= 100
    by_webhook = [name for name, entry in RECORDED.items() if "admission webhook" in entry["server"].get("message", "")]
    assert len(by_webhook) >= 5, "the schema does not say all: some cases only the webhook refuses"
