"""Which waypoint serves a Service or ServiceEntry: by its own label, else by that of its namespace.

As istiod does it (serviceregistry/ambient ``fetchWaypointForTarget``): the value ``none`` opts out, and a second label names
the waypoint's namespace where it is another one.
"""

from __future__ import annotations

from dataclasses import dataclass

from .objects import Gateway, Namespace, Service, ServiceEntry, Thing
from .surroundings import Surroundings

USE_WAYPOINT = "istio.io/use-waypoint"
"""Label of a Service, ServiceEntry or Namespace: the name of its waypoint."""
USE_WAYPOINT_NAMESPACE = "istio.io/use-waypoint-namespace"
"""Label beside it: the namespace of the waypoint, where it is another one."""
WAYPOINT_FOR = "istio.io/waypoint-for"
"""Label of a waypoint's Gateway: ``service`` (the default), ``workload``, ``all`` or ``none``."""
_NONE = "none"


@dataclass(frozen=True, slots=True)
class UsedWaypoint:
    """The waypoint that a Service or ServiceEntry names."""

    name: str | None
    """None: it opts out of its namespace's."""
    namespace: str | None
    said_by: Thing
    """The object whose label says so."""

    @property
    def place(self) -> str:
        """Namespace and name, for messages."""
        return f"{self.namespace}/{self.name}" if self.namespace else str(self.name)


def used_waypoint(around: Surroundings, served: Service | ServiceEntry) -> UsedWaypoint | None:
    """The waypoint that is named for it; None where no label in sight names one."""
    home = None if served.namespace is None else next(iter(around.named(Namespace, served.namespace)), None)
    for said_by in (served, home):
        name = (said_by.labels or {}).get(USE_WAYPOINT) if said_by is not None else None
        if said_by is None or not name:
            continue
        if name == _NONE:
            return UsedWaypoint(None, None, said_by)
        where = (said_by.labels or {}).get(USE_WAYPOINT_NAMESPACE)
        return UsedWaypoint(name, where or served.namespace, said_by)
    return None


def may_use_waypoint(around: Surroundings, served: Service | ServiceEntry) -> bool:
    """Whether a label that is not known yet may name one."""
    home = [] if served.namespace is None else around.named(Namespace, served.namespace)
    return any(one.labels is None or one.labels.get(USE_WAYPOINT, "") is None for one in (served, *home))


def serves_services(waypoint: Gateway) -> bool | None:
    """Whether a waypoint takes the traffic of Services; None where its label is not known."""
    if waypoint.labels is None:
        return None
    meant = waypoint.labels.get(WAYPOINT_FOR, "service")
    return None if meant is None else meant in ("service", "all")
