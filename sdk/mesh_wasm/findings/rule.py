"""What a rule is: its words, and the one function that checks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from .finding import Finding, Mend, Path, Severity

Check = Callable[[Any], Iterable[Finding]]
F = TypeVar("F", bound=Callable[..., Iterable[Finding]])


class Family(StrEnum):
    """What kind of trouble a rule prevents; the hundreds of its id."""

    MODULE = "module"
    """MW0xx: the module that a plugin loads."""
    SCHEMA = "schema"
    """MW1xx: the shape, as the CRD and istiod's webhook enforce it."""
    SILENT = "silent trap"
    """MW2xx: accepted everywhere, and then it does nothing, or something else."""
    SECURITY = "security"
    """MW3xx: a hole, or a secret in the open."""
    BLAST = "blast radius"
    """MW4xx: it reaches more workloads than it seems to."""
    TENANCY = "tenancy and placement"
    """MW5xx: who may put what where."""
    VERSION = "version and dialect"
    """MW6xx: newer than the cluster's Istio, or of another dialect."""
    ORDER = "order"
    """MW7xx: the order of filters."""
    SECRET = "pull secret"
    """MW8xx: image pull secrets and registries."""
    WAIVER = "waiver"
    """MW9xx: waivers of findings."""
    ADOPTION = "adoption"
    """MW85x: objects that existed before the program that declares them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue; its page under docs/rules is generated from these words."""

    id: str
    severity: Severity
    family: Family
    title: str
    why: str
    """What happens in the mesh when the rule is broken."""
    fix: str
    """How to mend it, as a sentence."""
    source: str
    """Where the behaviour is documented or was measured."""
    bad: str = ""
    """A YAML document, or a Python program, that breaks the rule (and is run by the tests)."""
    good: str = ""
    """The same document, mended."""
    inventory: str = ""
    """The inventory (``--inventory``) that the examples are linted with, if they need one."""
    lock: str = ""
    """The lock file that they are linted with, if they need one."""
    enforced: bool = False
    """Whether the API server or istiod itself refuses what breaks the rule: then it can be neither waived nor lowered."""
    by_choice: bool = False
    """Whether it can be waived although its family cannot: nothing breaks, and only the user knows whether it is meant."""
    _checks: list[tuple[type, Check]] = field(default_factory=list, compare=False, repr=False)

    @property
    def waivable(self) -> bool:
        """Whether a finding can be waived, and its severity changed: not where nothing would work in spite of it."""
        in_family = self.family not in (Family.SCHEMA, Family.TENANCY, Family.WAIVER)
        return not self.enforced and (in_family or self.by_choice)

    @property
    def subjects(self) -> frozenset[type]:
        """The types of subjects that its checks look at; none where a reader or a plan reports it."""
        return frozenset(subject for subject, _ in self._checks)

    @property
    def language(self) -> str:
        """The language of the examples: ``yaml``, or ``python`` for a Pulumi program."""
        return "python" if self.bad.startswith("import ") else "yaml"

    def at(
        self,
        *path: str | int,
        says: str,
        fix: str | None = None,
        cluster: str | None = None,
        subject: str | None = None,
        severity: Severity | None = None,
        mend: Mend | None = None,
    ) -> Finding:
        """A finding of this rule at ``path``."""
        where: Path = path
        return Finding(self.id, severity or self.severity, where, says, fix or self.fix, cluster, subject, mend)

    def checks(self, subject: type) -> Callable[[F], F]:
        """Register the function that checks this rule on subjects of a type."""

        def register(function: F) -> F:
            self._checks.append((subject, function))
            CHECKS.setdefault(subject, []).append((self, function))
            return function

        return register


CATALOGUE: dict[str, Rule] = {}
"""All rules by id."""

CHECKS: dict[type, list[tuple[Rule, Check]]] = {}
"""The registered checks by the type of subject that they look at, in order of registration."""


def rule(
    id: str,
    severity: Severity,
    family: Family,
    title: str,
    *,
    why: str,
    fix: str,
    source: str,
    bad: str = "",
    good: str = "",
    inventory: str = "",
    lock: str = "",
    enforced: bool = False,
    by_choice: bool = False,
) -> Rule:
    """Declare a rule and put it into the catalogue."""
    if id in CATALOGUE:
        raise ValueError(f"rule {id} is declared twice")
    CATALOGUE[id] = Rule(id, severity, family, title, why, fix, source, bad, good, inventory, lock, enforced, by_choice)
    return CATALOGUE[id]


def run(subject: object) -> list[Finding]:
    """All findings of all rules that look at this type of subject."""
    found: list[Finding] = []
    for _, check in CHECKS.get(type(subject), ()):
        found.extend(check(subject))  # hardly any check finds anything: this is faster than passing generators on
    return found
