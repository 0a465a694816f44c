"""Keys of YAML as kubectl sends them, against the library that kubectl reads with: no disagreement."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mesh import build
from mesh.texts import TextJudge

from mesh_wasm.yaml.file import Unreadable, documents

pytestmark = pytest.mark.cluster

WANTED = int(os.environ.get("MESH_WASM_DIFFERENTIAL", "0"))
WORDS = st.sampled_from(
    [
        *(
            "on",
            "off",
            "yes",
            "No",
            "NO",
            "y",
            "N",
            "true",
            "False",
            "null",
            "Null",
            "~",
            "tRue",
            "oN",
            "nope",
            "yes please",
        ),
        *(
            ".inf",
            "-.inf",
            "+.Inf",
            ".NaN",
            ".nan",
            "0755",
            "0o17",
            "0x1F",
            "0b101",
            "08",
            "09.5",
            "1e3",
            "1.10",
            "1.0",
        ),
        *(
            "12:30",
            "12:30:45",
            "2001-12-14",
            "1_000",
            "1__0",
            "_1",
            "+5",
            "-0",
            "-0.0",
            "1.",
            ".5",
            ".5_0",
            "1e21",
            "1E-7",
        ),
        *(
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "-9223372036854775809",
            "0.1",
            "16777217",
        ),
        *("3.4e38", "3.5e38", "1e400", "123456.5", "1234567.0", "999999.5", "0.00001", "0.0001", "1e-45", "0777", "00"),
    ]
)
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    st.integers(-(2**70), 2**70).map(str),
    st.from_regex(r"[-+]?[0-9_]{0,4}\.?[0-9_]{0,12}([eE][-+]?[0-9]{1,3})?", fullmatch=True),
    st.from_regex(r"[-+]?0[xXoObB]?[0-9a-f]{1,8}", fullmatch=True),
    st.text("0123456789.eE+-_xobnyfaltruINns~", min_size=1, max_size=8),
)
KEYS = st.one_of(WORDS, NUMBERS)


@pytest.fixture(scope="module")
def judge() -> Iterator[TextJudge]:
    with TextJudge(build.ensure("judge")["judge"], "yaml") as asked:
        yield asked


def ours(text: str) -> list[str] | None:
    """The keys of a document; None where we refuse it."""
    try:
        (document,) = documents(text, "x.yaml")
    except (Unreadable, ValueError):
        return None
    return sorted(document.value) if isinstance(document.value, dict) else None


def said(judge: TextJudge, text: str) -> list[str] | None:
    answer = judge.say(text)
    value = answer.get("value")
    return sorted(value) if "error" not in answer and isinstance(value, dict) else None


def test_keys(judge: TextJudge) -> None:
    figures: Counter[str] = Counter()

    @settings(
        max_examples=WANTED or 5000,
        derandomize=not WANTED,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(key=KEYS)
    def search(key: str) -> None:
        text = f"{key}: x\n"
        theirs = said(judge, text)
        figures["refused" if theirs is None else "changed" if theirs != [key] else "kept"] += 1
        assert ours(text) == theirs, text

    search()
    assert min(figures["changed"], figures["kept"]) > 500, figures
    assert figures["refused"], figures


@pytest.mark.parametrize("key", ['"on"', "'0755'", "!!str 1.10", "? on"])
def test_keys_in_quotes_stay_as_they_are(judge: TextJudge, key: str) -> None:
    text = f"{key}\n: x\n" if key.startswith("?") else f"{key}: x\n"
    assert ours(text) == said(judge, text)
