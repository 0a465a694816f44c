"""What is said of a program that fails by itself: its own lines, without those of whoever ran it."""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from typing import Any

import grpc
import pulumi

import mesh_wasm

from .ledger import Ledger, ledger

_RUNNERS = tuple(
    f"{os.path.dirname(package.__file__)}{os.sep}"
    for package in (pulumi, asyncio, grpc, mesh_wasm, sys.modules[__name__.partition(".")[0]])
    if package.__file__ is not None
)
"""Where the code lies that runs a program, or is run by it on its behalf."""


def told(error: BaseException) -> str:
    """A sentence, where the error is one; else a traceback with the program's lines, and one for where it was raised.

    An error of which the program has no line is told with its whole traceback: then it is not the program's.
    """
    sentence = _sentence(error)
    if sentence is not None:
        return sentence
    if id(error) in ledger().witnessed:
        return ledger().witnessed[id(error)][1]
    whole = traceback.TracebackException.from_exception(error)
    lines = _mine(whole)
    raised = whole.stack[-1] if whole.stack else None
    if not lines and isinstance(error, RecursionError):
        return f"{_ENDLESS}\n{''.join(whole.format_exception_only())}"
    if not lines and not isinstance(error, SyntaxError):
        return "".join(whole.format())
    text = "".join([*(["Traceback (most recent call last):\n"] if lines else []), *traceback.format_list(lines)])
    if lines and raised is not None and raised is not lines[-1]:
        text += f"  raised in {os.path.basename(raised.filename)}, line {raised.lineno}, in {raised.name}\n"
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = f"{told(cause).rstrip()}\n\nwhich led to\n\n" if cause is not None and _lines_of(cause) else ""
    return before + text + "".join(whole.format_exception_only()).lstrip()


_ENDLESS = "A value contains itself, or lies too deep in others; it may be that of an Output."


def witnessed(output: pulumi.Output[Any]) -> pulumi.Output[Any]:
    """The same Output; should the program's own function fail in it, its lines are kept, and logged.

    A task hands its error with all lines to whoever asks first, and without them to all others (measured: CPython 3.11).
    The SDK asks more than once, and shows only its own lines. So this must come before anything is made of the Output.
    """
    book = ledger()
    if not book.hosted and id(output) not in book.witnesses:
        book.witnesses[id(output)] = asyncio.ensure_future(_witness(book, output))
    return output


async def _witness(book: Ledger, output: pulumi.Output[Any]) -> None:
    try:
        await output.is_known()
    except Exception as error:  # whoever awaits the Output raises it again
        if id(error) not in book.witnessed and _sentence(error) is None and _lines_of(error):
            book.witnessed[id(error)] = error, told(error)
            pulumi.log.error(f"The program failed: {told(error)}")


def _sentence(error: BaseException) -> str | None:
    """What a RunError says, wrapped or not; or the words of the engine, which the SDK raises as a bare Exception."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, pulumi.RunError):
            return str(seen)
        if type(seen) is Exception and isinstance(seen.__context__, grpc.RpcError):
            return str(seen)
        seen = seen.__cause__ or seen.__context__
    return None


def _lines_of(error: BaseException) -> list[traceback.FrameSummary]:
    return _mine(traceback.TracebackException.from_exception(error))


def _mine(error: traceback.TracebackException) -> list[traceback.FrameSummary]:
    return [one for one in error.stack if not one.filename.startswith(("<frozen ", *_RUNNERS)) and not _hosts(one)]


def _hosts(frame: traceback.FrameSummary) -> bool:
    return os.path.basename(frame.filename) in ("pulumi-language-python-exec", "runpy.py")


def error_of_the_program() -> BaseException | None:
    """What the program itself has raised, while the SDK still waits for what was registered before.

    The SDK keeps it in a variable of the coroutine that runs the program, and forgets it if anything else fails meanwhile:
    a refusal would hide it. Where the SDK is made otherwise, there is None.
    """
    for task in asyncio.all_tasks():
        inner: Any = task.get_coro()
        while inner is not None:
            frame = getattr(inner, "cr_frame", None)
            if frame is not None and frame.f_code.co_name == "run_pulumi_func":
                found = frame.f_locals.get("ex")
                return found if isinstance(found, BaseException) else None
            inner = getattr(inner, "cr_await", None)
    return None
