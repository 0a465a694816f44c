"""Settling what findings weigh: severities set otherwise, and findings waived in place.

A waiver is one line of text, the same on all fronts::

    MW403 until 2027-01-31: the whole namespace is meant

It stands in the annotation ``mesh-wasm/waive`` of an object (one waiver a line), or in the argument ``waivers`` of a
component (one waiver an item). It holds through its last day, in UTC. A waived finding is told as info.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mesh_wasm.findings import placing, schema, waiving
from mesh_wasm.findings.finding import Finding, Path, Severity, lowered, ordered, quoted
from mesh_wasm.findings.rule import CATALOGUE
from mesh_wasm.findings.suggestions import did_you_mean, nearest, suggestion
from mesh_wasm.values.deferred import Deferred

from . import checks

ANNOTATION = "mesh-wasm/waive"
"""The annotation that holds the waivers of an object."""

OFF = "off"
"""The level of a rule whose findings are not told at all."""

_WAIVER = re.compile(r"(?P<rule>\S+)\s+until\s+(?P<until>\d{4}-\d{2}-\d{2})\s*:\s*(?P<reason>\S.*)", re.DOTALL)

assert checks.FAMILIES  # importing it fills the catalogue


class LevelError(ValueError):
    """A severity cannot be set so; the text is a finished sentence."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One rule, waived for one object."""

    rule: str
    until: datetime.date
    """The last day on which it holds."""
    reason: str
    path: Path = field(default=(), compare=False)
    """Where it stands."""

    def __str__(self) -> str:
        return f"{self.rule} until {self.until}: {self.reason}"


_LINE = 'Write ["MW403 until 2027-01-31: why it is accepted"].'


def read_waivers(
    value: Any, *path: str | int, today: datetime.date | None = None
) -> tuple[list[Waiver], list[Finding]]:
    """The waivers of an annotation (a text) or an argument (a list of texts) at ``path``, and what is wrong with them."""
    if value is None:
        return [], []
    if isinstance(value, Deferred):
        return [], [placing.UNDECIDED.at(*path, says="a waiver decides whether the component stops.")]
    lines: list[tuple[Path, Any]]
    if isinstance(value, str):
        lines = [(path, line) for line in value.splitlines() if line.strip()]
    elif isinstance(value, list | tuple):
        lines = [((*path, index), line) for index, line in enumerate(value)]
    else:
        return [], [schema.WRONG_TYPE.at(*path, says="expected a list of texts, one for each waiver.", fix=_LINE)]
    waivers, findings = [], []
    for where, line in lines:
        waiver, found = _read(line, where, today or datetime.datetime.now(datetime.UTC).date())
        waivers += [waiver] if waiver is not None else []
        findings += found
    return waivers, findings


def unused(waivers: Iterable[Waiver], findings: Iterable[Finding], subjects: Container[type]) -> Iterator[Finding]:
    """A note for each waiver that waives nothing, as far as that can be known: of rules that look at one object alone.

    :param findings: What has been found, before or after it was settled.
    :param subjects: The types of subjects that have been looked at.
    """
    found = {finding.rule for finding in findings}
    for waiver in waivers:
        rule = CATALOGUE[waiver.rule]
        if waiver.rule not in found and rule.subjects and all(subject in subjects for subject in rule.subjects):
            says = f"the waiver of {rule.id} ({lowered(rule.title)}) waives nothing: nothing of the kind is found here."
            yield waiving.UNUSED.at(*waiver.path, says=says)


def _read(line: Any, path: Path, today: datetime.date) -> tuple[Waiver | None, list[Finding]]:
    match = _WAIVER.fullmatch(line.strip()) if isinstance(line, str) else None
    try:
        until = datetime.date.fromisoformat(match["until"]) if match else None
    except ValueError:
        until = None
    if match is None or until is None:
        return None, [waiving.BAD_WAIVER.at(*path, says="it does not read '<rule> until <date>: <reason>'.")]
    waiver = Waiver(match["rule"], until, " ".join(match["reason"].split()), path)
    rule = CATALOGUE.get(waiver.rule)
    if rule is None:
        says = f"there is no rule {quoted(waiver.rule)}; {_near(waiver.rule)}"
        return None, [waiving.UNKNOWN_RULE.at(*path, says=says)]
    if not rule.waivable:
        says = f"{rule.id} ({lowered(rule.title)}) cannot be waived."
        return None, [waiving.NOT_WAIVABLE.at(*path, says=says)]
    if until < today:
        says = f"the waiver of {rule.id} ended on {until}: {waiver.reason}"
        ended = waiving.EXPIRED_NOTE if rule.severity is Severity.INFO else waiving.EXPIRED
        return None, [ended.at(*path, says=f"{says.rstrip('.')}.")]
    return waiver, []


@dataclass(frozen=True, slots=True)
class Levels:
    """Severities that were set otherwise, by rule."""

    by_rule: Mapping[str, Severity | str] = field(default_factory=dict)
    """A severity, or :data:`OFF`."""

    @classmethod
    def read(cls, levels: Mapping[str, Any] | Iterable[str]) -> Levels:
        """Read ``{"MW303": "error"}`` or ``["MW303=error"]``. Raises :class:`LevelError`, which says all that is wrong."""
        if isinstance(levels, Mapping):
            pairs = [(str(rule), str(level)) for rule, level in levels.items()]
        else:
            pairs = [(rule, level) for rule, _, level in (text.partition("=") for text in levels)]
        wrong = [trouble for rule, level in pairs if (trouble := _trouble(rule, level))]
        if wrong:
            raise LevelError(" ".join(wrong))
        return cls({rule: OFF if level == OFF else Severity(level) for rule, level in pairs})

    def apply(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings with their severities; those that are off are left out."""
        for finding in findings:
            level = self.by_rule.get(finding.rule, finding.severity)
            if level != OFF:
                yield finding if level == finding.severity else replace(finding, severity=Severity(level))


def _trouble(rule: str, level: str) -> str:
    """Why a severity cannot be set so, as a sentence; empty where it can."""
    if rule not in CATALOGUE:
        return f"There is no rule {quoted(rule)}, so its severity cannot be set; {_near(rule)}"
    if level not in (*Severity, OFF):
        guess = did_you_mean(suggestion(level, [*Severity, OFF]), "")
        return f"{quoted(level)} is no severity for {rule}{guess} Use error, warning, info or off."
    if not CATALOGUE[rule].waivable and level != CATALOGUE[rule].severity:
        return f"The severity of {rule} cannot be changed: what breaks it does not work in any mesh."
    return ""


def _near(rule: str) -> str:
    """Which rules may be meant by an id that no rule has."""
    ids = nearest(rule, CATALOGUE)[:3]
    told = " or ".join(f"{id_} ({lowered(CATALOGUE[id_].title)})" for id_ in ids)
    return f"did you mean {told}?" if told else "docs/rules/README.md lists them all."


def settle(
    findings: Iterable[Finding], waivers: Sequence[Waiver] = (), levels: Levels | None = None
) -> tuple[Finding, ...]:
    """The findings as they weigh in the end: severities first, then waivers."""
    by_rule = {waiver.rule: waiver for waiver in waivers}
    settled = []
    for finding in levels.apply(findings) if levels else findings:
        waiver = by_rule.get(finding.rule)
        if waiver is not None and finding.severity is not Severity.INFO:
            finding = replace(
                finding, severity=Severity.INFO, fix=f"Waived until {waiver.until}: {waiver.reason.rstrip('.')}."
            )
        settled.append(finding)
    return ordered(settled)
