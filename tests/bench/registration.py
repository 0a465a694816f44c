"""Registration: our components against the same objects by hand, with the monitor in a process of its own."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import resource
import sys
import time
from collections.abc import Iterator

from .children import sample, serving, tell
from .figures import Figure, column, take_turns

SECTION = "registration"
_LARGE = 5_000
"""Beyond it, a sample takes the better part of a minute: there are fewer."""


def figures(sizes: list[int], times: int) -> Iterator[Figure]:
    """CPU time, wall time and memory by number of plugins; the largest sizes are sampled less often."""
    with serving("bench.echo") as monitor:
        for secrets in (False, True):
            for size in sizes:
                yield from _compare(size, secrets, times if size <= _LARGE else max(1, times // 3), monitor)


def _compare(size: int, secrets: bool, times: int, monitor: str) -> Iterator[Figure]:
    def take(side: str) -> dict[str, float]:
        return sample("bench.registration", side, str(size), "secrets" if secrets else "plain", monitor)

    hand, ours = take_turns(lambda: take("by-hand"), lambda: take("mesh-wasm"), times)
    name = "with pull secrets" if secrets else "registration"
    count, against = f"{size:,} plugins", "pulumi_kubernetes by hand"
    for what, key, unit in (("CPU time", "cpu", "ms"), ("wall time", "wall", "ms"), ("memory", "rss", "MiB")):
        base, mine = column(hand, key), column(ours, key)
        yield Figure(SECTION, f"{name}, {what}", count, unit, mine, base, against, 1.10)


def run(side: str, plugins: int, secrets: bool, monitor: str) -> None:
    """Register once against a monitor."""
    from pulumi import runtime

    from .programs import PROGRAMS, cluster_names

    async def go() -> None:
        runtime.configure(
            runtime.Settings(project="bench", stack="bench", monitor=monitor, engine=monitor, parallel=16, dry_run=True)
        )
        await runtime.run_in_stack(lambda: PROGRAMS[side](plugins, cluster_names(), secrets=secrets))

    contextvars.copy_context().run(lambda: asyncio.run(go()))


def main(side: str, plugins: str, kind: str, monitor: str) -> None:
    """One sample. A small run comes first: what happens once per process is measured with the imports."""
    run(side, 50, kind == "secrets", monitor)
    gc.collect()  # or the garbage of the small run decides in which side's time a full collection falls
    cpu, wall = time.process_time(), time.perf_counter()
    run(side, int(plugins), kind == "secrets", monitor)
    tell(
        cpu=(time.process_time() - cpu) * 1000,
        wall=(time.perf_counter() - wall) * 1000,
        rss=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
