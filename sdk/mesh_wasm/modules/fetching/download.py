"""Modules of http servers, unpacked as Istio does it. Source: istio pkg/wasm/httpfetcher.go."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from urllib.parse import urlsplit

from mesh_wasm.modules.binary import MAGIC
from mesh_wasm.modules.layout import MAX_MODULE
from mesh_wasm.values.module_urls.shown import shown_url

from .registry import RegistryError
from .transport import Transport, TransportError, TransportSettings

_PIECE = 1024 * 1024


def download(url: str, settings: TransportSettings) -> bytes:
    """The module at an ``http`` or ``https`` URL, no more than 256 MiB. Raises :class:`RegistryError`."""
    parts = urlsplit(url)
    shown = shown_url(url)
    try:
        answer = Transport(parts.netloc, None, settings).fetch(url)
        with answer:
            if answer.status != 200:
                raise RegistryError(f"{shown}: the server answers with status {answer.status}.")
            body = bytearray()
            while len(body) < MAX_MODULE and (piece := answer.read(min(_PIECE, MAX_MODULE - len(body)))):
                body += piece
    except TransportError as error:
        raise RegistryError(f"{shown}: {error}.") from None
    return unboxed(bytes(body))


def unboxed(body: bytes) -> bytes:
    """What is in gzip and tar, as long as there is any; what cannot be unpacked is returned as it came."""
    inner = body
    while not (len(inner) >= 8 and inner.startswith(MAGIC)):
        try:
            if inner[:2] == b"\x1f\x8b":
                inner = gzip.GzipFile(fileobj=io.BytesIO(inner)).read(MAX_MODULE)
            elif inner[257:262] == b"ustar":
                inner = _first(inner)
            else:
                return body
        except (OSError, EOFError, zlib.error, tarfile.TarError):
            return body
    return inner


def _first(body: bytes) -> bytes:
    """The first file of a tar."""
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:") as archive:
        member = archive.next()
        content = archive.extractfile(member) if member is not None and member.isreg() else None
        return b"" if content is None else content.read()
