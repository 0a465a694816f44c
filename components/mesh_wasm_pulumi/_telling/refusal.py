"""Refusing a program once, after everybody has spoken.

On a real engine the first failure ends the program at once (the engine interrupts it), and with it the messages of all
components whose URN has not come back yet: measured. So whoever refuses waits until every component that the program has
declared is registered and has been checked, and only then fails, with one summary for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pulumi

from mesh_wasm.findings.finding import Finding, counted
from mesh_wasm_pulumi._values.ledger import ledger

PATIENCE = 5.0
"""Seconds without any progress after which it fails all the same: something may wait for the very thing that is refused."""


class InvalidInputs(pulumi.RunError):
    """The program's inputs are refused; what is wrong has been logged on the components."""

    def __init__(self, summary: str, program: BaseException | None = None) -> None:
        """``program``: what the program itself has raised, which nobody else would tell now."""
        from mesh_wasm_pulumi._values.failing import told  # where something has failed, and nowhere else

        super().__init__(summary if program is None else f"{summary}\nThe program itself failed, too: {told(program)}")
        self.program = program


def refuse(name: str, problems: int, after: pulumi.Output[Any]) -> pulumi.Output[Any]:
    """An Output that never has a value: once ``after`` is known and everybody has spoken, it fails the program.

    :param name: The component or cluster that is refused.
    :param problems: How many errors it has.
    """
    book = ledger()
    book.refused[name] = book.refused.get(name, 0) + problems
    return after.apply(lambda _: _fail_together())


def refuse_apart(name: str, finding: Finding) -> pulumi.Output[Any]:
    """Log the error of what has no report of its own, and fail once the stack is registered: others still speak.

    :param name: What is refused: ``cluster east``, or the component that was given something.
    """
    ledger().findings.append((name, finding))
    pulumi.log.error(f"{name}: {finding}")
    stack = pulumi.runtime.get_root_resource()
    registered: pulumi.Output[Any] = stack.urn if stack is not None else pulumi.Output.from_input(None)
    return refuse(name, 1, registered)


async def _fail_together() -> None:
    book = ledger()
    checks = set(book.checks.values())
    waiting = set(map(_registered, book.components)) | checks
    while waiting:
        done, waiting = await asyncio.wait(waiting, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            break
    # The messages are sent by tasks that waited for the same URNs as this one; let the last of them run first.
    await asyncio.sleep(0.05)
    from mesh_wasm_pulumi._values.failing import error_of_the_program

    raise InvalidInputs(_summary(book.refused), error_of_the_program())


def _summary(refused: Mapping[str, int]) -> str:
    """One sentence for all: those with errors of their own, and those that only need one of them."""
    told = ", ".join(f"{name} ({counted(count, 'error')})" for name, count in sorted(refused.items()) if count)
    others = ", ".join(name for name, count in sorted(refused.items()) if not count)
    also = f" Nor for {others}, which cannot do without what is refused." if others else ""
    return f"Nothing is created for {told}: see the messages on each of them.{also}"


def _registered(component: pulumi.Resource) -> asyncio.Future[None]:
    """Done once the component is registered. A future of its own: nobody else's is cancelled with it."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    component.urn.apply(lambda _: None if done.done() else done.set_result(None))
    return done
