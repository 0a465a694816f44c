"""How far the reading of a cluster is; on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from mesh_wasm.snapshot.kinds import KINDS


@contextmanager
def reading(context: str | None) -> Iterator[Callable[[str, int], None]]:
    """A bar over the kinds, and the number of objects; what comes back is told of each page."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda kind, count: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[held]} objects"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(f"reading {context or 'the cluster'}", total=len(KINDS), held=0)
        seen: set[str] = set()
        total = 0

        def told(kind: str, count: int) -> None:
            nonlocal total
            total += count
            seen.add(kind)
            bar.update(task, completed=len(seen), held=total)

        yield told
