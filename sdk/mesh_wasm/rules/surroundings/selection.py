"""Which workloads a selector takes: none, only such that run no plugin, or other ones than it seems (family MW4xx)."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from itertools import islice

from mesh_wasm.findings.examples import GOOD, HEAD, URL
from mesh_wasm.findings.finding import Finding, Severity, counted, listed
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import SurroundedSubject, Workload
from mesh_wasm.surroundings.labels import carries
from mesh_wasm.surroundings.objects import Pods, Role

from ._near import by_world
from .reach import role_of

_DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: edge}}\n"
    "spec:\n  selector: {{matchLabels: {{{labels}}}}}\n"
    "  template:\n    metadata: {{labels: {{{labels}}}{notes}}}\n"
    "    spec: {{containers: [{{name: main, image: registry.example.com/main:1}}]}}\n---\n"
)


def deployment(name: str, labels: str, notes: str = "") -> str:
    """A Deployment for the examples."""
    return _DEPLOYMENT.format(name=name, labels=labels, notes=notes)


_GATEWAY = deployment(
    "shop-gateway", "app: shop-gateway, tier: shop", ", annotations: {inject.istio.io/templates: gateway}"
)
_BY_TIER = HEAD + URL + "  selector: {matchLabels: {tier: shop}}\n"

NO_WORKLOAD = rule(
    "MW406",
    Severity.WARNING,
    Family.BLAST,
    "A selector that takes no workload",
    why="A selector takes pods that carry all of its labels; the labels of a Deployment itself, or of a Service, do not "
    "count. One that takes none does nothing, and nothing says so.",
    fix="Use labels of the pods' template.",
    source="Istio WasmPlugin.selector",
    bad=deployment("shop-gateway", "app.kubernetes.io/name: shop-gateway") + GOOD,
    good=deployment("shop-gateway", "app: shop-gateway") + GOOD,
)
MIXED = rule(
    "MW407",
    Severity.WARNING,
    Family.BLAST,
    "A selector that takes gateways and other workloads",
    why="A gateway and a sidecar see other traffic: on a gateway all of it is CLIENT, on a sidecar what comes in is SERVER.",
    fix="Use labels that only one of the two has.",
    source="Istio TrafficSelector.mode",
    bad=_GATEWAY + deployment("cart", "app: cart, tier: shop") + _BY_TIER,
    good=_GATEWAY + deployment("cart", "app: cart, tier: shop") + GOOD,
)
SEVERAL = rule(
    "MW408",
    Severity.INFO,
    Family.BLAST,
    "A selector that takes several workloads",
    why="Every workload whose pods carry the labels runs the plugin, whatever it is called.",
    fix="Add a label that only the meant workloads have, if these are too many.",
    source="Istio WasmPlugin.selector",
    bad=deployment("cart", "app: cart, tier: shop") + deployment("pay", "app: pay, tier: shop") + _BY_TIER,
    good=deployment("cart", "app: cart, tier: shop") + _BY_TIER,
)
NO_PROXY = rule(
    "MW409",
    Severity.WARNING,
    Family.BLAST,
    "A selector that takes workloads without a proxy only",
    why="The pods refuse the sidecar (sidecar.istio.io/inject: false), and a plugin runs in a proxy.",
    fix="Let the sidecar be injected, or aim at the waypoint that serves these pods.",
    source="Istio: sidecar injection",
    bad=deployment("shop-gateway", 'app: shop-gateway, sidecar.istio.io/inject: "false"') + GOOD,
    good=deployment("shop-gateway", "app: shop-gateway") + GOOD,
)

_MOST = 200
"""Workloads of a namespace that are looked at for the one that was meant."""
_APP = ("app.kubernetes.io/name", "app", "k8s-app")


def _pairs(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))


@NO_WORKLOAD.checks(SurroundedSubject)
def no_workload(subject: SurroundedSubject) -> Iterator[Finding]:
    """Certain where everything is known. Else only if workloads are in sight, and best if one of them was meant."""
    labels, selected = subject.reach.labels, subject.reach.selected
    if not labels or selected is None or not selected.is_none:
        return
    in_root = subject.namespace == subject.mesh.root_namespace
    where = "of the cluster" if in_root or subject.namespace is None else f"of namespace {subject.namespace}"
    meant = _meant(subject, labels)
    closed = subject.around.is_closed
    if not closed and not selected.others:
        return
    if meant is not None:
        hint, severity = meant, by_world(subject)
    elif closed:
        hint, severity = "", Severity.ERROR
    elif subject.reach.workload is Workload.UNKNOWN and not in_root:
        beside = any(pods.origin == subject.origin for pods in subject.around.pods.within(subject.namespace))
        hint = "" if beside else " It may be elsewhere."
        severity = Severity.WARNING if beside and subject.origin else Severity.INFO
    else:
        return  # gateways are often installed by other means
    if selected.others == 1:
        among = f"the one workload {where} that is known here does not carry"
    elif selected.others:
        among = f"none of the {selected.others} workloads {where} that are known here carries"
    else:
        among = f"no workload {where} carries"
    says = f"the selector selects no workload: {among} {_pairs(labels)}.{hint}"
    yield NO_WORKLOAD.at("selector", "matchLabels", says=says, severity=severity)


def _meant(subject: SurroundedSubject, labels: Mapping[str, str]) -> str | None:
    """The workload that was very likely meant, as a sentence."""
    everywhere = subject.namespace == subject.mesh.root_namespace
    held = iter(subject.around.pods) if everywhere else iter(subject.around.pods.within(subject.namespace))
    for pods in islice(held, _MOST):
        if pods.own_labels and carries(pods.own_labels, labels):
            return f" {pods.called} itself carries {_pairs(labels)}, but its pods do not."
        near = _near(pods, labels)
        if near:
            return f" {pods.called} has pods with {near}."
    return None


def _near(pods: Pods, labels: Mapping[str, str]) -> str:
    """The label of some pods that is nearly the one that is asked for; empty where none is."""
    carried = {key: value for key, value in (pods.labels or {}).items() if value is not None}
    wrong = [(key, value) for key, value in labels.items() if carried.get(key) != value]
    if len(wrong) > 1 or (len(labels) > 1 and len(wrong) < len(labels) and wrong[0][0] in carried):
        key = next((key for key, _ in wrong if key in carried), "")
        return f"{key}={carried[key]}" if key and len(wrong) == 1 else ""
    key, value = wrong[0]
    for other, held in carried.items():
        if other != key and held == value:
            return f"{other}={held}"
    held = carried.get(key, "")
    if held and difflib.SequenceMatcher(None, held, value).ratio() > 0.75:
        return f"{key}={held}"
    return _pairs(carried) if pods.name == value and carried else ""


def _roles(subject: SurroundedSubject) -> dict[Role, list[Pods]]:
    found: dict[Role, list[Pods]] = {}
    for pods in subject.reach.selected.sure if subject.reach.selected is not None else ():
        found.setdefault(role_of(pods, subject.around), []).append(pods)
    return found


@MIXED.checks(SurroundedSubject)
def mixed(subject: SurroundedSubject) -> Iterator[Finding]:
    """Gateways by their template or by a Gateway that selects them, and at least one that is surely none."""
    roles = _roles(subject)
    gateways = roles.get(Role.GATEWAY, [])
    others = [pods for role in (Role.SIDECAR, Role.UNKNOWN) for pods in roles.get(role, ())]
    if subject.reach.labels and gateways and others:
        says = (
            f"the selector takes {counted(len(gateways), 'gateway')} ({_names(gateways)}) and "
            f"{counted(len(others), 'other workload')} ({_names(others)})."
        )
        yield MIXED.at("selector", "matchLabels", says=says)


@SEVERAL.checks(SurroundedSubject)
def several(subject: SurroundedSubject) -> Iterator[Finding]:
    """Of different applications: versions of one are very likely meant together."""
    selected = subject.reach.selected
    if not subject.reach.labels or selected is None or len({_app(pods) for pods in selected.sure}) < 2:
        return
    if next(mixed(subject), None) is None:
        says = f"the selector takes {counted(len(selected.sure), 'workload')}: {_names(selected.sure)}."
        yield SEVERAL.at("selector", "matchLabels", says=says)


@NO_PROXY.checks(SurroundedSubject)
def no_proxy(subject: SurroundedSubject) -> Iterator[Finding]:
    """All of them refuse it."""
    roles = _roles(subject)
    selected = subject.reach.selected
    if set(roles) == {Role.NONE} and subject.reach.labels and selected is not None and not selected.perhaps:
        says = f"{_names(roles[Role.NONE])} {'refuses' if len(roles[Role.NONE]) == 1 else 'refuse'} the sidecar."
        yield NO_PROXY.at("selector", "matchLabels", says=says, severity=by_world(subject))


def _app(pods: Pods) -> str:
    return next((value for key in _APP if (value := (pods.labels or {}).get(key))), pods.name)


def _names(several: list[Pods] | tuple[Pods, ...]) -> str:
    """Names, each with its kind; with their namespaces where these are several."""
    spaces = {pods.namespace for pods in several}
    return listed([pods.called if len(spaces) > 1 else f"{pods.kind} {pods.name}" for pods in several], most=6)
