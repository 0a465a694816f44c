"""A policy for each rule: its level can be configured, and some can mend what they find.

A message is the finding's own sentence, in which no secret stands: policies are given secrets in plain text, so what the
engine marks as secret is remembered, and a sentence that would show it is replaced by the rule's own words.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, cast

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from mesh_wasm.findings import order
from mesh_wasm.findings.finding import Finding, Severity, format_path
from mesh_wasm.findings.rule import CATALOGUE, Rule
from mesh_wasm.findings.signing import ANYBODY, BAD_IDENTITY, BAD_KEY
from mesh_wasm.findings.waiving import BAD_WAIVER, EXPIRED, NOT_WAIVABLE, UNKNOWN_RULE
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.modules.locked import Lock
from mesh_wasm.modules.lockfile import LockError, read_lock
from mesh_wasm.rules.subjects import (
    ClusterPluginSubject,
    ClusterTrafficExtensionSubject,
    ExtensionSchemaSubject,
    ExtensionSubject,
    PluginSubject,
    SecretSubject,
    SurroundedSubject,
)
from mesh_wasm.values.enums import Dialect
from mesh_wasm_pulumi._telling.report import conceal

from ._judge import MODULE_SUBJECTS, SUBJECTS, Judgement, judge_extension, judge_plugin, judge_secret, rules_of
from ._remedies import REMEDIES
from ._stack import STACK_CHECKS
from ._types import EXTENSION, SECRET, kind_of
from ._wire import DecidedAtUp, plain, remember_secrets, secrets_at_hand

Judge = Callable[[Mapping[str, Any], Cluster, Lock | None], Judgement]

LEVELS = {
    Severity.ERROR: EnforcementLevel.MANDATORY,
    Severity.WARNING: EnforcementLevel.ADVISORY,
    Severity.INFO: EnforcementLevel.DISABLED,
}
"""The level of a policy where the configuration sets no other."""

_WAIVABLE: dict[str, dict[str, Any]] = {
    "waivable": {
        "type": "boolean",
        "default": True,
        "description": "Whether a waiver on the resource itself counts.",
    },
}
_CLUSTER: dict[str, dict[str, Any]] = {
    "istioVersion": {"type": "string", "description": "Istio's version in the clusters of the stack, e.g. 1.27."},
    "dialect": {"type": "string", "enum": list(map(str, Dialect)), "description": "istio (default) or asm."},
    "rootNamespace": {"type": "string", "description": "Istio's root namespace; default istio-system."},
}

_LOCK: dict[str, dict[str, Any]] = {
    "lockFile": {
        "type": "string",
        "description": "Path of mesh-wasm.lock; default: the environment variable MESH_WASM_LOCK. Without it, modules pass.",
    },
}

_ON_MODULES = frozenset(rules_of(*MODULE_SUBJECTS))
_ON_PLUGINS = {kind: frozenset(rules_of(*subjects)) | _ON_MODULES for kind, subjects in SUBJECTS.items()}
_ALONE = frozenset(CATALOGUE) - frozenset(STACK_CHECKS)
_ON_SECRETS = frozenset(rules_of(SecretSubject))
_ON_SIGNERS = frozenset({BAD_KEY.id, BAD_IDENTITY.id, ANYBODY.id})
_ON_EXTENSIONS = frozenset(rules_of(ExtensionSubject, PluginSubject, ExtensionSchemaSubject)) | _ON_SIGNERS
_ON_WAIVERS = frozenset({BAD_WAIVER.id, EXPIRED.id, NOT_WAIVABLE.id, UNKNOWN_RULE.id})


def _judge_of(type_: str) -> tuple[Judge, frozenset[str]] | None:
    kind = kind_of(type_)
    if kind is not None:
        return partial(judge_plugin, kind=kind), _ON_PLUGINS[kind]
    if type_ == SECRET:
        return judge_secret, _ON_SECRETS
    return (judge_extension, _ON_EXTENSIONS) if type_ == EXTENSION else None


class _Last:
    """The judgement of the resource that was looked at last: all policies look at one resource before the next."""

    def __init__(self) -> None:
        self._key: Any = None
        self._judgement = Judgement(())

    def of(self, judge: Judge, args: Any, cluster: Cluster, lock: str) -> Judgement:
        props = plain(args.props)
        key = (args.urn, args.resource_type, cluster, lock, props)
        if key != self._key:
            self._key, self._judgement = key, judge(props, cluster, _lock(lock))
        return self._judgement


_LAST = _Last()


def _resource_policy(rule: Rule) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        found = _judge_of(args.resource_type)
        if found is None or rule.id not in found[1] | _ON_WAIVERS:
            args.not_applicable(f"{rule.id} does not look at this type of resource.")
            return
        hidden = _hidden([args])
        config = args.get_config()
        lock = str(config.get("lockFile") or os.environ.get("MESH_WASM_LOCK", ""))
        judgement = _LAST.of(found[0], args, _cluster(config), lock if rule.id in _ON_MODULES else "")
        violations = [one for one in judgement.findings if one.rule == rule.id]
        if rule.id in judgement.waived and rule.waivable and config.get("waivable", True):
            return
        for one in dict.fromkeys(_told(violation, hidden) for violation in violations):
            report(one, None)
        if not violations and rule.id in judgement.waits:
            raise DecidedAtUp(judgement.waits[rule.id])

    return ResourceValidationPolicy(
        rule.id,
        f"{rule.title}. {rule.why}",
        validate,
        LEVELS[rule.severity],
        _config_of(rule),
        cast(Any, REMEDIES.get(rule.id)),  # the types allow coroutines only, the servicer takes plain values as well
    )


def _config_of(rule: Rule) -> PolicyConfigSchema | None:
    """What the pack's configuration may say of a rule, beside its level."""
    properties = (_WAIVABLE if rule.waivable else {}) | (_CLUSTER if _needs_cluster(rule) else {})
    if rule.id in _ON_MODULES:
        properties |= {"istioVersion": _CLUSTER["istioVersion"]} | _LOCK
    return PolicyConfigSchema(properties) if properties else None


