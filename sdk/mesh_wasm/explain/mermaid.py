"""A report as a Mermaid flowchart, for README files and pull requests: a row for every chain."""

from __future__ import annotations

from ._views import place, variants
from .shape import Report, StepReport, WorkloadReport

_STYLES = (
    "classDef istio fill:#f4f4f4,stroke:#999,color:#333",
    "classDef plugin fill:#e0ecff,stroke:#2457a6,color:#10243f",
    "classDef tied fill:#ffe3e0,stroke:#b3261e,color:#410e0b",
)


def mermaid(told: Report) -> str:
    """The chart; equal chains of several clusters are one row."""
    lines = ["flowchart LR"]
    for row, variant in enumerate(variants(told)):
        title = f"{variant.title} ({', '.join(variant.clusters)})"
        lines.append(f'  subgraph w{row}["{_escaped(title)}"]')
        lines.append("    direction LR")
        lines += [f"    {line}" for line in _row(row, variant.workload, told)]
        lines.append("  end")
    return "\n".join([*lines, *(f"  {style}" for style in _STYLES)]) + "\n"


def _row(row: int, workload: WorkloadReport, told: Report) -> list[str]:
    nodes = [
        f"w{row}s{place_}{_node(step, told)}" for place_, step in enumerate([*workload["network"], *workload["http"]])
    ]
    chain = [" --> ".join(nodes)] if nodes else []
    loose = [
        f'w{row}u{number}["{_escaped(told["plugins"][key]["label"])}<br/>{place(told["plugins"][key])}"]:::plugin'
        for number, key in enumerate(workload["undecided"])
    ]
    return [*chain, *loose]


def _node(step: StepReport, told: Report) -> str:
    if "plugin" not in step:
        return f'(["{_escaped(step["name"])}"]):::istio'
    words = [step["name"], place(told["plugins"][step["plugin"]]), step.get("condition", "")]
    text = "<br/>".join(_escaped(word) for word in words if word)
    return f'["{text}"]:::{"tied" if "tied" in step else "plugin"}'


def _escaped(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
