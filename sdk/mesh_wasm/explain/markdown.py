"""A report as Markdown, for a comment on a pull request: changes, a table of chains, the drawing, the findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ._views import variants
from .diff import ChangeReport
from .mermaid import mermaid
from .shape import Report
from .text import change_lines, error_lines, note_lines

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#])")


def markdown(told: Report, changes: Sequence[ChangeReport] | None = None) -> str:
    """The comment; if it is asked for changes and there are none, just that and the findings."""
    return "\n".join(_lines(told, changes)) + "\n"


def _lines(told: Report, changes: Sequence[ChangeReport] | None) -> Iterator[str]:
    yield f"### Filter chains: {_plain(told['title'])}"
    errors = error_lines(told)
    if errors:
        yield ""
        yield from (f"- {_plain(line)}" for line in errors)
    if changes is not None:
        yield ""
        yield from (f"- {_plain(line)}" for line in change_lines(changes))
    if changes != []:
        yield ""
        yield "| workload | clusters | chain |"
        yield "| --- | --- | --- |"
        for one in variants(told):
            line = one.workload["line"] or "order not known yet"
            known = f" ({_plain(one.workload['known'])})" if "known" in one.workload else ""
            yield f"| {_plain(one.title)}{known} | {_plain(', '.join(one.clusters))} | {_code(line)} |"
        yield ""
        yield "<details><summary>Drawn, with Istio's own filters</summary>"
        yield ""
        yield "```mermaid"
        yield mermaid(told).rstrip("\n")
        yield "```"
        yield ""
        yield "</details>"
    notes = note_lines(told)
    if notes:
        yield ""
        yield from (f"- {_plain(line)}" for line in notes)


def _plain(text: str) -> str:
    """The text, with nothing in it that Markdown would take for markup."""
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))


def _code(text: str) -> str:
    """A code span in a cell of a table."""
    inside = text.replace("`", "'").replace("|", r"\|")
    return f"`{inside}`"
