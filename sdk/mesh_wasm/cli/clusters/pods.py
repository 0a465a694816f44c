"""Pods asked on behalf of ``verify``: the proxies of a cluster, and its istiods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mesh_wasm.live.client import LiveError, run
from mesh_wasm.live.proxies import Asking, ask_istiods, see
from mesh_wasm.verify.istiod import ProxySync
from mesh_wasm.verify.read import EvidenceError
from mesh_wasm.verify.survey import Sight, Sighting, SyncSight


def sight(asking: Asking, context: str, kubeconfig: Path | None, timeout: float) -> Sight:
    """Asks the proxies of a context."""

    def look() -> Sighting:
        with _asking(context) as told:
            try:
                return run(lambda session: see(session, asking, told), context, kubeconfig, timeout)
            except LiveError as error:
                raise EvidenceError(str(error)) from None

    return look


def sync_sight(cluster: str, context: str, kubeconfig: Path | None, timeout: float, root_namespace: str) -> SyncSight:
    """Asks the istiods of a context."""

    def look() -> tuple[str, Sequence[ProxySync]]:
        try:
            return cluster, run(lambda session: ask_istiods(session, root_namespace), context, kubeconfig, timeout)
        except LiveError as error:
            raise EvidenceError(str(error)) from None

    return look


@contextmanager
def _asking(context: str) -> Iterator[Callable[[int, int], None]]:
    """A bar over the pods, on a terminal only."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, of: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(f"asking the proxies of {context}", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
