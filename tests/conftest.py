"""What all tests share: the fixtures of the test mesh, and the closing lines that count tests by mark."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["mesh.fixtures"]

# Machines are noisy: a generated example that takes long says nothing about the code. What it costs is for `make bench`.
settings.register_profile("mesh-wasm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mesh-wasm")

MARKS = ("cluster", "live", "engine", "browser", "install")
FIGURES = pytest.StashKey[Counter[str]]()


def pytest_configure() -> None:
    """Programs and policy packs that the tests start by `python3` run in the interpreter of the tests, wherever it is."""
    here = str(Path(sys.executable).parent)
    os.environ["MESH_WASM_REPORT_KEY"] = "that of the tests"
    # Servers of the test mesh are started by a fork of this process, in which gRPC may run: its handlers of a fork have
    # aborted a child before it became the server. No child of ours uses gRPC without being started anew.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
    if os.environ.get("PATH", "").split(os.pathsep)[0] != here:
        os.environ["PATH"] = os.pathsep.join([here, os.environ.get("PATH", "")])


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Counter[str]:
    """What the tests on real servers count, for the closing lines: `figures["manifests proven"] += 1`."""
    return pytestconfig.stash.setdefault(FIGURES, Counter({"disagreements": 0}))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Engine tests need the Pulumi CLI; where there is none they are skipped, and the closing lines say how many."""
    skip = pytest.mark.skip(reason="no `pulumi` on PATH: tests on a real engine are left out")
    has_engine = shutil.which("pulumi") is not None
    for item in items:
        # Reports travel between processes with their properties, not with their marks.
        mark = next((mark for mark in MARKS if item.get_closest_marker(mark)), "fast")
        item.user_properties.append(("mark", mark))
        if item.get_closest_marker("engine") and not has_engine:
            item.add_marker(skip)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests of each mark ran."""
    counts: dict[str, Counter[str]] = {mark: Counter() for mark in (*MARKS, "fast")}
    for outcome in ("passed", "failed", "skipped"):
        for report in terminalreporter.getreports(outcome):
            if outcome != "skipped" and report.when != "call":
                continue
            counts[dict(report.user_properties).get("mark", "fast")][outcome] += 1
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    terminalreporter.section("tests by mark")
    for mark, count in counts.items():
        if count:
            terminalreporter.line(f"{mark:8} " + ", ".join(f"{number} {what}" for what, number in count.items()))
    if FIGURES in terminalreporter.config.stash:
        told = terminalreporter.config.stash[FIGURES]
        terminalreporter.line(
            "on real servers: " + ", ".join(f"{number} {what}" for what, number in sorted(told.items()))
        )
