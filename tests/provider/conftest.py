"""One plugin process for all tests of a module, and a fresh deployment for each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from support.plugin import Plugin, provider_ref

from mesh_wasm_pulumi.offline.monitor import RecordingMonitor

STACKS = itertools.count()
"""Ports are used again soon; with stacks of their own, tests never share a deployment."""


@pytest.fixture(scope="module")
def process() -> Iterator[Plugin]:
    with RecordingMonitor("shop", "dev") as engine, Plugin(engine) as plugin:
        yield plugin


@pytest.fixture
def plugin(process: Plugin) -> Iterator[Plugin]:
    """The plugin in a new preview."""
    with RecordingMonitor("shop", f"dev{next(STACKS)}", preview=True) as monitor:
        process.monitor = monitor
        yield process


@pytest.fixture
def fleet(plugin: Plugin) -> dict[str, Any]:
    facts = {"namespaces": ["edge", "shop"], "labels": {"env": "prod"}, "istioVersion": "1.27"}
    return {name: {"provider": provider_ref(plugin.monitor, name), **facts} for name in ("east", "west")}
