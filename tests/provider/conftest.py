"""One plugin process for all tests of a module, and a fresh deployment for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from support.plugin import Plugin, provider_ref

from mesh_wasm_pulumi.offline.monitor import RecordingMonitor


@pytest.fixture(scope="module")
def process() -> Iterator[Plugin]:
    with RecordingMonitor("shop", "dev") as engine, Plugin(engine) as plugin:
        yield plugin


@pytest.fixture(scope="module")
def new_monitor() -> Iterator[Callable[[], RecordingMonitor]]:
    """Makes monitors that live as long as the plugin: at a port that is used again, gRPC remembers the last failure."""
    with ExitStack() as monitors:
        yield lambda: monitors.enter_context(RecordingMonitor("shop", "dev", preview=True))


@pytest.fixture
def plugin(process: Plugin, new_monitor: Callable[[], RecordingMonitor]) -> Plugin:
    """The plugin in a new preview."""
    process.monitor = new_monitor()
    return process


@pytest.fixture
def fleet(plugin: Plugin) -> dict[str, Any]:
    facts = {"namespaces": ["edge", "shop"], "labels": {"env": "prod"}, "istioVersion": "1.27"}
    return {name: {"provider": provider_ref(plugin.monitor, name), **facts} for name in ("east", "west")}
