"""Which proxy is meant: a cluster, a workload, and of which of its listeners the traffic is."""

from __future__ import annotations

from dataclasses import dataclass

from mesh_wasm.chains.workload import GATEWAY_NAME, Workload, WorkloadKind

ROLES = ("gateway", "sidecar", "waypoint")
_KINDS = {
    "Gateway": WorkloadKind.GATEWAY,
    "Service": WorkloadKind.SERVICE,
    "ServiceEntry": WorkloadKind.SERVICE_ENTRY,
}
FORM = "NAMESPACE/LABEL=VALUE[,LABEL=VALUE], or NAMESPACE/Gateway/NAME, or NAMESPACE/Service/NAME"


class TrialError(Exception):
    """It cannot be tried; the message is a finished sentence, or some."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One listener of one proxy."""

    cluster: str
    workload: Workload
    role: str = ""
    """One of :data:`ROLES`; empty: as far as it can be told from the plan."""
    client: bool = False
    """Of a sidecar: whether its outbound traffic is meant; else the inbound."""
    port: int | None = None
    """The port by which plugins choose their traffic (of the pod, not of a Service); None: no plugin chooses."""


def pods(namespace: str, labels: dict[str, str]) -> Workload:
    """The workload of pods with these labels; those of a Gateway of the Gateway API are that Gateway."""
    if list(labels) == [GATEWAY_NAME]:
        return Workload(WorkloadKind.GATEWAY, namespace, name=labels[GATEWAY_NAME])
    return Workload(WorkloadKind.PODS, namespace, tuple(sorted(labels.items())))


def read_workload(text: str) -> Workload:
    """Read ``edge/app=shop-gateway`` or ``edge/Gateway/shop``. Raises :class:`TrialError`."""
    namespace, _, rest = text.partition("/")
    kind, slash, name = rest.partition("/")
    if slash and kind in _KINDS and name and namespace:
        return Workload(_KINDS[kind], namespace, name=name)
    pairs = [part.partition("=") for part in rest.split(",")] if rest else []
    if not namespace or not pairs or any(not label or not equals for label, equals, _ in pairs):
        raise TrialError(f"{text!r} names no workload: write {FORM}.")
    return pods(namespace, {label: value for label, _, value in pairs})
