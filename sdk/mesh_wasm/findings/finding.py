"""Findings: what a rule says about a value, where it stands, and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

Path = tuple[str | int, ...]
"""Where a value stands: field names and list indexes from the root of the document."""

_PLAIN_KEY = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


class Severity(StrEnum):
    """How much a finding weighs: an error stops the component, a warning or an info does not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the heaviest, so that findings sort by weight."""
        return list(Severity).index(self)


def format_path(path: Path) -> str:
    """Write a path the way Kubernetes and Pulumi do: ``spec.match[0].mode``, ``labels["a.b/c"]``."""
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part}]"
        elif _PLAIN_KEY.match(part):
            out += f".{part}" if out else part
        else:
            out += f'["{part}"]'
    return out


@dataclass(frozen=True, slots=True)
class SetTo:
    """Write this value at the finding's path; a key that is missing there is added."""

    value: str | int | bool


@dataclass(frozen=True, slots=True)
class RenameTo:
    """Give the key at the finding's path this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Put the value at the finding's path in quotes, as it is written: ``1.10`` is no longer ``1.1`` then."""


@dataclass(frozen=True, slots=True)
class RemoveItem:
    """Take the item of a list out in which the finding's path ends."""


Mend = SetTo | RenameTo | Quote | RemoveItem
"""What a machine can do about a finding without knowing more than its rule: done, nobody's intent has changed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement of one rule about one value."""

    rule: str
    """The rule's id, e.g. ``MW301``; its page is docs/rules/<id>.md."""
    severity: Severity
    """Error, warning or info."""
    path: Path
    """Where: the path of the value in its document."""
    message: str
    """What is wrong, as a sentence. Never holds a secret's value."""
    fix: str
    """How to mend it, as a sentence."""
    cluster: str | None = None
    """The cluster it concerns, when it does not concern all of them."""
    subject: str | None = None
    """The object it concerns, when that is not the document itself, e.g. ``WasmPlugin edge/shop-acl``."""
    mend: Mend | None = None
    """The same remedy for a machine, where one is safe."""

    @property
    def is_error(self) -> bool:
        """Whether this finding stops the component."""
        return self.severity is Severity.ERROR

    @property
    def where(self) -> str:
        """The place in words: object, path and cluster, as far as they are set."""
        parts = [part for part in (self.subject, format_path(self.path)) if part]
        place = " ".join(parts)
        if self.cluster:
            place = f"{place} (cluster {self.cluster})" if place else f"cluster {self.cluster}"
        return place

    def __str__(self) -> str:
        place = self.where
        return (
            f"{place}: {self.message} {self.fix} [{self.rule}]" if place else f"{self.message} {self.fix} [{self.rule}]"
        )

    def under(self, *prefix: str | int) -> Finding:
        """The same finding, seen from a document that holds this one at ``prefix``."""
        return replace(self, path=(*prefix, *self.path))


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that stop a component."""
    return [finding for finding in findings if finding.is_error]


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings without repeats: errors first, else in the order in which they were found."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: finding.severity.rank))


def quoted(value: object, limit: int = 80) -> str:
    """A user's value for a message: quoted, one line, shortened. Never hand it a secret."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def lowered(sentence: str) -> str:
    """A title in the middle of a sentence; names in capitals stay as they are."""
    return sentence if sentence[1:2].isupper() else f"{sentence[:1].lower()}{sentence[1:]}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """Names in a sentence, not more than a few."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def counted(number: int, what: str, many: str = "") -> str:
    """``1 document``, ``2 documents``; ``many`` is the plural where it is made otherwise."""
    return f"{number} {what if number == 1 else many or f'{what}s'}"


def tallied(number: int, severity: Severity) -> str:
    """The same for findings of a severity: ``1 error``, ``2 errors``, ``2 info``."""
    return counted(number, str(severity), many="info" if severity is Severity.INFO else "")
