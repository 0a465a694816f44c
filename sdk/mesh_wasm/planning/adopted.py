"""Objects that existed before the program: what takes them over says what they are called, and adds nothing to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.fleet.placement import Placement
from mesh_wasm.rules import adoption
from mesh_wasm.values.base import Model, Str


class AdoptedObject(Model):
    """An object that exists already, in one cluster and namespace: its metadata, whole."""

    name: Str
    """Its name."""
    labels: dict[str, Str] | None = None
    """Its labels: all of them, for none is added."""
    annotations: dict[str, Str] | None = None
    """Its annotations: all that the program is to keep."""


class Adoption(Model):
    """What an attachment takes over."""

    adopted: dict[str, AdoptedObject] | None = None
    """The objects by ``cluster/namespace``."""


def place_findings(
    adopted: Mapping[str, AdoptedObject], placements: Iterable[Placement], index: int
) -> Iterator[Finding]:
    """A finding for each object that is none of the target's. ``index``: the attachment's place in ``extensions``."""
    places = {f"{one.cluster.name}/{one.namespace}" for one in placements if isinstance(one.namespace, str)}
    for place in adopted:
        if place not in places:
            says = f"{quoted(place)} is no place of this target; it has {', '.join(sorted(places)) or 'none'}."
            yield adoption.NO_SUCH_PLACE.at("extensions", index, "adopted", says=says)


def supplied(pull_secrets: Sequence[object]) -> Iterator[Finding]:
    """The finding about credentials for what is left as it is."""
    if pull_secrets:
        says = "credentials are given for a plugin that is adopted."
        yield adoption.SUPPLIED.at("pullSecret", says=says)


def unranked(*path: str | int) -> Finding:
    """What is said of an adopted plugin without a priority. ``path``: where its priority would stand."""
    return adoption.NO_PRIORITY.at(*path, says="it has no priority, and none is written: it runs after all others.")
