"""The table of the benchmark, as text for a terminal or as Markdown for the page in docs, and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from .figures import Figure

HEADINGS = ("measured", "size", "compared with", "theirs", "mesh-wasm", "ratio (lowest to highest)", "aim")


def cells(figure: Figure) -> tuple[str, ...]:
    """The line of a figure."""
    ratio = "" if not figure.ratios else f"{median(figure.ratios):.2f} {_spread(figure.ratios, 2)}"
    theirs = _amount(figure.base, figure.unit) if figure.base else ""
    return (
        figure.name,
        figure.size,
        figure.against,
        theirs,
        _amount(figure.ours, figure.unit),
        ratio,
        "" if figure.aim is None else f"≤ {figure.aim:g}{'' if figure.met else ', missed'}",
    )


def _amount(samples: Sequence[float], unit: str) -> str:
    middle = median(samples)
    places = 0 if middle >= 100 else 1 if middle >= 10 else 2
    spread = "" if min(samples) == max(samples) else f" {_spread(samples, places)}"
    return f"{middle:,.{places}f} {unit}{spread}"


def _spread(samples: Sequence[float], places: int) -> str:
    return f"({min(samples):,.{places}f} to {max(samples):,.{places}f})"


def show(figures: Sequence[Figure], console: Console) -> None:
    """Print the table."""
    table = Table(*HEADINGS, box=box.SIMPLE_HEAD)
    section = None
    for figure in figures:
        if section not in (None, figure.section):
            table.add_section()
        section = figure.section
        table.add_row(*cells(figure), style=None if figure.met in (None, True) else "yellow")
    console.print(table)


def markdown(figures: Sequence[Figure]) -> str:
    """The table for the page in docs."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "| " + " | ".join("---" for _ in HEADINGS) + " |"]
    return "\n".join([*lines, *("| " + " | ".join(cells(figure)) + " |" for figure in figures)]) + "\n"


def machine() -> dict[str, Any]:
    """Where and with what it was measured."""
    return {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        **{name: version(name) for name in ("pulumi", "pulumi-kubernetes", "pydantic", "PyYAML", "grpcio")},
    }


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write the table with all samples as JSON, and as Markdown beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"machine": machine(), "figures": [figure.as_json() for figure in figures]}
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(markdown(figures), encoding="utf-8")
