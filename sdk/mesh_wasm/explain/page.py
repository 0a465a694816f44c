"""A report as one HTML page: no script, no network, readable on a phone and by a screen reader, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from mesh_wasm.findings.finding import counted

from ._views import Variant, details, place, steps, variants
from .diff import ChangeReport
from .shape import Report, StepReport, WorkloadReport

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(told: Report, changes: Sequence[ChangeReport] | None = None) -> str:
    """The whole page; with the changes first, if there are any to tell."""
    shown = variants(told)
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    title = escape(f"Filter chains: {told['title']}")
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{title}</title>",
        f"<style>\n{style}</style>",
        "</head>",
        "<body>",
        "<header>",
        f"<h1>{title}</h1>",
        f'<p class="faint">{escape(_summary(told))}</p>',
        "</header>",
        "<main>",
        *(_changes(changes) if changes is not None else ()),
        *_matrix(told, shown),
        *_chains(told, shown),
        *_unreached(told),
        *_verdicts(told),
        *_findings(told),
        *_glossary(shown),
        "</main>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _summary(told: Report) -> str:
    workloads = len({workload["title"] for cluster in told["clusters"] for workload in cluster["workloads"]})
    counts = [
        counted(len(told["clusters"]), "cluster"),
        counted(workloads, "kind of workload", "kinds of workloads"),
        counted(len(told["plugins"]), "plugin"),
        counted(len(told["findings"]) + len(told["problems"]), "finding"),
    ]
    return f"{', '.join(counts)}. {_steadiness(told)}"


def _steadiness(told: Report) -> str:
    chains = [workload for cluster in told["clusters"] for workload in cluster["workloads"]]
    if any("tied" in step for workload in chains for step in steps(workload)):
        return "Some plugins tie: their order is that in which they are created."
    if any(workload["undecided"] for workload in chains):
        return "Some plugins have no place yet: it is known at deployment."
    return "The order is the same wherever and whenever the plugins are created."


def _matrix(told: Report, shown: Sequence[Variant]) -> Iterator[str]:
    """Workloads down, clusters across; each cell leads to the chain that is drawn below."""
    cells = {(one.title, cluster): number for number, one in enumerate(shown) for cluster in one.clusters}
    names = [cluster["name"] for cluster in told["clusters"]]
    yield '<section aria-labelledby="matrix">'
    yield '<h2 id="matrix">Clusters and workloads</h2>'
    how = "The plugins of each workload, in the order in which they run. Follow a cell to its whole chain."
    yield f'<p class="faint">{how}</p>'
    yield '<div class="scroll" role="region" aria-labelledby="matrix" tabindex="0">'
    yield '<table aria-labelledby="matrix">'
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    yield f'<thead><tr><th scope="col" class="corner">workload</th>{heads}</tr></thead>'
    yield "<tbody>"
    for title in dict.fromkeys(one.title for one in shown):
        row = "".join(_cell(shown, cells.get((title, name))) for name in names)
        yield f'<tr><th scope="row">{escape(title)}</th>{row}</tr>'
    yield "</tbody>"
    yield "</table>"
    yield "</div>"
    yield "</section>"


def _cell(shown: Sequence[Variant], number: int | None) -> str:
    if number is None:
        return '<td class="nothing">none</td>'
    workload = shown[number].workload
    names = [f"{step['name']}{' (tied)' if 'tied' in step else ''}" for step in steps(workload) if "plugin" in step]
    text = " → ".join(names) or "order not known yet"
    if workload["undecided"] and names:
        text += f" and {len(workload['undecided'])} not placed yet"
    return f'<td><a href="#c{number}">{escape(text)}</a></td>'


def _chains(told: Report, shown: Sequence[Variant]) -> Iterator[str]:
    yield '<section aria-labelledby="chains">'
    yield '<h2 id="chains">Chains</h2>'
    how = "Requests pass the filters in this order. Dashed: Istio’s own. Open a plugin to see why it is there."
    yield f'<p class="faint">{how}</p>'
    title = ""
    for number, one in enumerate(shown):
        if one.title != title:
            title = one.title
            yield f"<h3>{escape(title)}</h3>"
        yield f'<article class="variant" id="c{number}">'
        yield f"<p>{'Clusters' if len(one.clusters) > 1 else 'Cluster'} <b>{escape(', '.join(one.clusters))}</b></p>"
        if "known" in one.workload:
            yield f'<p class="faint">{escape(one.workload["known"])}</p>'
        yield from _drawn(told, one.workload)
        yield "</article>"
    yield "</section>"


def _drawn(told: Report, workload: WorkloadReport) -> Iterator[str]:
    for name, layer in (("Network filters", workload["network"]), ("HTTP filters", workload["http"])):
        if layer:
            if workload["network"]:
                yield f'<p class="layer">{name}</p>'
            yield f'<ol class="chain" aria-label="{name}, in order">'
            yield from (_step(told, step) for step in layer)
            yield "</ol>"
    if workload["undecided"]:
        yield '<p class="layer">Their place is not known yet</p>'
        yield '<ul class="chain">'
        yield from (
            f"<li>{_plugin(told, key, told['plugins'][key]['label'], [])}</li>" for key in workload["undecided"]
        )
        yield "</ul>"


def _step(told: Report, step: StepReport) -> str:
    if "plugin" not in step:
        return f'<li><span class="own">{escape(step["name"])}</span></li>'
    notes = [step["condition"]] if "condition" in step else []
    return f"<li>{_plugin(told, step['plugin'], step['name'], notes, step.get('tied', []))}</li>"


def _plugin(told: Report, key: str, name: str, notes: list[str], tied: Sequence[str] = ()) -> str:
    plugin = told["plugins"][key]
    lines = [place(plugin), *notes]
    if tied:
        lines.append(f"tied with {', '.join(tied)}: the time of creation decides")
    small = "".join(f"<span>{escape(line)}</span>" for line in lines)
    facts = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in details(plugin))
    if "verdict" in plugin:
        status = escape(plugin["verdict"]["status"])
        facts += f'<dt>in a real Envoy</dt><dd><a href="#{_verdict_id(told, key)}">{status}</a></dd>'
    mark = ' class="tied"' if tied else ""
    return f"<details{mark}><summary><b>{escape(name)}</b>{small}</summary><dl>{facts}</dl></details>"


def _changes(changes: Sequence[ChangeReport]) -> Iterator[str]:
    yield '<section aria-labelledby="changes">'
    yield '<h2 id="changes">Changes</h2>'
    if not changes:
        yield "<p>Nothing changes.</p>"
    yield '<ul class="list">'
    for one in changes:
        where = f" in {', '.join(one['clusters'])}" if one["clusters"] else ""
        head = f'<span class="tag">{escape(one["kind"])}</span><b>{escape(one["subject"])}</b>{escape(where)}'
        yield f'<li class="{escape(one["kind"])}">{head}: {escape(one["text"])}</li>'
    yield "</ul>"
    yield "</section>"


def _unreached(told: Report) -> Iterator[str]:
    idle = [told["plugins"][key] for cluster in told["clusters"] for key in cluster["unreached"]]
    if not idle:
        return
    yield '<section aria-labelledby="idle">'
    yield '<h2 id="idle">Plugins that run nowhere</h2>'
    yield '<ul class="list">'
    for plugin in idle:
        where = f"{plugin['cluster']}: {plugin['namespace']}/{plugin['name']}"
        yield f"<li><b>{escape(where)}</b>: {escape(plugin['why'])}</li>"
    yield "</ul>"
    yield "</section>"


def _verdicts(told: Report) -> Iterator[str]:
    """What trials said, plugin by plugin; each plugin leads to its own."""
    tried = {key: plugin["verdict"] for key, plugin in told["plugins"].items() if "verdict" in plugin}
    if not tried:
        return
    yield '<section aria-labelledby="verdicts">'
    yield '<h2 id="verdicts">In a real Envoy</h2>'
    yield '<p class="faint">Whether each module starts with its configuration, as mesh-wasm.lock has it.</p>'
    yield '<ul class="list">'
    for key, verdict in tried.items():
        plugin = told["plugins"][key]
        where = f"{plugin['cluster']}: {plugin['namespace']}/{plugin['name']}"
        mark = ' class="error"' if verdict["status"] == "refused" else ""
        tag = f'<span class="tag">{escape(verdict["status"])}</span>'
        yield f'<li id="{_verdict_id(told, key)}"{mark}>{tag}<b>{escape(where)}</b>: {escape(verdict["says"])}</li>'
    yield "</ul>"
    yield "</section>"


def _verdict_id(told: Report, key: str) -> str:
    return f"v{list(told['plugins']).index(key)}"


def _findings(told: Report) -> Iterator[str]:
    if not told["findings"] and not told["problems"]:
        return
    yield '<section aria-labelledby="findings">'
    yield '<h2 id="findings">Findings</h2>'
    yield '<ul class="list">'
    for problem in told["problems"]:
        yield f'<li class="error"><span class="tag">error</span>{escape(problem)}</li>'
    for one in told["findings"]:
        tag = f'<span class="tag">{escape(one["severity"])}</span>'
        about = f"<b>{escape(one['component'])}</b>: " if one["component"] else ""
        rule = f'<span class="faint">{escape(one["rule"])}</span>'
        yield f'<li class="{escape(one["severity"])}">{tag}{about}{escape(one["message"])} {escape(one["fix"])} {rule}</li>'
    yield "</ul>"
    yield "</section>"


def _glossary(shown: Sequence[Variant]) -> Iterator[str]:
    """What Istio's own filters do: told once, and not only to those who can hover."""
    own = {step["name"]: step.get("what", "") for one in shown for step in steps(one.workload) if "plugin" not in step}
    if not own:
        return
    yield '<section aria-labelledby="own">'
    yield '<h2 id="own">Istio’s own filters</h2>'
    yield '<dl class="glossary">'
    yield from (f"<dt>{escape(name)}</dt><dd>{escape(what)}</dd>" for name, what in own.items())
    yield "</dl>"
    yield "</section>"
