"""Refusals of one deployment are answered together, once it is quiet: the engine ends the program at the first of them."""

from __future__ import annotations

import asyncio
import time

import pytest
from support.plugin import Plugin, component_ref, provider_ref

from mesh_wasm_pulumi.offline.monitor import RecordingMonitor
from mesh_wasm_pulumi.provider.quiet import QUIET, Quiet, slowness

from .test_construct import EXTENSION, gateway, good

BAD = {**EXTENSION, "phase": "AUTHX"}


def test_refusals_wait_for_the_last_call_and_end_together() -> None:
    async def scene() -> list[tuple[str, float]]:
        quiet, ends = Quiet(1.0), []
        start = asyncio.get_running_loop().time()

        async def call(name: str, after: float, takes: float, refused: bool) -> None:
            await asyncio.sleep(after)
            quiet.begin()
            await asyncio.sleep(takes)
            quiet.end()
            if refused:
                await quiet.hold()
                ends.append((name, asyncio.get_running_loop().time() - start))

        await asyncio.gather(
            call("first", 0.0, 0.0, refused=True),
            call("good", 0.1, 0.3, refused=False),
            call("last", 0.5, 0.0, refused=True),
        )
        return ends

    (first, at), (last, then) = asyncio.run(scene())
    assert (first, last) == ("first", "last")
    assert at >= 1.5, "it waits for what is under way, and for what comes soon after"
    assert then - at < 0.5, "the engine hangs up at the first answer"


def test_call_that_never_ends_is_not_waited_for_without_end() -> None:
    async def scene() -> float:
        quiet = Quiet(0.05, stuck=0.3)
        start = asyncio.get_running_loop().time()
        quiet.begin()  # and it never ends: it may wait for the very thing that is refused
        quiet.begin()
        quiet.end()
        await quiet.hold()
        return asyncio.get_running_loop().time() - start

    assert 0.3 <= asyncio.run(scene()) < 2


def test_wait_gets_shorter_when_the_last_call_ends() -> None:
    """A call that is under way is given long; once it has ended, nobody waits for that long any more."""

    async def scene() -> float:
        quiet = Quiet(0.05, stuck=30)
        start = asyncio.get_running_loop().time()
        quiet.begin()
        quiet.begin()
        quiet.end()
        held = asyncio.create_task(quiet.hold())
        await asyncio.sleep(0.1)
        assert not held.done()
        quiet.end()
        await held
        return asyncio.get_running_loop().time() - start

    assert asyncio.run(scene()) < 3


def test_busy_machine_is_given_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    for load, times in ((0.5, 1), (2, 1), (8, 4), (200, 5)):
        monkeypatch.setattr("os.getloadavg", lambda load=load: (load, 0, 0))
        assert slowness() == times


def test_refusal_after_the_release_is_answered_at_once() -> None:
    async def scene() -> float:
        quiet = Quiet(0.2)
        quiet.begin()
        quiet.end()
        await quiet.hold()
        start = asyncio.get_running_loop().time()
        quiet.begin()
        quiet.end()
        await quiet.hold()
        return asyncio.get_running_loop().time() - start

    assert asyncio.run(scene()) < 0.2


def test_three_wrong_components_are_told_at_one_moment_and_good_ones_are_made() -> None:
    """With the quiet of users, as the calls of a program come on a machine that may be busy."""
    with RecordingMonitor("shop", "dev", preview=True) as engine, Plugin(engine, quiet=None) as plugin:
        fleet = {"east": {"provider": provider_ref(engine, "east")}}
        wrong = [plugin.start("WasmExtension", name, BAD) for name in ("jwt", "header")]
        acl = good(plugin.construct("WasmExtension", "acl", EXTENSION))
        edge = plugin.start("IngressGatewayAttachment", "edge", gateway(fleet, component_ref(acl)))
        wrong.append(
            plugin.start("IngressGatewayAttachment", "egress", gateway(fleet, component_ref(acl), gateway="x"))
        )
        good(edge())
        answers = [answer() for answer in wrong]
    assert [answer.paths for answer in answers] == [["phase"], ["phase"], ["gateway"]]
    moments = [plugin.answered[name] for name in ("jwt", "header", "egress")]
    assert max(moments) - min(moments) < QUIET / 2
    assert min(moments) > plugin.answered["edge"]


def test_deployments_do_not_wait_for_each_other(process: Plugin, plugin: Plugin) -> None:
    """A call that is under way in one does not hold up the refusals of another."""
    start = time.monotonic()
    assert plugin.construct("WasmExtension", "acl", BAD).code == "INVALID_ARGUMENT"
    assert time.monotonic() - start < 2
