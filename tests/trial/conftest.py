"""Fixtures of trials: the pinned Envoy, and modules in a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from mesh import build

from mesh_wasm.trial.envoy import Envoy, find_envoys

from . import modules


@pytest.fixture(scope="session")
def envoy() -> Envoy:
    """The Envoy of the test mesh."""
    return find_envoys([build.ensure("envoy")["envoy"]])[0]


@pytest.fixture
def module(tmp_path: Path) -> Callable[[str], Path]:
    """Modules that misbehave, as files."""

    def made(kind: str) -> Path:
        path = tmp_path / f"{kind}.wasm"
        path.write_bytes(modules.module(kind))
        return path

    return made
