"""When a deployment's refusals are answered: together, once it is quiet.

The engine ends the program at the first refused Construct call and closes its connection to the plugin: what other
components have to say is lost, and good ones are blamed (``grpc: the client connection is closing``; measured). So each
refusal waits until nothing is under way, and all of them are answered at one moment.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

QUIET = 2.0
"""Seconds without a new Construct call after which the program has nothing more to say: it only waits for the refused.

Between two calls a program may start a Kubernetes provider, which takes about a second on a machine that is not busy."""
STUCK = 10.0
"""Seconds without any progress after which refusals are answered all the same, though calls are under way."""
_MOST = 5.0


def slowness() -> float:
    """How many times longer everything takes here than on a machine where nobody waits for a processor; at most 5.

    Measured: at a load of 20 on two processors, a YAML program needed more than two seconds from one call to the next.
    """
    if not hasattr(os, "getloadavg"):
        return 1.0
    return min(max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)), _MOST)


class Quiet:
    """The Construct calls of one deployment, as far as refusals have to know of them."""

    def __init__(self, quiet: float | None = None, stuck: float | None = None) -> None:
        """Seconds of :data:`QUIET` and :data:`STUCK`; by default these, or longer on a machine that is busy."""
        self._quiet, self._stuck = quiet, stuck
        self._under_way = 0
        self._moved = 0.0
        self._news = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """A call has come."""
        self._under_way += 1
        self._move()

    def end(self) -> None:
        """A call has its answer, or holds a refusal."""
        self._under_way -= 1
        self._move()

    async def hold(self) -> None:
        """Wait for the moment at which all refusals are answered; a call that was refused has ended before."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._until_quiet())
        await asyncio.shield(self._watch)

    def _move(self) -> None:
        self._moved = asyncio.get_running_loop().time()
        self._news.set()

    async def _until_quiet(self) -> None:
        while (left := self._left()) > 0:
            self._news.clear()
            with suppress(TimeoutError):  # a call that comes or ends changes how long to wait
                await asyncio.wait_for(self._news.wait(), timeout=left)

    def _left(self) -> float:
        given, usual = (self._stuck, STUCK) if self._under_way else (self._quiet, QUIET)
        waits = usual * slowness() if given is None else given
        return self._moved + waits - asyncio.get_running_loop().time()
