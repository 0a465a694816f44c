"""Pull secrets that something else makes: of which type they come out, and where (family MW8xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD
from mesh_wasm.findings.finding import Finding, Severity, listed
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import SurroundedSubject
from mesh_wasm.surroundings.objects import Secret
from mesh_wasm.values.deferred import known
from mesh_wasm.values.docker_config import SECRET_KEY, SECRET_TYPE

from ._near import weight

_EXTERNAL = (
    "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {{name: registry, namespace: {namespace}}}\n"
    "spec:\n  secretStoreRef: {{name: vault, kind: ClusterSecretStore}}\n"
    "  target: {{name: registry{template}}}\n"
    "  data: [{{secretKey: .dockerconfigjson, remoteRef: {{key: registry}}}}]\n---\n"
)
_TYPED = f", template: {{type: {SECRET_TYPE}}}"
_PLUGIN = GOOD + "  imagePullSecret: registry\n"


def _external(template: str = _TYPED, namespace: str = "edge") -> str:
    return _EXTERNAL.format(template=template, namespace=namespace) + _PLUGIN


COMES_OUT_WRONG = rule(
    "MW820",
    Severity.ERROR,
    Family.SECRET,
    "A pull secret that comes out as another type",
    why=f"Istio takes Secrets of type {SECRET_TYPE} only, and denies the plugin for any other. An ExternalSecret or "
    "SealedSecret whose template names no type becomes an Opaque one.",
    fix=f"Write {SECRET_TYPE} as the type of its template.",
    source="istio pilot/pkg/credentials/kube; External Secrets Operator: target.template.type",
    bad=_external(template=""),
    good=_external(),
)
MADE_ELSEWHERE = rule(
    "MW821",
    Severity.ERROR,
    Family.SECRET,
    "The pull secret is not made where the plugin looks for it",
    why="A plugin's pull secret is looked up in the plugin's own namespace only; without it the plugin is denied.",
    fix="Make it in the namespace of the plugin, too.",
    source="istio pilot/pkg/model/extensions.go",
    bad=_external(namespace="infra"),
    good=_external(),
)


def _named(subject: SurroundedSubject) -> str | None:
    return known(subject.spec.image_pull_secret)


@COMES_OUT_WRONG.checks(SurroundedSubject)
def comes_out_wrong(subject: SurroundedSubject) -> Iterator[Finding]:
    """Its type, and that it holds the one key that is read."""
    name = _named(subject)
    for secret in subject.around.named(Secret, name) if name else ():
        if secret.namespace != subject.namespace:
            continue
        made = f"{secret.made_by} {secret.manifest or secret.name}"
        if secret.type not in (None, SECRET_TYPE):
            verb = "is" if secret.made_by == "Secret" else "makes a Secret"
            says = f"{made} {verb} of type {secret.type}; Istio takes {SECRET_TYPE} only."
            where = "its type" if secret.made_by == "Secret" else _TEMPLATE.get(secret.made_by, "its template")
            yield COMES_OUT_WRONG.at("imagePullSecret", says=says, fix=f"Write {SECRET_TYPE} as {where}.")
        elif secret.type is not None and secret.keys is not None and SECRET_KEY not in secret.keys:
            says = (
                f"{made} makes a Secret with the keys {listed(secret.keys) or 'none'}; Istio reads {SECRET_KEY} only."
            )
            yield COMES_OUT_WRONG.at("imagePullSecret", says=says, fix=f"Let it have the key {SECRET_KEY}.")


_TEMPLATE = {"ExternalSecret": "spec.target.template.type", "SealedSecret": "spec.template.type"}


@MADE_ELSEWHERE.checks(SurroundedSubject)
def made_elsewhere(subject: SurroundedSubject) -> Iterator[Finding]:
    """Of the same name in other namespaces only; or nowhere, where everything is known."""
    name = _named(subject)
    if not name or subject.namespace is None:
        return
    there = subject.around.named(Secret, name)
    if any(secret.namespace in (None, subject.namespace) for secret in there):
        return
    if there:
        spaces = listed(sorted(str(secret.namespace) for secret in there))
        says = f"Secret {name} is made in namespace {spaces}; Istio looks for it in {subject.namespace} only."
        yield MADE_ELSEWHERE.at("imagePullSecret", says=says, severity=weight(subject, there[0]))
    elif subject.around.is_closed:
        says = f"namespace {subject.namespace} has no Secret {name}."
        yield MADE_ELSEWHERE.at("imagePullSecret", says=says)
