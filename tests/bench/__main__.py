"""``python -m bench``: run the benchmark, print its table, write it as JSON and Markdown."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from . import engine, imports, linting, locking, planning, registration
from .figures import Figure
from .table import show, write


@dataclass(frozen=True)
class Wanted:
    """How much is measured."""

    plugins: list[int]
    times: int
    quick: bool


SECTIONS: dict[str, Callable[[Wanted], Iterator[Figure]]] = {
    "import": lambda wanted: imports.figures(wanted.times),
    "lint": lambda wanted: linting.figures([1_000], wanted.times),
    "planning": lambda wanted: planning.figures([1_000, 10_000 if wanted.quick else 100_000], wanted.times),
    "lock": lambda wanted: locking.figures(wanted.times),
    "registration": lambda wanted: registration.figures(wanted.plugins, wanted.times),
    "engine": lambda wanted: (
        engine.figures([50], max(1, wanted.times // 2))
        if wanted.quick
        else engine.figures([200], max(1, wanted.times // 2), [1_000])
    ),
}


def main() -> None:
    """Run what is asked for; by default everything that this machine can."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; default: all")
    parser.add_argument("--times", type=int, help="samples of each side (default: 9, or 5 if quick)")
    parser.add_argument("--plugins", nargs="+", type=int, metavar="N", help="how many to register")
    parser.add_argument("--quick", action="store_true", help="small sizes only: two minutes instead of fifteen")
    parser.add_argument("--out", type=Path, default=Path("rendered/bench.json"), help="where the JSON goes")
    wanted = parser.parse_args()
    if unknown := set(wanted.sections) - set(SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}.")
    sizes = wanted.plugins or ([100, 1_000] if wanted.quick else [100, 1_000, 10_000])
    progress, console = Console(stderr=True), Console()
    told: list[Figure] = []
    for name in wanted.sections or SECTIONS:
        if name == "engine" and not engine.available():
            progress.print("engine: left out, for there is no pulumi on PATH.")
            continue
        progress.print(f"{name} …")
        told += SECTIONS[name](Wanted(sizes, wanted.times or (5 if wanted.quick else 9), wanted.quick))
        write(told, wanted.out)  # after each section: a run that is broken off leaves what it has measured
    show(told, Console(width=200) if not console.is_terminal else console)
    progress.print(f"Written to {wanted.out} and {wanted.out.with_suffix('.md')}.")


if __name__ == "__main__":
    sys.exit(main())
