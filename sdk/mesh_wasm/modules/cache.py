"""Modules and blobs on this machine, by digest: what was fetched once is not fetched again.

``$MESH_WASM_CACHE``, else ``$XDG_CACHE_HOME/mesh-wasm``, else ``~/.cache/mesh-wasm``; below it ``modules/<sha256>.wasm``
and ``blobs/<sha256>``. What is found there is believed only if it has the digest that it is called after.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

_PIECE = 1024 * 1024


def default_root() -> Path:
    """The folder of this user's cache."""
    if given := os.environ.get("MESH_WASM_CACHE"):
        return Path(given).absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache") / "mesh-wasm"


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of modules and blobs."""

    root: Path

    def module(self, sha256: str) -> Path | None:
        """The file of a module, by the checksum of the Wasm binary (64 hexadecimal digits); None if it is not here."""
        return _held(self._module(sha256), sha256)

    def blob(self, digest: str) -> Path | None:
        """The file of a blob, by its digest ``sha256:…``; None if it is not here."""
        return _held(self._blob(digest), digest.removeprefix("sha256:"))

    def keep_module(self, data: bytes) -> Path:
        """Put a module into the cache."""
        return _put(self._module(hashlib.sha256(data).hexdigest()), data)

    def keep_blob(self, digest: str, data: bytes) -> Path:
        """Put a blob, whose digest was checked, into the cache."""
        return _put(self._blob(digest), data)

    def place(self, digest: str) -> Path:
        """Where a blob goes that is written bit by bit; its folder is there."""
        path = self._blob(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _module(self, sha256: str) -> Path:
        return self.root / "modules" / f"{_hexadecimal(sha256)}.wasm"

    def _blob(self, digest: str) -> Path:
        return self.root / "blobs" / _hexadecimal(digest.removeprefix("sha256:"))


def _hexadecimal(text: str) -> str:
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise ValueError("a sha256 has 64 hexadecimal digits")  # it becomes the name of a file
    return text


def _held(path: Path, sha256: str) -> Path | None:
    try:
        with path.open("rb") as stream:
            found = hashlib.sha256()
            while piece := stream.read(_PIECE):
                found.update(piece)
    except OSError:
        return None
    return path if found.hexdigest() == sha256 else None


def _put(path: Path, data: bytes) -> Path:
    """Written beside its place and moved there, so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path
