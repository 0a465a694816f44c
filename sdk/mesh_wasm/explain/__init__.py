"""Explaining a mesh: why is this plugin here, and what runs before and after it.

:func:`report` turns a :class:`~mesh_wasm.sources.source.Source` into plain data that holds no secret and is the same
bytes for the same input. Text, Mermaid, HTML and differences are made from that data, so a saved report can be shown,
or compared, later.
"""

from __future__ import annotations

from .diff import differences
from .report import report, to_json
from .shape import Report

__all__ = [
    "Report",
    "diff",
    "differences",
    "markdown",
    "marks",
    "mermaid",
    "page",
    "report",
    "select",
    "shape",
    "text",
    "to_json",
]
