"""Imports: what ``import mesh_wasm_pulumi`` adds to what every Kubernetes program imports anyway."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator

from .children import sample, tell
from .figures import Figure, column, take_turns

SECTION = "import"
KUBERNETES = "import pulumi, pulumi_kubernetes; from pulumi_kubernetes.apiextensions import CustomResource"
STATEMENTS = {
    "kubernetes": f"{KUBERNETES}; pulumi_kubernetes.Provider",
    "package": f"{KUBERNETES}; pulumi_kubernetes.Provider; import mesh_wasm_pulumi",
    "components": (
        f"{KUBERNETES}; pulumi_kubernetes.Provider; import mesh_wasm_pulumi as wasm; "
        "wasm.Cluster, wasm.Fleet, wasm.WasmExtension, wasm.IngressGatewayAttachment"
    ),
}


def figures(times: int) -> Iterator[Figure]:
    """Import of the package, and first use of what a small program uses."""
    for what in STATEMENTS:
        sample("bench.imports", what)  # so that all byte code is there
    for what, name, aim in (
        ("package", "import mesh_wasm_pulumi", 1.15),
        ("components", "and use its components", None),
    ):
        base, ours = take_turns(
            lambda: sample("bench.imports", "kubernetes"), lambda what=what: sample("bench.imports", what), times * 2
        )
        for title, key, unit, bound in (("CPU time", "cpu", "ms", aim), ("memory", "rss", "MiB", None)):
            against = "import of pulumi and CustomResource"
            yield Figure(SECTION, f"{name}, {title}", "", unit, column(ours, key), column(base, key), against, bound)


def main(what: str) -> None:
    """One sample."""
    cpu = time.process_time()
    exec(STATEMENTS[what], {})
    tell(
        cpu=(time.process_time() - cpu) * 1000,
        rss=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        modules=len(sys.modules),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
