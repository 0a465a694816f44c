"""Asking registries: manifests and blobs, with time and size limits, and never a credential in a message.

The protocol is oras-py's (extra ``mesh-wasm[modules]``); it is imported by whoever makes a :class:`Registries`.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from mesh_wasm.modules.cache import Cache
from mesh_wasm.modules.layout import INDEXES
from mesh_wasm.values.image import DOCKER_HUB, ImageReference

from .credentials import Credentials, CredentialsError, anonymous
from .transport import Answer, Transport, TransportError, TransportSettings, Unreachable

MAX_BLOB = 1024 * 1024 * 1024
"""Bytes of one layer as it is stored; more is not downloaded."""
_MAX_MANIFEST = 4 * 1024 * 1024
_ACCEPT = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    *INDEXES,
)
_PIECE = 1024 * 1024


class RegistryError(Exception):
    """The registry does not give what was asked for; a finished sentence."""


class NotThere(RegistryError):
    """The registry knows no such thing."""


class Denied(RegistryError):
    """The registry wants other credentials."""


class Broken(RegistryError):
    """The answer breaks off; it may come whole the next time."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or index, as the registry has it."""

    digest: str
    media_type: str
    """As the registry names it; the document may say otherwise."""
    document: Mapping[str, Any]

    @property
    def is_index(self) -> bool:
        """Whether it lists manifests of several platforms."""
        return self.media_type in INDEXES


@dataclass(frozen=True, slots=True)
class Registries:
    """All registries, as one user sees them."""

    cache: Cache
    credentials: Credentials = anonymous
    settings: TransportSettings = field(default_factory=TransportSettings)
    _transports: dict[tuple[str, str], Transport] = field(default_factory=dict)
    _down: dict[str, str] = field(default_factory=dict)
    """Why registries cannot be reached: who does not answer is not waited for again and again."""

    def with_credentials(self, credentials: Credentials) -> Registries:
        """The same registries for somebody else."""
        return Registries(self.cache, credentials, self.settings, _down=self._down)

    def manifest(self, image: ImageReference, reference: str | None = None) -> Manifest:
        """The manifest of an image, or of another tag or digest of its repository. Raises :class:`RegistryError`."""
        wanted = reference or image.digest or image.tag or "latest"
        what = f"{image.registry}/{image.repository}{'@' if ':' in wanted else ':'}{wanted}"
        answer = self._get(image, f"manifests/{wanted}", {"Accept": ", ".join(_ACCEPT)}, what)
        with answer:
            raw = _whole(answer, what)
        digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        if wanted.startswith("sha256:") and digest != wanted:
            raise RegistryError(f"{what}: the registry has answered something that has not this digest.")
        try:
            document = json.loads(raw)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise RegistryError(f"{what}: the manifest is no JSON object.")
        media_type = answer.content_type or str(document.get("mediaType", ""))
        return Manifest(digest, media_type, document)

    def referrers(self, image: ImageReference, digest: str) -> list[Mapping[str, Any]]:
        """What refers to a digest: descriptors of the referrers API, else of its fallback tag; none where there is none."""
        what = f"{image.registry}/{image.repository}@{digest}"
        found: Mapping[str, Any] = {}
        try:
            with self._get(image, f"referrers/{digest}", {"Accept": INDEXES[0]}, what) as answer:
                found = json.loads(_whole(answer, what))
        except (NotThere, ValueError):
            try:
                found = self.manifest(image, digest.replace(":", "-")).document
            except NotThere:
                return []
        listed = found.get("manifests") if isinstance(found, Mapping) else None
        return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []

    def blob(self, image: ImageReference, digest: str) -> IO[bytes]:
        """A blob, opened: from the cache, else downloaded into it. Raises :class:`RegistryError`."""
        if not digest.startswith("sha256:") or len(digest) != 71:
            raise RegistryError(f"{image}: the manifest names a blob {digest[:80]!r}, which is no sha256 digest.")
        held = self.cache.blob(digest)
        return (held or self._download(image, digest)).open("rb")

    def _download(self, image: ImageReference, digest: str) -> Path:
        what = f"{image.registry}/{image.repository}: blob {digest}"
        pause, place = self.settings.pause, self.cache.place(digest)
        for left in reversed(range(self.settings.attempts)):
            with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
                beside = Path(scratch) / "blob"
                try:
                    found = self._stream(image, digest, what, beside)
                except Broken:
                    if not left:
                        raise
                    time.sleep(pause)
                    pause *= 2
                    continue
                if found != digest:
                    raise RegistryError(f"{what}: what the registry has answered has not this digest.")
                return beside.replace(place)  # at once, also where another run does the same
        raise AssertionError("there is at least one attempt")

    def _stream(self, image: ImageReference, digest: str, what: str, into: Path) -> str:
        """Write a blob into a file as it comes; the digest of what came."""
        found, size = hashlib.sha256(), 0
        with self._get(image, f"blobs/{digest}", {}, what) as answer, into.open("wb") as file:
            while piece := _piece(answer, what):
                size += len(piece)
                if size > MAX_BLOB:
                    raise RegistryError(f"{what} is larger than 1 GiB.")
                found.update(piece)
                file.write(piece)
        return f"sha256:{found.hexdigest()}"

    def _get(self, image: ImageReference, path: str, headers: dict[str, str], what: str) -> Answer:
        """Ask for something of a repository."""
        if image.registry in self._down:
            raise RegistryError(f"{what}: {self._down[image.registry]}.")
        transport = self._transport(image)
        try:
            answer = transport.get(f"/v2/{image.repository}/{path}", headers)
        except TransportError as error:
            if isinstance(error, Unreachable):
                self._down[image.registry] = str(error)
            raise RegistryError(f"{what}: {error}.") from None
        status = answer.status
        if status == 200:
            return answer
        answer.close()
        if status == 404:
            raise NotThere(f"{what}: the registry has no such image, tag or digest.")
        if status in (401, 403):
            how = (
                "with the credentials that were found"
                if transport.has_login
                else "and no credentials were found for it"
            )
            raise Denied(f"{what}: the registry denies access (status {status}) {how}.")
        raise RegistryError(f"{what}: the registry answers with status {status}.")

    def _transport(self, image: ImageReference) -> Transport:
        """One for each repository: a token is good for one."""
        key = (image.registry, image.repository)
        if key not in self._transports:
            host = "registry-1.docker.io" if image.registry == DOCKER_HUB else image.registry
            try:
                login = self.credentials(image.registry)
            except CredentialsError as error:
                raise RegistryError(f"{image}: {error}") from None
            self._transports[key] = Transport(host, login, self.settings)
        return self._transports[key]


def _piece(answer: Answer, what: str) -> bytes:
    try:
        return answer.read(_PIECE)
    except TransportError as error:
        raise Broken(f"{what}: {error}.") from None


def _whole(answer: Answer, what: str) -> bytes:
    """All of a small answer."""
    whole = b""
    while piece := _piece(answer, what):
        whole += piece
        if len(whole) > _MAX_MANIFEST:
            raise RegistryError(f"{what}: the manifest is larger than 4 MiB.")
    return whole
