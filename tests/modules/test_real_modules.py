"""Modules as people build them: what we read in them, what a real Envoy says, and that nothing brings the parser down."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path

import pytest
from mesh import build, filters, realfilters

from mesh_wasm.modules.abi import missing
from mesh_wasm.modules.binary import BinaryError, read_binary
from mesh_wasm.modules.facts import imports_of, look_at

from .test_envoy import _our_errors, _taken_by_envoy

pytestmark = pytest.mark.live

NAMES = [*realfilters.languages(), "wat"]
ABI = {"go": "0.2.0", "as": "0.2.0", "rust": "0.2.1", "wat": "0.2.1"}


@pytest.fixture(scope="module", params=NAMES)
def named(request: pytest.FixtureRequest) -> tuple[str, bytes]:
    name: str = request.param
    if name == "wat":
        return name, filters.module()
    if lacks := realfilters.missing(name):
        pytest.skip(f"{lacks}: the {name} filter cannot be built here")
    return name, realfilters.module(name).read_bytes()


def test_its_abi_and_its_callbacks(named: tuple[str, bytes]) -> None:
    name, module = named
    facts = look_at(module)
    assert (facts.abi, facts.damaged, facts.unread) == (ABI[name], None, None)
    assert "proxy_on_response_headers(i32, i32, i32) -> i32" in facts.exports
    assert facts.memory


def test_envoy_takes_it_and_so_do_we(named: tuple[str, bytes], tmp_path: Path) -> None:
    name, module = named
    assert _our_errors(module) == []
    root_id = "as_filter" if name == "as" else ""
    # The AssemblyScript SDK cannot do without a configuration.
    taken, said = _taken_by_envoy(build.ensure("envoy")["envoy"], module, tmp_path, root_id, "{}")
    assert taken, said


def test_go_needs_an_istio_that_knows_its_functions() -> None:
    """The three that the host got for Go's own compiler, in December 2024."""
    facts = look_at(realfilters.module("go").read_bytes())
    lacks = {one.path.rpartition(".")[2] for one in missing(imports_of(facts), facts.abi, (1, 24))}
    assert lacks == {"fd_fdstat_set_flags", "poll_oneoff", "sched_yield"}
    assert list(missing(imports_of(facts), facts.abi, (1, 25))) == []


def test_cut_and_flipped_it_ends_in_a_sentence(named: tuple[str, bytes]) -> None:
    """Anywhere in the file; at its beginning, where the sections are that are read, more often."""
    _, module = named
    chance = random.Random(7)
    for _ in range(300):
        at = chance.randrange(min(len(module), 8_000)) if chance.random() < 0.8 else chance.randrange(len(module))
        flipped = bytearray(module)
        flipped[at] ^= 1 << chance.randrange(8)
        for data in (module[:at], bytes(flipped)):
            began = time.process_time()
            with contextlib.suppress(BinaryError):
                read_binary(data)
            assert time.process_time() - began < 1
