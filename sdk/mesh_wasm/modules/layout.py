"""Which images Istio's fetcher takes apart, and how: decided here as pilot-agent decides it.

Source: istio pkg/wasm/imagefetcher.go and go-containerregistry pkg/v1/remote; the verdicts are compared with
those of a real pilot-agent for every form that is known (tests/live/test_live_layouts.py).
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, Any

from .binary import MAGIC

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
WASM_LAYER = "application/vnd.module.wasm.content.layer.v1+wasm"
HIGRESS_SPEC_LAYER = "application/vnd.module.wasm.spec.v1+yaml"
SOLO_CONFIG_LAYER = "application/vnd.module.wasm.config.v1+json"

PLATFORM = "linux/amd64"
"""What the fetcher picks of an index, whatever machine the proxy runs on."""

MAX_MODULE = 256 * 1024 * 1024
"""Bytes; Istio reads no further (ISTIO_WASM_MAX_BINARY_SIZE_BYTES)."""

FILE = "plugin.wasm"
SCHEMA_FILE, RUNTIME_FILE = "config.schema.json", "runtime-config.json"
_BESIDE = (SCHEMA_FILE, RUNTIME_FILE)
_MAX_BESIDE = _PIECE = 1024 * 1024

Fetch = Callable[[str], IO[bytes]]
"""Opens the blob of a digest."""


class Layout(StrEnum):
    """How the module lies in the image."""

    DOCKER = "docker"
    """A Docker image whose last layer, a gzipped tar, holds ``plugin.wasm``."""
    COMPAT = "compat"
    """The same as an OCI image: the "compat" variant of the Wasm image specification."""
    ARTIFACT = "artifact"
    """Two layers, one of which is the module itself: the "oci" variant."""


class LayoutError(ValueError):
    """Istio's fetcher refuses the image; the text says why, as a sentence without its full stop."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The module of an image, and what lies beside it."""

    layout: Layout
    module: bytes
    """At most :data:`MAX_MODULE` bytes."""
    cut: bool = False
    """Whether the module goes on beyond that: the fetcher takes it all the same, and Envoy gets half a module."""
    beside: Mapping[str, bytes] = field(default_factory=dict)
    """Files of the same tar that say more of the module, by name."""


def choose_platform(index: Mapping[str, Any]) -> str:
    """The digest of the manifest that the fetcher picks of an index. Raises :class:`LayoutError`.

    An entry that names no platform counts as linux/amd64, as go-containerregistry has it.
    """
    platforms = []
    for entry in _mappings(index.get("manifests")):
        platform = entry.get("platform")
        told = f"{platform.get('os')}/{platform.get('architecture')}" if isinstance(platform, Mapping) else PLATFORM
        if told == PLATFORM and isinstance(entry.get("digest"), str):
            return str(entry["digest"])
        platforms.append(told)
    has = ", ".join(dict.fromkeys(platforms)) or "nothing"
    raise LayoutError(f"the image is an index without {PLATFORM}, which Istio fetches everywhere; it has {has}")


def unpack(manifest: Mapping[str, Any], fetch: Fetch) -> Unpacked:
    """Take the module out of an image. Raises :class:`LayoutError`; ``fetch`` may raise what it likes."""
    layers = _mappings(manifest.get("layers"))
    if manifest.get("mediaType") == DOCKER_MANIFEST:
        return _from_tar(Layout.DOCKER, layers, DOCKER_LAYER, fetch)
    try:
        return _from_tar(Layout.COMPAT, layers, OCI_LAYER, fetch)
    except LayoutError as error:
        if len(layers) != 2:
            raise LayoutError(f"{error}; nor has it the two layers of a Wasm artifact, but {len(layers)}") from None
        raw = next((layer for layer in layers if _media_type(layer) == WASM_LAYER), None)
        if raw is None:
            raise LayoutError(f"{error}; nor is one of its two layers of type {WASM_LAYER}") from None
    with fetch(str(raw.get("digest"))) as stream:
        module = stream.read(MAX_MODULE)
        cut = bool(stream.read(1))
    return Unpacked(Layout.ARTIFACT, _wasm(module), cut)


def media_types(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """The media types of the layers, in their order."""
    return tuple(_media_type(layer) for layer in _mappings(manifest.get("layers")))


def layer_of(manifest: Mapping[str, Any], media_type: str) -> str | None:
    """The digest of the first layer of a media type."""
    found = (layer.get("digest") for layer in _mappings(manifest.get("layers")) if _media_type(layer) == media_type)
    return next((digest for digest in found if isinstance(digest, str)), None)


def _from_tar(layout: Layout, layers: list[Mapping[str, Any]], wanted: str, fetch: Fetch) -> Unpacked:
    if not layers:
        raise LayoutError("the image has no layer")
    last = layers[-1]
    if (found := _media_type(last)) != wanted:
        raise LayoutError(f"the last layer is of type {found or '(none)'}, and Istio takes {wanted} only")
    module: bytes | None = None
    beside: dict[str, bytes] = {}
    with fetch(str(last.get("digest"))) as stream:
        try:
            for name, data in _files(stream):
                if name == FILE and module is None:
                    module = data
                elif name != FILE:
                    beside.setdefault(name, data)
        except (OSError, EOFError, tarfile.TarError) as error:
            if module is None:  # what comes behind the module, the fetcher never reads
                raise LayoutError(f"the last layer cannot be read as a gzipped tar: {_reason(error)}") from None
    if module is None:
        raise LayoutError(f"the last layer holds no file {FILE}")
    return Unpacked(layout, _wasm(module), beside=beside)


def _files(stream: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """The files of interest in a gzipped tar; a folder or link of such a name counts as an empty one."""
    plain: Any = _Unzipped(stream)  # tarfile asks a stream for nothing but its bytes
    with tarfile.open(fileobj=plain, mode="r|") as archive:
        for member in archive:
            name = member.name.rstrip("/").rpartition("/")[2]
            if name == FILE or (name in _BESIDE and member.size <= _MAX_BESIDE):
                content = archive.extractfile(member) if member.isreg() else None
                data = b"" if content is None else content.read()
                if content is not None and len(data) != member.size:
                    raise EOFError
                yield name, data


class _Unzipped:
    """What a gzipped stream holds: no more than 256 MiB, as for Istio, and of a stream that breaks off what comes before.

    Python's own reader keeps back what it has unpacked when the stream breaks off, and Go's does not: a module that lies
    whole in the part that is there is taken.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._left, self._input, self._over = stream, MAX_MODULE, b"", False
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def read(self, size: int) -> bytes:
        wanted, out = min(size, self._left), bytearray()
        while len(out) < wanted and self._more():
            try:
                out += self._inner.decompress(self._input, wanted - len(out))
            except zlib.error:
                self._over = True
            self._input = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
        self._left -= len(out)
        return bytes(out)

    def _more(self) -> bool:
        """Whether there is input; one gzip file may follow the other."""
        if not self._input and not self._over:
            self._input = self._stream.read(_PIECE)
        if self._inner.eof and self._input:
            self._inner = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return bool(self._input) and not self._over


def _wasm(module: bytes) -> bytes:
    if len(module) < 8 or not module.startswith(MAGIC):
        raise LayoutError("what the image holds in place of a module is no Wasm binary")
    return module


def _reason(error: Exception) -> str:
    if isinstance(error, EOFError) or "unexpected end" in str(error):
        return "it is cut off, or larger than 256 MiB"
    return "it is damaged, or in another form"


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _media_type(layer: Mapping[str, Any]) -> str:
    return str(layer.get("mediaType", ""))
