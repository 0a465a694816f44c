"""The pages of docs/rules, made from the rules themselves: ``python -m mesh_wasm.rules.pages docs/rules``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from mesh_wasm.findings.rule import CATALOGUE, Family, Rule

from . import checks

INDEX = "README.md"


def pages() -> dict[str, str]:
    """Every page by its file name."""
    return {INDEX: _index(), **{f"{rule.id}.md": _page(rule) for rule in _rules()}}


def write(folder: Path) -> list[str]:
    """Write the pages, remove those of rules that are gone; return the names of the files that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    changed = []
    for path in folder.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
            changed.append(path.name)
    for name, text in wanted.items():
        path = folder / name
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
            changed.append(name)
    return changed


def _rules() -> list[Rule]:
    return sorted(CATALOGUE.values(), key=lambda rule: rule.id)


def _index() -> str:
    lines = [
        "# Rules",
        "",
        f"The {len(CATALOGUE)} rules of mesh-wasm. Preview (`pulumi preview`), `mesh-wasm lint` and the policy pack ask the",
        "same ones. An error stops the component or fails the lint, a warning and an info do not.",
        "",
        "These pages are generated: `python -m mesh_wasm.rules.pages docs/rules`.",
    ]
    for family in Family:
        members = [rule for rule in _rules() if rule.family is family]
        lines += ["", f"## {family.capitalize()}", "", "| rule | severity | what |", "| --- | --- | --- |"]
        lines += [f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.title} |" for rule in members]
    return "\n".join([*lines, "", *_settling()]) + "\n"


def _settling() -> Iterator[str]:
    yield from (
        "## Waiving a finding",
        "",
        "A waiver is one line: the rule, the last day on which it holds, and the reason. It stands in the annotation",
        "`mesh-wasm/waive` of an object, one waiver a line, or in the argument `waivers` of a component, one an item:",
        "",
        "```yaml",
        "metadata:",
        "  annotations:",
        "    mesh-wasm/waive: |",
        "      MW403 until 2027-01-31: the whole namespace is meant",
        "```",
        "",
        "A waived finding is told as info. An expired waiver is an error ([MW902](MW902.md)). What the API server refuses,",
        "and what cannot be placed at all (MW1xx, MW5xx), cannot be waived.",
        "",
        "## Changing a severity",
        "",
        "`mesh-wasm lint --severity MW303=warning --severity MW213=off …`; for a stack, in Pulumi's configuration:",
        "`pulumi config set --path 'mesh-wasm:severities.MW303' warning`; in the policy pack, by its enforcement level.",
    )


def _page(rule: Rule) -> str:
    lines = [
        f"# {rule.id}: {rule.title}",
        "",
        f"{rule.severity.capitalize()}, family {rule.family}. " + _changeable(rule),
        "",
        rule.why,
        "",
        f"**How to mend it.** {rule.fix}",
        "",
        "## What breaks it",
        "",
        *_code(rule.language, rule.bad),
        "",
        "## The same, mended",
        "",
        *_code(rule.language, rule.good),
    ]
    if rule.inventory:
        lines += ["", "With the inventory", "", *_code("yaml", rule.inventory)]
    if rule.lock:
        lines += ["", "With `mesh-wasm.lock`", "", *_code("json", rule.lock)]
    return "\n".join([*lines, "", f"Source: {rule.source}."]) + "\n"


def _changeable(rule: Rule) -> str:
    if rule.enforced:
        return "The API server or istiod refuses it as well, so it cannot be waived."
    return "It [can be waived](README.md#waiving-a-finding)." if rule.waivable else "It cannot be waived."


def _code(language: str, text: str) -> list[str]:
    return [f"```{language}", text.rstrip("\n"), "```"]


if __name__ == "__main__":
    assert checks.FAMILIES  # importing it fills the catalogue
    print("\n".join(write(Path(sys.argv[1]))) or "all pages are current")
