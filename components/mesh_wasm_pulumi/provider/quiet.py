"""When a deployment's refusals are answered: together, once it is quiet.

The engine ends the program at the first refused Construct call and closes its connection to the plugin: what other
components have to say is lost, and good ones are blamed (``grpc: the client connection is closing``; measured). So each
refusal waits until nothing is under way, and all of them are answered at one moment.
"""

from __future__ import annotations

import asyncio

QUIET = 2.0
"""Seconds without a new Construct call after which the program has nothing more to say: it only waits for the refused.

Between two calls a program may start a Kubernetes provider, which takes about a second."""
STUCK = 10.0
"""Seconds without any progress after which refusals are answered all the same, though calls are under way."""


class Quiet:
    """The Construct calls of one deployment, as far as refusals have to know of them."""

    def __init__(self, quiet: float = QUIET, stuck: float = STUCK) -> None:
        self._quiet, self._stuck = quiet, stuck
        self._under_way = 0
        self._moved = 0.0
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

    async def _until_quiet(self) -> None:
        while (left := self._left()) > 0:
            await asyncio.sleep(left)

    def _left(self) -> float:
        waits = self._stuck if self._under_way else self._quiet
        return self._moved + waits - asyncio.get_running_loop().time()
