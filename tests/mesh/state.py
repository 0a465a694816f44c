"""What runs, recorded so that it can be found, stopped and, after a crash, cleaned up by whoever comes next.

One directory for each cluster below `MESH_WASM_STATE`. A cluster is alive exactly as long as its supervisor holds the
lock on the directory; the kernel frees it however the supervisor ends. So stale is not a guess: a directory whose lock
is free belongs to nobody.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import MeshError
from .locks import is_held, lock, locked
from .processes import Identity, kill_marked

MARK = "MESH_WASM_HOME"
"""In the environment of all that a supervisor starts, and so of what that starts in turn: says whose it is."""

LASTING = "up"
"""The kind of cluster that outlives its starter: what `python -m mesh up` makes and `down` stops."""

OWNED = "run"
"""The kind of cluster that ends with its starter, such as a test session."""


@dataclass(frozen=True)
class Home:
    """The directory of one cluster."""

    path: Path

    @property
    def name(self) -> str:
        """The cluster's name; clusters of different owners may share it."""
        return self.path.name

    @property
    def lock(self) -> Path:
        """Held by the supervisor for as long as it lives."""
        return self.path / "lock"

    @property
    def kubeconfig(self) -> Path:
        """Written before the API server starts; of use once it is ready."""
        return self.path / "kubeconfig"

    def read(self, record: str) -> dict[str, Any]:
        """A record of the cluster; empty when nobody wrote it yet."""
        try:
            content: dict[str, Any] = json.loads((self.path / f"{record}.json").read_text())
        except FileNotFoundError:
            return {}
        return content

    def write(self, record: str, content: dict[str, Any]) -> None:
        """Replace a record as a whole: a reader never sees half of it."""
        scratch = self.path / f".{record}.json.{os.getpid()}"
        scratch.write_text(json.dumps(content, indent=1))
        scratch.replace(self.path / f"{record}.json")

    def supervisor(self) -> Identity | None:
        """The process that holds this cluster, if it has said so."""
        record = self.read("supervisor")
        return Identity(record["pid"], record["started"]) if record else None

    def alive(self) -> bool:
        """Whether a supervisor holds this home."""
        return is_held(self.lock)

    def remove(self) -> None:
        """Delete the directory and end whatever still runs on its behalf."""
        kill_marked(MARK, str(self.path))
        shutil.rmtree(self.path, ignore_errors=True)
        if self.path.parent.name != LASTING:
            with contextlib.suppress(OSError):
                self.path.parent.rmdir()


def root() -> Path:
    """`MESH_WASM_STATE`, or a directory of this user below the temporary one; nobody else may look into it."""
    given = os.environ.get("MESH_WASM_STATE")
    path = Path(given).absolute() if given else Path(tempfile.gettempdir()) / f"mesh-wasm-{os.getuid()}"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_uid != os.getuid():
        raise MeshError(f"{path} belongs to another user; set MESH_WASM_STATE to a directory of your own")
    path.chmod(0o700)  # it holds tokens and keys
    return path


def claim(kind: str, name: str) -> tuple[Home, int]:
    """A fresh home for a cluster and the lock on it; what dead owners left anywhere is cleaned up first."""
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", name):
        raise MeshError(f"a cluster cannot be named {name!r}: use up to 40 lower-case letters, digits and dashes")
    base = root()
    with locked(base / "lock"):  # so that nobody sweeps a home between its making and its locking
        _sweep(base)
        if kind == LASTING:
            path = base / LASTING / name
        else:
            (base / OWNED).mkdir(exist_ok=True)
            path = Path(tempfile.mkdtemp(dir=base / OWNED)) / name
        if path.exists():
            raise MeshError(f"a cluster named {name} runs already; `python -m mesh down` stops it")
        path.mkdir(parents=True)
        return Home(path), lock(Home(path).lock)


def homes(kind: str | None = None) -> list[Home]:
    """The living clusters, in the order of their names."""
    found = (home for home in _all_homes(root()) if home.alive())
    return sorted(
        (home for home in found if kind is None or (LASTING if home.path.parent.name == LASTING else OWNED) == kind),
        key=lambda home: (len(home.name), home.name),
    )


def sweep() -> list[str]:
    """Clean up after dead owners; return the names of what was found."""
    base = root()
    with locked(base / "lock"):
        return _sweep(base)


def _sweep(base: Path) -> list[str]:
    stale = [home for home in _all_homes(base) if not home.alive()]
    for home in stale:
        home.remove()
    for empty in (base / OWNED).glob("*"):
        with contextlib.suppress(OSError):  # not empty after all, or just removed by its owner
            empty.rmdir()
    return [home.name for home in stale]


def _all_homes(base: Path) -> Iterator[Home]:
    for path in [*(base / LASTING).glob("*"), *(base / OWNED).glob("*/*")]:
        if path.is_dir():
            yield Home(path)
