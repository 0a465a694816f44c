"""Taking a snapshot: every kind that decides about plugins, listed in pages, several kinds side by side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import yaml

from mesh_wasm.snapshot.kinds import KINDS, NAMESPACE, OF_THE_MESH, POD, REPLICA_SET, SECRET, Kind
from mesh_wasm.snapshot.mesh_facts import control_planes, mirrors
from mesh_wasm.snapshot.shape import owner, pods_left, secret, shaped
from mesh_wasm.snapshot.snapshot import ControlPlane, Snapshot, Unread
from mesh_wasm.surroundings.leaves import at, mapping, maps, text
from mesh_wasm.values.docker_config import SECRET_TYPE

from .client import LiveError, Refused, Session

Progress = Callable[[str, int], None]
"""Told of each page: the kind as RBAC names it, and how many objects it brought."""

_AT_ONCE = 6
_METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_PULL = f"type={SECRET_TYPE}"
_OTHERS = f"type!={SECRET_TYPE},type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token"
"""Of these the API server is asked for a table: type and name come, and no value leaves it."""


async def take_snapshot(
    session: Session,
    cluster: str,
    namespaces: Iterable[str] | None = None,
    progress: Progress = lambda kind, count: None,
) -> Snapshot:
    """Read a cluster. What may not be read is named in the snapshot; raises ``LiveError`` where nothing can be.

    :param cluster: The name that the snapshot gives it.
    :param namespaces: Only these; None: all.
    """
    reader = _Reader(session, None if namespaces is None else tuple(sorted(set(namespaces))), progress)
    await reader.discover()
    await asyncio.gather(*map(reader.read, (*KINDS, *OF_THE_MESH)))
    if not reader.answered:
        raise LiveError(f"context {session.context}: it may read nothing there. docs/existing-mesh.md has the rights.")
    planes = control_planes(reader.raw["deployments.apps"], reader.raw[OF_THE_MESH[0].called])
    root = await reader.root_namespace(planes)
    return Snapshot(
        cluster,
        datetime.now(UTC).replace(microsecond=0),
        tuple(reader.kept()),
        planes,
        root,
        mirrors([*reader.raw[OF_THE_MESH[1].called], *reader.raw[OF_THE_MESH[2].called]]),
        tuple(reader.unread),
        reader.namespaces,
    )


class _Reader:
    """What has been read so far."""

    def __init__(self, session: Session, namespaces: tuple[str, ...] | None, progress: Progress) -> None:
        self.session, self.namespaces, self.progress = session, namespaces, progress
        self.raw: dict[str, list[Mapping[str, Any]]] = {kind.called: [] for kind in (*KINDS, *OF_THE_MESH)}
        self.unread: list[Unread] = []
        self.answered: set[str] = set()
        self._objects: list[dict[str, Any]] = []
        self._passing: dict[tuple[str, str, str], Any] = {}
        self._versions: dict[str, list[str]] = {}
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def discover(self) -> None:
        """Which versions of each group the server has, its own choice first."""
        try:
            groups = await self.session.get("/apis")
        except Refused:
            return
        for group in maps(groups.get("groups")):
            first = text(at(group, "preferredVersion", "version"))
            held = [text(one.get("version")) for one in maps(group.get("versions"))]
            self._versions[str(group.get("name"))] = [one for one in (first, *held) if one]

    async def read(self, kind: Kind) -> None:
        """All objects of a kind; a kind that the server does not know has none."""
        if kind.group and self._versions and kind.group not in self._versions:
            return
        async with self._gate:
            for namespace in self.namespaces if self.namespaces is not None and kind.namespaced else (None,):
                try:
                    await self._list(kind, namespace)
                    self.answered.add(kind.called)
                except Refused as error:
                    if error.status != 404:
                        reason = "forbidden" if error.status == 403 else str(error)
                        self.unread.append(Unread(kind.called, reason, namespace))

    async def _list(self, kind: Kind, namespace: str | None) -> None:
        base = self._path(kind, namespace)
        if kind is NAMESPACE and self.namespaces is not None:
            for name in self.namespaces:
                self._keep(kind, [await self.session.get(f"{base}/{name}")])
        elif kind is SECRET:
            await self._paged(kind, base, fieldSelector=_PULL)
            await self._paged(kind, base, _TABLE, fieldSelector=_OTHERS)
        else:
            await self._paged(kind, base, _METADATA if kind.metadata_only else "application/json")

    async def _paged(self, kind: Kind, base: str, accept: str = "application/json", **query: str) -> None:
        for again in (True, False):
            found: list[Mapping[str, Any]] = []
            try:
                pages: AsyncIterator[Mapping[str, Any]] = self.session.items(base, accept, **query)
                async for page in pages:
                    items = _rows(page) if accept == _TABLE else list(maps(page.get("items")))
                    found += items
                    self.progress(kind.called, len(items))
            except Refused as error:
                if error.status == 410 and again:  # the pages have expired meanwhile
                    continue
                raise
            self._keep(kind, found)
            return

    def _keep(self, kind: Kind, items: list[Mapping[str, Any]]) -> None:
        if kind in OF_THE_MESH or kind.metadata_only:
            self.raw[kind.called] += items
            return
        for item in items:
            made_by = owner(mapping(item.get("metadata")))
            if kind.kind == "Job" and made_by is not None:  # comes and goes; its pods are those of the CronJob
                place = str(at(item, "metadata", "namespace")), "Job", str(at(item, "metadata", "name"))
                self._passing[place] = made_by
                continue
            told = item.get("tableType")
            kept = secret(kind, item, str(told)) if told is not None else shaped(kind, item)
            if kept is not None:
                self._objects.append(kept)
        if kind.called == "deployments.apps":
            self.raw[kind.called] += items

    def kept(self) -> list[dict[str, Any]]:
        """The objects of the snapshot, with the pods that nothing among them has made."""
        owners: dict[tuple[str, str, str], Any] = {
            (str(at(one, "metadata", "namespace")), str(one["kind"]), str(at(one, "metadata", "name"))): None
            for one in self._objects
            if one["kind"] in _OWNERS
        }
        for one in self.raw[REPLICA_SET.called]:
            metadata = mapping(one.get("metadata"))
            if (made_by := owner(metadata)) is not None:
                owners[str(metadata.get("namespace")), "ReplicaSet", str(metadata.get("name"))] = made_by
        owners |= self._passing
        return [*self._objects, *pods_left(self.raw[POD.called], owners)]

    async def root_namespace(self, planes: tuple[ControlPlane, ...]) -> str:
        """Istio's root namespace: as the mesh configuration says, else where the control plane is."""
        home = planes[0].namespace if planes else "istio-system"
        for plane in planes:
            name = "istio" if plane.revision == "default" else f"istio-{plane.revision}"
            try:
                found = await self.session.get(f"/api/v1/namespaces/{plane.namespace}/configmaps/{name}")
            except Refused as error:
                if error.status != 404:
                    reason = "forbidden" if error.status == 403 else str(error)
                    self.unread.append(Unread(f"configmaps/{name}", reason, plane.namespace))
                continue
            try:
                config = yaml.safe_load(text(at(found, "data", "mesh")) or "")
            except yaml.YAMLError:
                continue
            root = text(mapping(config).get("rootNamespace"))
            if root:
                return root
        return home

    def _path(self, kind: Kind, namespace: str | None) -> str:
        held = self._versions.get(kind.group, [])
        version = kind.version if not held or kind.version in held else held[0]
        base = f"/apis/{kind.group}/{version}" if kind.group else f"/api/{version}"
        return f"{base}/namespaces/{namespace}/{kind.plural}" if namespace else f"{base}/{kind.plural}"


_OWNERS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Rollout")


def _rows(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The metadata of a table's rows, each with what stands in the column Type."""
    names = [text(one.get("name")) for one in maps(page.get("columnDefinitions"))]
    column = names.index("Type") if "Type" in names else None
    rows: list[Mapping[str, Any]] = []
    for row in maps(page.get("rows")):
        cells = row.get("cells")
        told = cells[column] if column is not None and isinstance(cells, list) and len(cells) > column else ""
        rows.append({**mapping(row.get("object")), "apiVersion": "v1", "tableType": told})
    return rows
