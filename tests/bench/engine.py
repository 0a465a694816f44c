"""A real engine: `pulumi preview` and `pulumi up` with a file backend, and one stack against one for each cluster.

The Kubernetes provider renders to folders, so no API server weighs in.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from .children import environment
from .figures import Figure, column, take_turns
from .programs import cluster_names

SECTION = "engine"
PROGRAM = """\
import os

import pulumi
import pulumi_kubernetes as k8s

from bench.programs import PROGRAMS


def provider(name: str) -> k8s.Provider:
    return k8s.Provider(name, render_yaml_to_directory=f"rendered/{name}")


config = pulumi.Config("bench")
clusters = config.require("clusters").split(",")
PROGRAMS[config.require("side")](config.require_int("plugins"), clusters, secrets=False, provider=provider)
"""


def available() -> bool:
    """Whether there is an engine."""
    return shutil.which("pulumi") is not None


def figures(sizes: list[int], times: int, previews: Sequence[int] = ()) -> Iterator[Figure]:
    """Wall time of preview and up; then the largest size as one stack, and as a stack for each cluster.

    ``previews``: larger sizes, which are previewed and not brought up.
    """
    for size in (*sizes, *previews):
        commands = ("preview",) if size in previews else ("preview", "up")
        hand, ours = take_turns(
            lambda size=size, commands=commands: _stack("by-hand", size, cluster_names(), commands),
            lambda size=size, commands=commands: _stack("mesh-wasm", size, cluster_names(), commands),
            times,
        )
        for command in commands:
            for what, key in (("CPU time", f"{command} cpu"), ("wall time", command)):
                name, against = f"pulumi {command}, {what}", "pulumi_kubernetes by hand"
                base, mine = column(hand, key), column(ours, key)
                yield Figure(SECTION, name, f"{size:,} plugins", "s", mine, base, against, 1.05)
    whole, parts = take_turns(
        lambda: _stack("mesh-wasm", sizes[-1], cluster_names()), lambda: _by_cluster(sizes[-1]), 1
    )
    for command in ("preview", "up"):
        yield Figure(
            SECTION,
            f"pulumi {command}, 10 stacks one by one",
            f"{sizes[-1]:,} plugins",
            "s",
            column(parts, command),
            column(whole, command),
            "one stack, mesh-wasm too",
        )


def _by_cluster(plugins: int) -> dict[str, float]:
    """The same plugins in a stack for each cluster, one stack after the other."""
    names = cluster_names()
    told = [_stack("mesh-wasm", plugins // len(names), [name]) for name in names]
    return {command: sum(one[command] for one in told) for command in ("preview", "up")}


def _stack(
    side: str, plugins: int, clusters: list[str], commands: Sequence[str] = ("preview", "up")
) -> dict[str, float]:
    """Seconds of a preview and of an up in a new project with a new backend: wall time, and CPU time of engine,
    provider and program together.
    """
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
        (project / "__main__.py").write_text(PROGRAM)
        (project / "state").mkdir()
        variables = {
            **environment(),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_BACKEND_URL": f"file://{project / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "bench",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

        def pulumi(*words: str) -> tuple[float, float]:
            start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(
                ["pulumi", *words, "--non-interactive"],
                cwd=project,
                env=variables,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RuntimeError(f"pulumi {' '.join(words)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            return time.perf_counter() - start, cpu

        pulumi("stack", "init", "dev")
        for key, value in (("side", side), ("plugins", str(plugins)), ("clusters", ",".join(clusters))):
            pulumi("config", "set", key, value)
        told: dict[str, float] = {}
        told["preview"], told["preview cpu"] = pulumi("preview")
        if "up" not in commands:
            return told
        told["up"], told["up cpu"] = pulumi("up", "--yes", "--skip-preview")
        made = len(list((project / "rendered").rglob("*wasmplugin*.yaml")))
        if made != plugins:
            raise RuntimeError(f"{made} plugins were rendered, not {plugins}")
        return told
