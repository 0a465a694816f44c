"""The Kubernetes objects of a recorded run, by cluster: wire values decoded, secrets and unknowns replaced by a mark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime.rpc import UNKNOWN, _special_secret_sig, _special_sig_key

from mesh_wasm.findings.finding import Path
from mesh_wasm.values.docker_config import SECRET_KEY
from mesh_wasm.values.marks import SECRET_MARK, UNKNOWN_MARK

from .monitor import Registered
from .run import Run


@dataclass(frozen=True, slots=True)
class PlannedObject:
    """One Kubernetes object that the program would create."""

    cluster: str
    manifest: dict[str, Any]
    """The object; in place of a secret or unknown value stands a mark."""
    urn: str
    hidden: tuple[Path, ...]
    """Where secrets stood."""
    unknown: tuple[Path, ...]
    """Where values stood that are known at `pulumi up` only."""

    @property
    def kind(self) -> str:
        """Kind of the object."""
        return str(self.manifest.get("kind", ""))

    @property
    def namespace(self) -> str:
        """Namespace of the object; empty for what has none."""
        return str(self.manifest.get("metadata", {}).get("namespace", ""))

    @property
    def name(self) -> str:
        """Name of the object."""
        return str(self.manifest.get("metadata", {}).get("name", ""))


def planned_objects(run: Run) -> list[PlannedObject]:
    """All Kubernetes objects that a run would write, by cluster, namespace, kind and name."""
    written = [one for one in run.monitor.resources.values() if _is_kubernetes(one) and not one.read]
    objects = [_object(resource, run) for resource in written]
    return sorted(objects, key=lambda o: (o.cluster, o.namespace, o.kind, o.name))


def secret_texts(run: Run) -> dict[tuple[str, str, str], str]:
    """The docker configurations of the Secrets that a run would write, laid bare, by cluster, namespace and name.

    They stay in memory: whoever asks for them may show them to a registry, and to nobody else.
    """
    found: dict[tuple[str, str, str], str] = {}
    for resource in run.monitor.resources.values():
        if _is_kubernetes(resource) and resource.inputs.get("kind") == "Secret":
            metadata, values = resource.inputs.get("metadata", {}), bare(resource.inputs.get("stringData"))
            text = values.get(SECRET_KEY) if isinstance(values, Mapping) else None
            place = (_cluster(resource, run), bare(metadata.get("namespace")), bare(metadata.get("name")))
            if isinstance(text, str) and text != UNKNOWN_MARK and all(isinstance(part, str) for part in place):
                found[place] = text
    return found


def bare(value: Any) -> Any:
    """A wire value without the wrapping of secrets, and with the mark of what is not known: to be compared, not shown."""
    if isinstance(value, Mapping):
        if value.get(_special_sig_key) == _special_secret_sig:
            return bare(value.get("value"))
        return {key: bare(item) for key, item in value.items()}
    if isinstance(value, list):
        return [bare(item) for item in value]
    return UNKNOWN_MARK if value == UNKNOWN else value


def _is_kubernetes(resource: Registered) -> bool:
    return resource.custom and resource.type.startswith("kubernetes:")


def _object(resource: Registered, run: Run) -> PlannedObject:
    hidden: list[Path] = []
    unknown: list[Path] = []
    manifest = _decode(resource.inputs, (), hidden, unknown)
    return PlannedObject(_cluster(resource, run), manifest, resource.urn, tuple(hidden), tuple(unknown))


def _cluster(resource: Registered, run: Run) -> str:
    """The cluster whose provider the resource names; the provider's own name where it belongs to no fleet."""
    provider = resource.provider.rsplit("::", 1)[0].rsplit("::", 1)[-1] if resource.provider else "(default provider)"
    return run.ledger.clusters.get(provider, provider)


def _decode(value: Any, path: Path, hidden: list[Path], unknown: list[Path]) -> Any:
    if value == UNKNOWN:
        unknown.append(path)
        return UNKNOWN_MARK
    if isinstance(value, Mapping):
        if value.get(_special_sig_key) == _special_secret_sig:
            return _conceal(value.get("value"), path, hidden)
        return {key: _decode(item, (*path, key), hidden, unknown) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [_decode(item, (*path, index), hidden, unknown) for index, item in enumerate(value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # the wire knows doubles only
    return value


def _conceal(value: Any, path: Path, hidden: list[Path]) -> Any:
    """Replace every leaf of a secret value; its shape may be seen."""
    if isinstance(value, Mapping):
        return {key: _conceal(item, (*path, key), hidden) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [_conceal(item, (*path, index), hidden) for index, item in enumerate(value)]
    hidden.append(path)
    return SECRET_MARK


def provider_problems(run: Run) -> Iterator[str]:
    """Sentences about Kubernetes resources that name no provider: they would go to the ambient kubeconfig."""
    for resource in run.monitor.resources.values():
        if _is_kubernetes(resource) and not resource.provider:
            yield f"{resource.urn} has no explicit provider: it would be written to the ambient kubeconfig."
