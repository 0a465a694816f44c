"""The objects, as small as the questions about them: what decides where plugins run, in which order, with which secret.

All of them are frozen and made of plain values (:func:`dataclasses.asdict` writes them). None stands for what is not
known yet, or was not readable: a broken companion must not hide what is to be said of a plugin. No secret value is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .labels import Labels

WAYPOINT_CLASS = "istio-waypoint"
"""The GatewayClass of waypoints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What all objects have."""

    name: str
    namespace: str | None = None
    """None for what has none, and where the manifest names none."""
    labels: Labels | None = field(default_factory=dict)
    """Labels of the object; None where they are not known."""
    origin: str = field(default="", compare=False)
    """Where it was read: a file, or what declares it; empty if that is not known."""

    @property
    def place(self) -> str:
        """Namespace and name, for messages."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace(Thing):
    """A namespace; its labels say whether it is injected, and which waypoint it uses."""


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a Service or ServiceEntry."""

    number: int
    """The port that callers use."""
    target: int | str | None
    """The port of the pods: a number, or the name of a container's port; None where it is not known yet."""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Thing):
    """A Service (core/v1)."""

    selector: Labels | None = field(default_factory=dict)
    """Labels of the pods behind it; empty: it selects none by itself; None where it is not known."""
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEntry(Thing):
    """A ServiceEntry (networking.istio.io)."""

    hosts: tuple[str, ...] = ()
    selector: Labels | None = field(default_factory=dict)
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """An address that a Gateway asks for."""

    type: str
    """``IPAddress``, ``Hostname`` or ``NamedAddress``."""
    value: str


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener of a Gateway, or a server of Istio's Gateway."""

    port: int
    protocol: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway(Thing):
    """A Gateway of the Gateway API."""

    class_name: str | None = None
    """Its GatewayClass; None where it is not known."""
    addresses: tuple[Address, ...] = ()
    listeners: tuple[Listener, ...] = ()

    @property
    def is_waypoint(self) -> bool:
        """Whether its proxies are waypoints, by the name of its class."""
        return self.class_name == WAYPOINT_CLASS

    @property
    def is_manual(self) -> bool:
        """Whether Istio makes no pods for it: it stands for a gateway that was deployed by hand.

        So where it has several addresses, or one that is no IP address (istio, gateway conversion: ``IsManaged``).
        """
        return len(self.addresses) > 1 or any(address.type != "IPAddress" for address in self.addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayClass(Thing):
    """A GatewayClass of the Gateway API."""

    controller: str | None = None
    """Who makes gateways of this class, e.g. ``istio.io/gateway-controller``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IstioGateway(Thing):
    """Istio's own Gateway (networking.istio.io): it configures the pods that it selects as a gateway."""

    selector: Labels | None = field(default_factory=dict)
    """Labels of the gateway's pods; empty: any."""
    listeners: tuple[Listener, ...] = ()


class Role(StrEnum):
    """What proxy runs in some pods, as far as their template tells."""

    GATEWAY = "gateway"
    WAYPOINT = "waypoint"
    SIDECAR = "sidecar"
    NONE = "no proxy"
    """The template refuses injection: no plugin ever runs there."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods(Thing):
    """The pods of one workload: a Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, a Pod, or a WorkloadEntry
    or -Group. ``labels`` are those of the pods."""

    kind: str
    role: Role = Role.UNKNOWN
    ports: Mapping[str, int] = field(default_factory=dict)
    """Ports of its containers by name; those without a name are called after their number."""
    owner: tuple[str, str] | None = None
    """Kind and name of the object that made it: a ReplicaSet and its pods are no workloads beside their Deployment."""
    own_labels: Labels | None = field(default_factory=dict)
    """Labels of the object itself, which its pods need not have."""

    @property
    def called(self) -> str:
        """Kind and place, for messages."""
        return f"{self.kind} {self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret(Thing):
    """A Secret, or what an ExternalSecret or SealedSecret becomes. Only its form, never its values."""

    made_by: str = "Secret"
    """Kind of the manifest."""
    type: str | None = None
    """Type of the Secret that comes out; None where it is not known."""
    keys: tuple[str, ...] | None = None
    """Keys that it will have; None where they are not known."""
    manifest: str = ""
    """Name of the manifest, where the Secret is called otherwise."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A target of a policy."""

    group: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Thing):
    """An AuthorizationPolicy or RequestAuthentication: a filter of Istio's own in the chain."""

    kind: str
    action: str = ""
    """Of an AuthorizationPolicy: ALLOW, DENY, AUDIT or CUSTOM."""
    selector: Labels | None = field(default_factory=dict)
    """Labels of the pods; empty: all of the namespace; None where they are not known."""
    targets: tuple[Reference, ...] = ()

    @property
    def is_custom(self) -> bool:
        """Whether it asks an external authorizer, which comes before all plugins."""
        return self.action == "CUSTOM"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficExtension(Thing):
    """A TrafficExtension: it stands in one order with WasmPlugins."""

    metadata: Mapping[str, Any]
    """Name, namespace and annotations, as in the manifest."""
    spec: Mapping[str, Any]
    """What decides its place, in the words of a WasmPlugin's spec: selector, targetRefs, phase, priority, match, type."""
