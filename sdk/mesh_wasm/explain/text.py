"""A report as a tree for people."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from mesh_wasm.findings.finding import Severity, counted

from ._views import Variant, details, place, variants
from .diff import ChangeReport
from .shape import FindingReport, Report, StepReport


def tree(told: Report) -> Tree:
    """Workloads; below each its chains, with every filter in order; equal chains of several clusters once."""
    root = Tree(Text(told["title"], style="bold"))
    branches: dict[str, Tree] = {}
    for variant in variants(told):
        branch = branches.get(variant.title)
        if branch is None:
            branch = branches[variant.title] = root.add(Text(variant.title, style="bold cyan"))
        _chain(branch, variant, told)
    for cluster in told["clusters"]:
        for key in cluster["unreached"]:
            plugin = told["plugins"][key]
            line = f"{plugin['label']} ({plugin['namespace']}/{plugin['name']}) runs nowhere: {plugin['why']}"
            root.add(Text(f"cluster {cluster['name']}: {line}", style="yellow"))
        if "knowledge" in cluster:
            root.add(Text(f"cluster {cluster['name']}: {cluster['knowledge']}", style="dim"))
    return root


def _chain(branch: Tree, variant: Variant, told: Report) -> None:
    where = f"cluster{'s' * (len(variant.clusters) > 1)} {', '.join(variant.clusters)}"
    title = Text(f"{where}: ")
    title.append(variant.workload["line"] or "(order not known yet)", style="bold")
    chain = branch.add(title)
    if "known" in variant.workload:
        chain.add(Text(variant.workload["known"], style="italic"))
    for step in (*variant.workload["network"], *variant.workload["http"]):
        _step(chain, step, told)
    for key in variant.workload["undecided"]:
        plugin = told["plugins"][key]
        undecided = chain.add(Text(f"? {plugin['label']}  {place(plugin)}", style="yellow"))
        for name, text in details(plugin):
            undecided.add(Text(f"{name}: {text}"))


def _step(chain: Tree, step: StepReport, told: Report) -> None:
    if "plugin" not in step:
        chain.add(Text(f"{step['name']}  {step.get('what', '')}", style="dim"))
        return
    plugin = told["plugins"][step["plugin"]]
    line = Text(step["name"], style="bold green")
    line.append(f"  {place(plugin)}", style="not bold default")
    if "condition" in step:
        line.append(f"  {step['condition']}", style="not bold yellow")
    if "tied" in step:
        line.append(f"  TIED with {', '.join(step['tied'])}: ordered by time of creation", style="bold red")
    leaf = chain.add(line)
    for name, text in details(plugin):
        leaf.add(Text(f"{name}: {text}", style="default"))


def change_lines(changes: Sequence[ChangeReport]) -> list[str]:
    """The changes, a line each."""
    if not changes:
        return ["Nothing changes."]
    return [f"{one['kind']}: {one['subject']}{_where(one['clusters'])}: {one['text']}" for one in changes]


def _where(clusters: list[str]) -> str:
    return f" (cluster{'s' * (len(clusters) > 1)} {', '.join(clusters)})" if clusters else ""


def error_lines(told: Report) -> list[str]:
    """What makes the report one of a broken source, a line each; it stands above everything else."""
    errors = finding_lines(one for one in told["findings"] if one["severity"] == Severity.ERROR)
    lines = [*errors, *(f"error: {problem}" for problem in told["problems"])]
    return [*lines, f"{counted(len(lines), 'error')}: what follows is as far as it goes."] if lines else []


def note_lines(told: Report) -> list[str]:
    """The other findings, a line each: below the chains, warnings last."""
    others = [one for one in told["findings"] if one["severity"] != Severity.ERROR]
    return finding_lines(sorted(others, key=lambda one: -Severity(one["severity"]).rank))


def finding_lines(findings: Iterable[FindingReport]) -> list[str]:
    """The findings, a line each."""
    return [
        f"{one['severity']}: {one['component']}{': ' if one['component'] else ''}"
        f"{one['message']} {one['fix']} [{one['rule']}]"
        for one in findings
    ]


def as_text(told: Report, changes: Sequence[ChangeReport] | None) -> str:
    """What the command prints, as one text without colours."""
    stream = io.StringIO()
    if changes is None:
        Console(file=stream, width=10_000, color_system=None, soft_wrap=True, highlight=False).print(tree(told))
    lines = [*(change_lines(changes) if changes is not None else ()), *note_lines(told)]
    above, below = ("".join(f"{line}\n" for line in part) for part in (error_lines(told), lines))
    return above + stream.getvalue() + below
