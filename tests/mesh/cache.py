"""Where built parts are kept: outside the tree, one directory per content of what pins them.

A changed pin gives another key, so an old part is never mistaken for a new one and branches with different pins do not
fight over the same file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .locks import locked
from .progress import Progress


def root() -> Path:
    """`MESH_WASM_CACHE`, or the user's cache directory."""
    given = os.environ.get("MESH_WASM_CACHE")
    return Path(given).absolute() if given else Path.home() / ".cache" / "mesh-wasm"


def key(*contents: str | Path) -> str:
    """A short hash of everything that decides what a part will be: file contents, versions, flags."""
    digest = hashlib.sha256()
    for content in contents:
        data = content.read_bytes() if isinstance(content, Path) else content.encode()
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()[:16]


@contextmanager
def filling(target: Path, progress: Progress) -> Iterator[Path | None]:
    """Give a place to build `target` at, or None when it is there already; put it into place only after success.

    Two processes never build the same part: the second one waits and finds it made. What a killed build left beside
    the target is removed by the next one, which holds the lock and so knows that nobody uses it.
    """
    if target.exists():
        yield None
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name}."

    def say_waiting() -> None:
        progress.say(f"waiting for another process that builds {target.name} …")

    with locked(target.parent / f"{prefix}lock", say_waiting):
        if target.exists():
            yield None
            return
        for stale in target.parent.glob(f"{prefix}tmp-*"):
            shutil.rmtree(stale)
        scratch = Path(tempfile.mkdtemp(prefix=f"{prefix}tmp-", dir=target.parent))
        try:
            yield scratch / target.name
            (scratch / target.name).rename(target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
