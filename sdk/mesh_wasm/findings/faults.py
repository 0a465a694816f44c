"""What a cluster answers at `pulumi up` that no plan could foresee, said as what it is and how to mend it.

The provider hands on the API server's own words, which name neither the cluster nor a remedy. The patterns are those of
Kubernetes 1.36 and of the Pulumi Kubernetes provider 4.3x; docs/troubleshooting.md lists them with the sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

INSTALL = "helm install istio-base istio/base --namespace istio-system --create-namespace"
"""Installs Istio's CRDs, where helm knows the chart repository of Istio as `istio`."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An object that could not be written."""

    cluster: str
    kind: str
    namespace: str
    name: str
    adopt: str = ""
    """The command that would take the existing object into the stack."""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


def explain(failed: Failed, error: str, told: set[str] | None = None) -> str | None:
    """The sentence for a failure of which the remedy is known; None for any other, whose own words have to do.

    :param told: The remedies that this run has told already, added to: a remedy is told once, the object each time.
    """
    for pattern, what, remedy in _SENTENCES:
        if match := re.search(pattern, error):
            found = match[1] if match.groups() else ""
            words = {
                "object": failed,
                "cluster": failed.cluster,
                "found": found,
                "install": INSTALL,
                "adopt": failed.adopt,
            }
            says, mend = what.format(**words), remedy.format(**words)
            known = set() if told is None else told
            if mend in known:
                return says
            known.add(mend)
            return f"{says} {mend}"
    return None


_SENTENCES = (
    (
        r'no matches for kind "(ExternalSecret)"',
        "cluster {cluster} does not know ExternalSecrets in the version that was asked for, so {object} is not created.",
        (
            "Install the External Secrets Operator in cluster {cluster}, or name the version that it serves as the "
            "external secret's api_version, and run `pulumi up` again."
        ),
    ),
    (
        r'no matches for kind "(TrafficExtension)"',
        "cluster {cluster} does not know TrafficExtensions: its Istio is older than 1.30, so {object} is not created.",
        (
            "Leave emit out for cluster {cluster} (or declare a WasmPlugin), or upgrade Istio or its CRDs there "
            "(`{install}`), and run `pulumi up` again."
        ),
    ),
    (
        r'no matches for kind "(WasmPlugin)"|apiVersion for this resource does not exist',
        "cluster {cluster} does not know WasmPlugins: Istio's CRDs are not installed there, so {object} is not created.",
        "Install Istio in cluster {cluster}, or its CRDs alone with `{install}`, and run `pulumi up` again.",
    ),
    (
        r'namespaces "([^"]+)" not found',
        "cluster {cluster} has no namespace '{found}', so {object} is not created.",
        (
            "Create it with `kubectl --context {cluster} create namespace {found}`, or declare it in the program and let "
            "the component depend on it (depends_on), and run `pulumi up` again."
        ),
    ),
    (
        r'unable to get cluster state|(?:wasmplugins|trafficextensions|secrets|externalsecrets)\S* "[^"]+" not found',
        "{object} is gone from cluster {cluster}, though this stack knows it: somebody has deleted it.",
        "Run `pulumi up --refresh`, which makes anew what is gone.",
    ),
    (
        r"in namespace (\S+) because it is being terminated",
        "namespace '{found}' of cluster {cluster} is being deleted, so {object} is not created.",
        "Wait until namespace '{found}' is gone, create it anew, and run `pulumi up` again.",
    ),
    (
        r"already exists",
        (
            "{object} exists already in cluster {cluster}, and is not the one that this stack knows by that name. "
            "If somebody else made it, adopt it: `{adopt}`."
        ),
        (
            "Where the fields of an adopted object differ, run the next `pulumi up` with "
            "PULUMI_K8S_ENABLE_PATCH_FORCE=true. To have what exists overwritten instead, give the cluster a provider with "
            "upsert_existing_objects and enable_patch_force set to true. If a component was renamed or moved: give it its "
            "old name (or parent) again and run `pulumi up`; then, in one edit, rename it and give it the resource option "
            "aliases with the old name or parent (Python: aliases=[Alias(name=...)] or Alias(parent=...)). Now that an "
            "update has failed, the alias alone does not help. Or give one of the two objects another name."
        ),
    ),
    (
        r'conflict with "([^"]+)"',
        "{found} has changed fields of {object} in cluster {cluster} that the program declares, too.",
        "To have the program's values, run `pulumi up` once with PULUMI_K8S_ENABLE_PATCH_FORCE=true.",
    ),
    (
        r"connection refused|no such host|i/o timeout|TLS handshake timeout|unreachable|connection reset",
        "cluster {cluster} cannot be reached, so {object} is not written.",
        (
            "What was done in other clusters stays; run `pulumi up` again when it is back, or with --continue-on-error to "
            "serve the other clusters meanwhile."
        ),
    ),
)
"""By what the cluster answers: what happened to the object, and how it is mended. tests/engine carries each remedy out."""
