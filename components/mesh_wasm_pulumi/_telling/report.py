"""Reporting findings the Pulumi way: every problem of every component in one preview, each on its own component.

An error is logged on the component; when the program fails is decided by :mod:`._refusal`. Inside the provider, for a
program in another language, the errors of a component are the answer to its Construct call instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi
from pydantic.alias_generators import to_snake

from mesh_wasm.findings import placing, schema
from mesh_wasm.findings.finding import Finding, Path, Severity, errors
from mesh_wasm.findings.rule import CATALOGUE
from mesh_wasm.planning.plan import Plan
from mesh_wasm_pulumi._values.leaves import resolve
from mesh_wasm_pulumi._values.ledger import ledger

from .hosted import refusal
from .refusal import refuse
from .settling import SEVERITIES, Settling

Check = Callable[[Any], Iterable[Finding]]


class Report:
    """The findings of one component, reported once each."""

    def __init__(
        self, component: pulumi.Resource, name: str, args: Mapping[str, Any], settling: Settling | None = None
    ) -> None:
        """``settling``: what is left to settle, where the findings come settled; default: all that the arguments say."""
        self._component = component
        self._name = ledger().name(name, type(component).__name__)
        self._args = args
        self._told: set[Finding] = set()
        self._spoken: set[Finding] = set()
        self._settling = Settling.read(args) if settling is None else settling
        ledger().components.append(component)

    def tell(self, findings: Iterable[Finding]) -> list[Finding]:
        """Log the findings that are new; return the errors among them, told or not."""
        fresh = []
        for finding in self._settling.settle(findings):
            if finding not in self._told:
                self._told.add(finding)
                fresh.append(finding)
                if self._is_known(finding):
                    continue
                self._spoken.add(finding)
                spelt = ledger().worded(replace(finding, path=spelling(finding.path, self._args)))
                ledger().findings.append((self._name, spelt))
                if not (ledger().hosted and finding.is_error):
                    _LOG[finding.severity](str(spelt), resource=self._component)
        return errors(fresh)

    def _is_known(self, finding: Finding) -> bool:
        """Whether the finding need not be told here: its cause is told on another component, and once is enough.

        The answer to a Construct call has to say why it fails, so there everything is told.
        """
        if ledger().hosted:
            return False
        if finding.rule == placing.BROKEN_EXTENSION.id:
            return True
        if not _is_shared(finding):
            return False
        known = finding in ledger().shared
        ledger().shared.add(finding)
        return known

    def errors(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those of the findings that stop the component, once waivers have been counted; none of them is told."""
        return errors(self._settling.settle(findings))

    def annotated(self, plan: Plan) -> Plan:
        """The same plan, whose objects carry the component's waivers."""
        return self._settling.annotated(plan)

    def refuse(self, problems: list[Finding]) -> pulumi.Output[Any]:
        """Fail the program after everybody has spoken."""
        told = [problem for problem in problems if problem in self._spoken]
        return refuse(self._name, len(told), self._component.urn)

    def check(self, findings: Sequence[Finding], deferred: Any, again: Check) -> tuple[bool, pulumi.Output[Any] | None]:
        """Tell what is known now, and check again once the leaves of ``deferred`` are known.

        Returns whether the component may go on, and the gate that its children have to wait for, if there is one.
        """
        if ledger().hosted:
            return self._check_hosted(findings, deferred, again)
        problems = self.tell(findings)
        book = ledger()

        def later(known: Any, secrets: list[Any]) -> Any:
            found = list(again(known))
            more = self.tell(conceal(_new(found, findings), secrets))
            self._tell_unused([*findings, *found], more)
            book.speak(self._name)
            return self.refuse(more) if more else []

        gate = resolve(deferred, later)
        if gate is not None:
            book.expect(self._name)
        else:
            self._tell_unused(findings, problems)
        if not problems:
            return True, gate
        self.refuse(problems)  # what is wrong with the deferred values is told all the same, in the same run
        return False, None

    def _tell_unused(self, findings: Sequence[Finding], problems: Sequence[Finding]) -> None:
        """Say which waivers waive nothing, once all has been found: an error may hide what they are for."""
        if not problems:
            self.tell(self._settling.unused(findings))

    def _check_hosted(
        self, findings: Sequence[Finding], deferred: Any, again: Check
    ) -> tuple[bool, pulumi.Output[Any] | None]:
        """The same inside the provider, where leaves are settled: all problems travel in one answer."""
        problems = self.tell(findings)

        def later(known: Any, secrets: list[Any]) -> Any:
            problems.extend(self.tell(conceal(_new(again(known), findings), secrets)))
            if problems:
                raise self._refusal(problems)
            return []

        gate = resolve(deferred, later)
        if gate is not None:
            ledger().awaited.append(gate)
        elif problems:
            raise self._refusal(problems)
        return not problems, gate

    def _refusal(self, problems: list[Finding]) -> Exception:
        book = ledger()
        spelt = [book.worded(replace(problem, path=spelling(problem.path, self._args))) for problem in problems]
        return refusal(self._name, spelt, self._args)


def _is_shared(finding: Finding) -> bool:
    """Whether it is about something that all components have in common: the fleet, if there is one, and the severities."""
    missing = finding.path == ("fleet",) and finding.rule == schema.REQUIRED.id
    return (finding.path[:1] == ("fleet",) and not missing) or finding.path == SEVERITIES


def _new(found: Iterable[Finding], before: Sequence[Finding]) -> list[Finding]:
    """Those that were not found before: concealed, they would not be known again."""
    told = frozenset(before)
    return [finding for finding in found if finding not in told]


def conceal(findings: Iterable[Finding], secrets: list[Any]) -> list[Finding]:
    """The findings, with the rule's title in place of every sentence that shows (the beginning of) a secret value."""
    marks = {mark for text in map(str, _texts(secrets)) for mark in (text[:_SHOWN], repr(text)[1:_SHOWN]) if mark}
    if not marks:
        return list(findings)
    # A remedy for machines may hold a value that no sentence shows, and nobody mends a program by it.
    plain = (replace(one, mend=None) if one.mend is not None else one for one in findings)
    return [_concealed(one) if any(mark in f"{one.message} {one.fix}" for mark in marks) else one for one in plain]


_SHOWN = 40  # shorter than what `quoted` leaves of a long value


def _concealed(finding: Finding) -> Finding:
    rule = CATALOGUE[finding.rule]
    return replace(finding, message=f"{rule.title} (the value is secret and not shown).", fix=rule.fix, mend=None)


def _texts(value: Any) -> Iterator[Any]:
    """The scalars inside a value; keys are names, not secrets."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield value


_LOG: dict[Severity, Callable[..., None]] = {
    Severity.ERROR: pulumi.log.error,
    Severity.WARNING: pulumi.log.warn,
    Severity.INFO: pulumi.log.info,
}


def spelling(path: Path, args: Any) -> Path:
    """The path in the spelling of the user's own arguments: snake_case in Python, and as it is from other languages."""
    if ledger().hosted:
        return path
    out: list[str | int] = []
    here = args
    for part in path:
        if isinstance(part, str) and isinstance(here, Mapping) and part not in here:
            snake = to_snake(part) if part.isidentifier() else part  # a key of the configuration is not an argument
            part = snake if snake in here or not _is_camel(here) else part
        out.append(part)
        try:
            here = {} if isinstance(here, pulumi.Output) else here[part]  # an Output takes any index, and fails later
        except (KeyError, IndexError, TypeError):
            here = {}
    return tuple(out)


def _is_camel(args: Mapping[str, Any]) -> bool:
    return any(isinstance(key, str) and key != key.lower() for key in args)
