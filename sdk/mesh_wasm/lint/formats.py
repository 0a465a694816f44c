"""The result of linting for people and for machines: text, JSON, SARIF 2.1.0, GitHub annotations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mesh_wasm._version import __version__
from mesh_wasm.findings.finding import Severity, counted, format_path, tallied
from mesh_wasm.findings.rule import CATALOGUE
from mesh_wasm.findings.schema import UNREADABLE
from mesh_wasm.fixing import Splice
from mesh_wasm.yaml.file import Located, Unreadable

from .fixes import Fixed
from .repository import Note
from .run import Result

Style = Callable[[str, Severity], str]
"""Gives a word the colour of a severity."""


def unreadable_finding(problem: Unreadable) -> Located:
    """What could not be read, as a finding."""
    return Located(UNREADABLE.at(says=problem.says, fix=problem.fix), problem.file, problem.line or 0)


def as_text(result: Result, problems: Sequence[Unreadable], style: Style, notes: Sequence[Note] = ()) -> Iterator[str]:
    """Lines for people: a finding with its remedy below it, the heaviest last, what was passed over, and the sum."""
    found = [*map(unreadable_finding, problems), *result.findings]
    for located in sorted(found, key=lambda located: -located.finding.severity.rank):
        finding = located.finding
        where = f"{finding.where}: " if finding.where else ""
        yield f"{located.place}: {style(finding.severity, finding.severity)} {finding.rule}: {where}{finding.message}"
        yield f"    {finding.fix}"
    yield from (f"{note.file}: passed over: {note.says}" for note in notes)
    tally = {severity: result.count(severity) for severity in Severity}
    tally[Severity.ERROR] += len(problems)
    counts = ", ".join(tallied(number, severity) for severity, number in tally.items())
    read = result.documents - result.skipped
    total = f"{counted(read, 'document')} read, {result.skipped} of other kinds passed over"
    failed = f"; {counted(len(problems), 'file')} could not be read" if problems else ""
    yield f"{counts} in {total}{failed}."


def fixed_lines(fixed: Fixed) -> Iterator[str]:
    """What ``--fix`` has mended, line by line, what it left and why, and the sum."""
    for file in fixed.files:
        for located in sorted(file.done, key=lambda one: one.line):
            finding = located.finding
            yield f"{located.place}: fixed {finding.rule}: {finding.where}: {finding.message}"
    for left in fixed.left:
        yield f"{left.located.place}: not fixed {left.located.finding.rule}: {left.located.finding.where} {left.why}."
    number = sum(len(file.done) for file in fixed.files)
    yield f"{counted(number, 'finding')} fixed in {counted(len(fixed.files), 'file')}."


Splices = Mapping[Located, tuple[str, Splice]]
"""By finding, the text of its file and the characters that its remedy changes."""


def as_json(
    result: Result, problems: Sequence[Unreadable], notes: Sequence[Note] = (), splices: Splices | None = None
) -> str:
    """One object: how many documents there were, how many of other kinds, what was passed over, and the findings."""
    found = [*map(unreadable_finding, problems), *result.findings]
    document = {
        "documents": result.documents,
        "skipped": result.skipped,
        "notes": [{"file": note.file, "message": note.says} for note in notes],
        "findings": [_json(located, (splices or {}).get(located)) for located in found],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _json(located: Located, splice: tuple[str, Splice] | None) -> dict[str, Any]:
    finding = located.finding
    told: dict[str, Any] = {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "file": located.file,
        "line": located.line or None,
        "document": located.document,
        "path": format_path(finding.path),
        "message": finding.message,
        "fix": finding.fix,
    }
    if finding.cluster:
        told["cluster"] = finding.cluster
    if splice is not None:
        line, column, end_line, end_column = splice[1].region(splice[0])
        told["edit"] = {
            "line": line,
            "column": column,
            "endLine": end_line,
            "endColumn": end_column,
            "text": splice[1].text,
        }
    return told


_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def as_sarif(
    result: Result, problems: Sequence[Unreadable], notes: Sequence[Note] = (), splices: Splices | None = None
) -> str:
    """A SARIF log with the rules that were broken."""
    found = [*map(unreadable_finding, problems), *result.findings]
    ids = sorted({located.finding.rule for located in found})
    rules = [_sarif_rule(id_) for id_ in ids]
    results = [_sarif_result(located, ids, (splices or {}).get(located)) for located in found]
    driver = {"name": "mesh-wasm", "version": __version__, "rules": rules}
    ran: dict[str, Any] = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    if notes:
        told = [_sarif_note(note) for note in notes]
        ran["invocations"] = [{"executionSuccessful": not problems, "toolExecutionNotifications": told}]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [ran],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _sarif_note(note: Note) -> dict[str, Any]:
    artifact = {"uri": quote(note.file.replace("\\", "/"), safe="/:")}
    where = [{"physicalLocation": {"artifactLocation": artifact}}]
    return {"level": "note", "message": {"text": note.says}, "locations": where}


def _sarif_rule(id_: str) -> dict[str, Any]:
    rule = CATALOGUE[id_]
    return {
        "id": id_,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.fix} Source: {rule.source}."},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _sarif_result(located: Located, ids: list[str], splice: tuple[str, Splice] | None) -> dict[str, Any]:
    finding = located.finding
    place = f"{finding.where}: " if finding.where else ""
    artifact = {"uri": quote(located.file.replace("\\", "/"), safe="/:")}
    where: dict[str, Any] = {"artifactLocation": artifact}
    if located.line:
        where["region"] = {"startLine": located.line}
    told: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": ids.index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{place}{finding.message} {finding.fix}"},
        "locations": [{"physicalLocation": where}],
    }
    if splice is not None:
        told["fixes"] = [_sarif_fix(artifact, finding.fix, *splice)]
    return told


def _sarif_fix(artifact: dict[str, Any], says: str, text: str, splice: Splice) -> dict[str, Any]:
    line, column, end_line, end_column = splice.region(text)
    region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    replacement = {"deletedRegion": region, "insertedContent": {"text": splice.text}}
    change = {"artifactLocation": artifact, "replacements": [replacement]}
    return {"description": {"text": says}, "artifactChanges": [change]}


_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def as_github(result: Result, problems: Sequence[Unreadable], notes: Sequence[Note] = ()) -> Iterator[str]:
    """Workflow commands that GitHub shows beside the lines of a pull request."""
    for located in (*map(unreadable_finding, problems), *result.findings):
        finding = located.finding
        title = f"{finding.rule} {CATALOGUE[finding.rule].title}"
        where = f"{finding.where}: " if finding.where else ""
        line = f",line={located.line}" if located.line else ""
        head = f"file={_property(located.file)}{line},title={_property(title)}"
        yield f"::{_COMMANDS[finding.severity]} {head}::{_data(f'{where}{finding.message} {finding.fix}')}"
    yield from (f"::notice file={_property(note.file)},title=passed over::{_data(note.says)}" for note in notes)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
