"""Targets: what extensions are attached to in TSB."""

from __future__ import annotations

from enum import StrEnum

from mesh_wasm.findings import placing
from mesh_wasm.findings.finding import Finding
from mesh_wasm.values.base import Leaf, Model, Str
from mesh_wasm.values.deferred import Deferred, known, map_value
from mesh_wasm.values.fqn import Fqn, FqnError

from .selector import WorkloadSelector


class TargetKind(StrEnum):
    """The kinds of targets; the value is the key of the kind's FQN pattern in :data:`mesh_wasm.values.fqn.PATTERNS`."""

    INGRESS_GATEWAY = "ingress gateway"
    EGRESS_GATEWAY = "egress gateway"
    TIER1_GATEWAY = "tier-1 gateway"
    GATEWAY = "gateway"
    """The unified gateway (its TSB field is ``wasmPlugins``, the others' is ``extension``)."""
    SECURITY_GROUP = "security group"
    DEFAULT_SETTING = "default security setting"
    """What an organization, tenant or workspace attaches for all that stands below it; its FQN is that of the owner."""
    SERVICE_SETTING = "service security setting"
    """What a security group attaches to one service."""
    PROFILE = "profile"
    """A Profile, wherever it is attached."""

    @property
    def is_gateway(self) -> bool:
        """Whether its pods are gateways: their traffic is CLIENT."""
        return self in _GATEWAYS

    @property
    def selects_pods(self) -> bool:
        """Whether its pods are selected by labels, in one namespace; else whole namespaces are meant."""
        return self.is_gateway or self is TargetKind.SERVICE_SETTING

    @property
    def field(self) -> str:
        """The name of the argument that holds the FQN."""
        return "gateway" if self.is_gateway else _FIELDS[self]


_GATEWAYS = frozenset(
    {TargetKind.INGRESS_GATEWAY, TargetKind.EGRESS_GATEWAY, TargetKind.TIER1_GATEWAY, TargetKind.GATEWAY}
)
_FIELDS = {
    TargetKind.SECURITY_GROUP: "group",
    TargetKind.DEFAULT_SETTING: "resource",
    TargetKind.SERVICE_SETTING: "setting",
    TargetKind.PROFILE: "profile",
}


class Target(Model):
    """One target and where it lives."""

    kind: TargetKind
    """Which kind of target."""
    fqn: Leaf[Str]
    """Fully qualified name of the gateway, security group or service setting; of a default, that of its owner."""
    workload_selector: Leaf[WorkloadSelector] | None = None
    """Gateways and services: their pods. Required there, and unknown to what means whole namespaces."""
    namespace_selector: Leaf[list[Leaf[Str]]] | None = None
    """``cluster/namespace`` entries with ``*`` and ``prefix-*``. Required for whole namespaces; narrows others."""
    replaced_in: Leaf[list[Leaf[Str]]] | None = None
    """``cluster/namespace`` entries of those among them where a lower level has a list of its own: they are left out."""

    def parsed_fqn(self) -> Fqn | None:
        """The FQN, None while it is not known or not readable."""
        text = known(self.fqn)
        try:
            return Fqn.parse(text, self.kind) if text else None
        except FqnError:
            return None

    @property
    def workspace(self) -> Fqn | None:
        """The workspace that it is of; None for what stands above workspaces, and while the FQN is not known."""
        own = self.parsed_fqn()
        return Fqn(own.pairs[:3]) if own is not None and "workspaces" in dict(own.pairs) else None

    @property
    def name(self) -> str | Deferred:
        """The last segment of the FQN."""
        name: str | Deferred = map_value(self.fqn, lambda fqn: fqn.rsplit("/", 1)[-1])
        return name


def check_fqn(value: str | Deferred | None, kind: str, *path: str | int) -> list[Finding]:
    """The finding about a text that should be the FQN of a kind of resource; none while it is not known."""
    text = known(value)
    if text is None:
        return []
    try:
        Fqn.parse(text, kind)
    except FqnError as error:
        return [placing.BAD_FQN.at(*path, says=f"{error}.")]
    return []
