"""What a lock file costs at preview: the same program with and without one."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from .children import sample, tell
from .figures import Figure, column, take_turns

SECTION = "lock"
_PLUGINS = 100


def figures(times: int) -> Iterator[Figure]:
    """CPU time of a preview of 100 plugins of five modules, each of which is locked."""
    without, with_lock = take_turns(
        lambda: sample("bench.locking", "without"), lambda: sample("bench.locking", "with"), times
    )
    base, ours = column(without, "cpu"), column(with_lock, "cpu")
    size = f"{_PLUGINS} plugins"
    yield Figure(SECTION, "preview with a lock, CPU time", size, "ms", ours, base, "the same without a lock", 1.02)
    yield Figure(SECTION, "reading and judging the lock", size, "ms", column(with_lock, "lock"))


def run(side: str) -> None:
    """Preview once, in a folder of its own; twice in all, for the first run pays for imports."""
    from modules.wasmfile import wasm

    from mesh_wasm.modules.facts import look_at
    from mesh_wasm.modules.locked import Artifact, Lock, LockedModule
    from mesh_wasm.modules.lockfile import lock_text
    from mesh_wasm_pulumi.offline.run import run_program

    from .programs import IMAGE, cluster_names, with_mesh_wasm

    clusters = cluster_names()
    facts = look_at(wasm({"env.proxy_log": "iii>i", "wasi_snapshot_preview1.fd_write": "iiii>i"}))
    entry = LockedModule(IMAGE, Artifact(IMAGE.partition("@")[2], "", ("",), "compat"), facts)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        if side == "with":
            Path("mesh-wasm.lock").write_text(lock_text(Lock({IMAGE: entry})))
        spent = 0.0
        for _ in range(2):
            began = time.process_time()
            ran = run_program(lambda: with_mesh_wasm(_PLUGINS, clusters, secrets=False))
            spent = time.process_time() - began
            assert ran.failure is None, ran.failure
        tell(cpu=spent * 1000, lock=_of_the_lock(facts) * 1000 if side == "with" else 0.0)
        os.chdir("/")


def _of_the_lock(facts: object) -> float:
    """Reading the file, and judging each of the program's plugins once by each cluster's Istio."""
    from mesh_wasm.fleet.cluster import Cluster
    from mesh_wasm.model.parse import parse
    from mesh_wasm.model.plugin import WasmPluginSpec
    from mesh_wasm.modules.lockfile import read_lock
    from mesh_wasm.rules.of_modules import module_findings

    from .programs import EXTENSIONS, IMAGE, cluster_names

    began = time.process_time()
    lock = read_lock(Path("mesh-wasm.lock"))
    clusters = [Cluster(name=name, istio_version="1.27") for name in cluster_names()]
    for _ in range(_PLUGINS // len(clusters) // EXTENSIONS * EXTENSIONS):
        spec = parse(WasmPluginSpec, {"url": IMAGE, "priority": 1}).value
        assert module_findings([(cluster, spec) for cluster in clusters], lock) == []
    return time.process_time() - began


if __name__ == "__main__":
    run(sys.argv[1])
