"""Waivers: findings that are accepted for a while, with a reason (family MW9xx).

:mod:`mesh_wasm.rules.waivers` reads waivers and reports these.
"""

from __future__ import annotations

from .examples import HEAD, URL
from .finding import Severity
from .rule import Family, rule


def _with(waiver: str) -> str:
    place = "namespace: edge"
    return HEAD.replace(place, f'{place}, annotations: {{mesh-wasm/waive: "{waiver}"}}') + URL


_GOOD = _with("MW403 until 2999-12-31: the whole namespace is meant")

BAD_WAIVER = rule(
    "MW901",
    Severity.ERROR,
    Family.WAIVER,
    "Not a waiver",
    why="A waiver that cannot be read waives nothing, and its author believes it does.",
    fix="Write one line for each: MW403 until 2027-01-31: why it is accepted.",
    source="mesh-wasm",
    bad=_with("MW403 until next year"),
    good=_GOOD,
)
EXPIRED = rule(
    "MW902",
    Severity.ERROR,
    Family.WAIVER,
    "An expired waiver",
    why="Its end date was set so that somebody looks again.",
    fix="Mend what it waives and remove it, or decide anew and set another date.",
    source="mesh-wasm",
    bad=_with("MW403 until 2024-01-31: until the migration is over"),
    good=_GOOD,
)
EXPIRED_NOTE = rule(
    "MW906",
    Severity.INFO,
    Family.WAIVER,
    "An expired waiver of a note",
    why="What it waives is a note, which stops nothing with or without a waiver.",
    fix="Remove the waiver.",
    source="mesh-wasm",
    bad=_with("MW702 until 2024-01-31: until the migration is over"),
    good=HEAD + URL,
)
UNKNOWN_RULE = rule(
    "MW904",
    Severity.ERROR,
    Family.WAIVER,
    "A waiver of a rule that does not exist",
    why="It waives nothing, and its author believes it does.",
    fix="Write the id as the finding shows it, at its end: [MW403].",
    source="mesh-wasm",
    bad=_with("MW43 until 2999-12-31: the whole namespace is meant"),
    good=_GOOD,
)
UNUSED = rule(
    "MW905",
    Severity.INFO,
    Family.WAIVER,
    "A waiver that waives nothing",
    why="What it waived has been mended, or never was there; left alone it will hide the next one.",
    fix="Remove the waiver.",
    source="mesh-wasm",
    bad=_with("MW201 until 2999-12-31: it works for us"),
    good=HEAD + URL,
)
NOT_WAIVABLE = rule(
    "MW903",
    Severity.ERROR,
    Family.WAIVER,
    "A waiver for what cannot be waived",
    why="The API server refuses the object, or nothing could be written, whatever the waiver says.",
    fix="Mend the problem, and remove the waiver.",
    source="mesh-wasm",
    bad=_with("MW104 until 2999-12-31: we like lower case"),
    good=_GOOD,
)