def _needs_cluster(rule: Rule) -> bool:
    subjects = (ClusterPluginSubject, ClusterTrafficExtensionSubject, SurroundedSubject)
    return rule is order.CROSS_TIE or (rule.id in rules_of(*subjects) and rule.id not in rules_of())


@lru_cache(maxsize=8)
def _lock(path: str) -> Lock | None:
    """The lock file; one that is named and not there is no reason to let everything pass."""
    if not path:
        return None
    lock = read_lock(Path(path))
    if lock is None:
        raise LockError(f"There is no lock file {path}.")
    return lock


def _cluster(config: Mapping[str, Any]) -> Cluster:
    dialect = Dialect(config["dialect"]) if "dialect" in config else Dialect.ISTIO
    return Cluster(
        name="",
        istio_version=config.get("istioVersion"),
        dialect=dialect,
        root_namespace=config.get("rootNamespace", "istio-system"),
    )


_QUOTING = remember_secrets()


def _told(finding: Finding, hidden: Sequence[Any]) -> str:
    rule = CATALOGUE[finding.rule]
    # The engine shows the rule's title and reason above it.
    (one,) = conceal([finding], list(hidden)) if _QUOTING else [replace(finding, message="", fix=rule.fix, mend=None)]
    place, says = format_path(one.path), f"{one.message} {one.fix}".strip()
    return f"{place}: {says}" if place else says


def _hidden(resources: Sequence[Any]) -> list[Any]:
    """What no message may show: what the engine marks as secret, and the values of every Secret."""
    found = secrets_at_hand(resources)
    for one in resources:
        if one.resource_type == SECRET:
            props = plain(one.props)
            found += [props.get("data"), props.get("stringData")]
    return found


def _stack_policy(rule: Rule) -> Policy:
    check = STACK_CHECKS[rule.id]

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        hidden = _hidden(args.resources)
        config = args.get_config()
        waits = []
        for verdict in check(args.resources, _cluster(config)):
            one = verdict.of
            if rule.waivable and config.get("waivable", True) and rule.id in one.waived:
                continue
            if verdict.finding is None:
                waits.append(verdict.waits)
            else:
                report(f"{one.called}: {_told(verdict.finding, hidden)}", one.urn)
        if waits:
            raise DecidedAtUp(waits[0])

    return StackValidationPolicy(
        rule.id, f"{rule.title}. {rule.why}", validate, LEVELS[rule.severity], _config_of(rule)
    )


POLICIES: list[Policy] = [
    *(
        _resource_policy(CATALOGUE[id_])
        for id_ in sorted(
            _ALONE & (frozenset().union(*_ON_PLUGINS.values()) | _ON_SECRETS | _ON_EXTENSIONS | _ON_WAIVERS)
        )
    ),
    *(_stack_policy(CATALOGUE[id_]) for id_ in sorted(STACK_CHECKS)),
]
"""All policies; each is named after its rule."""
