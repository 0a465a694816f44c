"""Version and dialect: what the Istio of a cluster does not know yet (family MW6xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD, HEAD, URL, inventory
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.fleet.istio_version import (
    FAIL_RELOAD_SINCE,
    FETCH_FAILURE_DENIES_SINCE,
    FIELD_SINCE,
    REFERENCE_SINCE,
    text_of,
)
from mesh_wasm.values.deferred import known
from mesh_wasm.values.enums import Dialect, FailStrategy, PluginPhase

from .subjects import ClusterPluginSubject
from .walk import references_of

_REFS = HEAD + URL + "  targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: shop}]\n"

FIELD_TOO_NEW = rule(
    "MW601",
    Severity.ERROR,
    Family.VERSION,
    "A field that the cluster's Istio does not have",
    why="The API server prunes it without a word, so the plugin runs without what the field says.",
    fix="Leave the field out for this cluster, or upgrade its Istio.",
    source="istio manifests/charts/base/files/crd-all.gen.yaml, compared over the releases",
    bad=GOOD + "  failStrategy: FAIL_OPEN\n",
    good=GOOD,
    inventory=inventory("1.18"),
)
VALUE_TOO_NEW = rule(
    "MW602",
    Severity.ERROR,
    Family.VERSION,
    "A value that the cluster's Istio does not have",
    why="The API server refuses the object.",
    fix="Use another value for this cluster, or upgrade its Istio.",
    source="istio manifests/charts/base/files/crd-all.gen.yaml, compared over the releases",
    bad=GOOD + "  failStrategy: FAIL_RELOAD\n",
    good=GOOD + "  failStrategy: FAIL_CLOSE\n",
    inventory=inventory("1.26"),
    enforced=True,
)
ASM_ONLY = rule(
    "MW603",
    Severity.ERROR,
    Family.VERSION,
    "ASM_ROUTER outside Alibaba ASM",
    why="Upstream Istio does not know the phase, and the API server refuses the object.",
    fix="Use UNSPECIFIED_PHASE, or declare the cluster's dialect as asm.",
    source="aliyun/alibabacloud-servicemesh-api extensions/v1alpha1/wasm.proto; measured, tests/cases",
    bad=GOOD + "  phase: ASM_ROUTER\n",
    good=GOOD + "  phase: STATS\n",
    enforced=True,
)
NOT_IN_ASM = rule(
    "MW604",
    Severity.ERROR,
    Family.VERSION,
    "What Alibaba ASM does not know",
    why="ASM's CRD has the shape of Istio 1.22: it knows neither FAIL_RELOAD nor references but to Gateway and Service.",
    fix="Use what ASM knows, or declare the cluster's dialect as istio.",
    source="aliyun/alibabacloud-servicemesh-api, branch release-1.21.0",
    bad=GOOD + "  failStrategy: FAIL_RELOAD\n",
    good=GOOD + "  failStrategy: FAIL_CLOSE\n",
    inventory=inventory("1.22", "asm"),
)
OPENS_ON_FETCH = rule(
    "MW605",
    Severity.WARNING,
    Family.VERSION,
    "Before Istio 1.25 a failed fetch lets everything pass",
    why="Until 1.24 a module that could not be fetched became allow-all, whatever the fail strategy said.",
    fix="Upgrade Istio, or do not rely on this plugin alone for access control.",
    source="Istio 1.25.0 release note 53279",
    bad=GOOD + "  phase: AUTHZ\n",
    good=GOOD + "  phase: STATS\n",
    inventory=inventory("1.24"),
)
KIND_TOO_NEW = rule(
    "MW606",
    Severity.ERROR,
    Family.VERSION,
    "A kind of target that the cluster's Istio does not know",
    why="The API server or istiod refuses the object: ServiceEntry came with Istio 1.24, GatewayClass with 1.25.",
    fix="Use another target for this cluster, or upgrade its Istio.",
    source="istio manifests/charts/base/files/crd-all.gen.yaml, compared over the releases",
    bad=HEAD + URL + "  targetRefs: [{kind: ServiceEntry, group: networking.istio.io, name: shop}]\n",
    good=_REFS,
    inventory=inventory("1.23"),
)


@FIELD_TOO_NEW.checks(ClusterPluginSubject)
def field_too_new(subject: ClusterPluginSubject) -> Iterator[Finding]:
    """The fields by the release that introduced them."""
    version = subject.mesh.version
    if version is None:
        return
    spec = subject.spec
    present = {
        "vmConfig": spec.vm_config,
        "match": spec.match,
        "failStrategy": spec.fail_strategy,
        "type": spec.type,
        "targetRef": spec.target_ref,
        "targetRefs": spec.target_refs,
    }
    for name, value in present.items():
        if value is not None and version < FIELD_SINCE[name]:
            says = f"the field exists since Istio {text_of(FIELD_SINCE[name])}; the cluster has {text_of(version)}."
            yield FIELD_TOO_NEW.at(name, says=says)


@VALUE_TOO_NEW.checks(ClusterPluginSubject)
def value_too_new(subject: ClusterPluginSubject) -> Iterator[Finding]:
    """FAIL_RELOAD, 1.27; in an older one that has failStrategy at all."""
    version = subject.mesh.version
    if version is None or subject.mesh.dialect is not Dialect.ISTIO:
        return
    if (
        subject.spec.fail_strategy == FailStrategy.FAIL_RELOAD
        and FIELD_SINCE["failStrategy"] <= version < FAIL_RELOAD_SINCE
    ):
        says = f"FAIL_RELOAD exists since Istio 1.27; the cluster has {text_of(version)}."
        yield VALUE_TOO_NEW.at("failStrategy", says=says)


@ASM_ONLY.checks(ClusterPluginSubject)
def asm_only(subject: ClusterPluginSubject) -> Iterator[Finding]:
    """The one value that only ASM has."""
    if subject.spec.phase == PluginPhase.ASM_ROUTER and subject.mesh.dialect is not Dialect.ASM:
        yield ASM_ONLY.at("phase", says="ASM_ROUTER is known to Alibaba ASM only.")


@NOT_IN_ASM.checks(ClusterPluginSubject)
def not_in_asm(subject: ClusterPluginSubject) -> Iterator[Finding]:
    """What upstream has got since."""
    if subject.mesh.dialect is not Dialect.ASM:
        return
    if subject.spec.fail_strategy == FailStrategy.FAIL_RELOAD:
        yield NOT_IN_ASM.at("failStrategy", says="ASM does not know FAIL_RELOAD.")
    for path, reference in references_of(subject.spec):
        kind = known(reference.kind)
        if kind in REFERENCE_SINCE:
            yield NOT_IN_ASM.at(*path, "kind", says=f"ASM does not know references to {kind}.")


@OPENS_ON_FETCH.checks(ClusterPluginSubject)
def opens_on_fetch(subject: ClusterPluginSubject) -> Iterator[Finding]:
    """Security phases on old releases."""
    version = subject.mesh.version
    if version is None or version >= FETCH_FAILURE_DENIES_SINCE:
        return
    if subject.spec.phase in (PluginPhase.AUTHN, PluginPhase.AUTHZ):
        says = f"the cluster has Istio {text_of(version)}: if the module cannot be fetched, all requests pass."
        yield OPENS_ON_FETCH.at("phase", says=says)


@KIND_TOO_NEW.checks(ClusterPluginSubject)
def kind_too_new(subject: ClusterPluginSubject) -> Iterator[Finding]:
    """Kinds of targets by the release that introduced them."""
    version = subject.mesh.version
    if version is None or subject.mesh.dialect is not Dialect.ISTIO:
        return
    for path, reference in references_of(subject.spec):
        kind = known(reference.kind) or ""
        since = REFERENCE_SINCE.get(kind)
        if since is not None and version < since:
            says = f"references to {kind} exist since Istio {text_of(since)}; the cluster has {text_of(version)}."
            yield KIND_TOO_NEW.at(*path, "kind", says=says)
