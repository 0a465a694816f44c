"""Claims name sources that a reader has: public files and pages, or the test that has seen it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mesh_wasm.findings.rule import CATALOGUE
from mesh_wasm.rules import checks

ROOT = Path(__file__).parents[2]
assert checks.FAMILIES  # importing it fills the catalogue
_PRIVATE = re.compile(r"\bfacts [A-E]?\d|\(facts,? [A-Ep\d]|\bfacts/|\.\./shared/")
"""Notes that only the authors have."""
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", *(ROOT / "examples").rglob("*.md")])
CODE = sorted([*(ROOT / "sdk").rglob("*.py"), *(ROOT / "components").rglob("*.py")])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_refers_to_notes_that_no_reader_has(path: Path) -> None:
    assert _PRIVATE.findall(path.read_text(encoding="utf-8")) == []


def test_no_docstring_or_comment_does() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in CODE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if _PRIVATE.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("rule", CATALOGUE.values(), ids=lambda rule: rule.id)
def test_what_a_rule_names_as_its_test_is_there(rule: object) -> None:
    source = str(getattr(rule, "source", ""))
    for named in re.findall(r"\btests/[\w/.]+", source):
        if not named.startswith(
            "tests/live/"
        ):  # these run where the mesh is built, and may be named as they are written
            assert (ROOT / named.rstrip(".")).exists(), f"{source}: there is no {named}"


_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    broken = [
        f"{target}{anchor}"
        for target, anchor in _LINK.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists() or (anchor and anchor[1:] not in _anchors(path.parent / target))
    ]
    assert broken == []


def _anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


LONG = [
    ROOT / "docs" / f"{name}.md"
    for name in ("architecture", "components", "explain", "measured", "performance", "pull-secrets", "stacks")
]


@pytest.mark.parametrize("path", LONG, ids=lambda path: path.name)
def test_a_long_page_starts_with_what_it_answers(path: Path) -> None:
    assert any("answers" in line for line in path.read_text().splitlines()[:6])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_table_is_in_one_piece(path: Path) -> None:
    """A line of a table that follows an empty line without a head of its own is shown as text."""
    lines = path.read_text(encoding="utf-8").splitlines()
    torn = [
        number
        for number, (before, line, after) in enumerate(
            zip(["", *lines], lines, [*lines[1:], ""], strict=False), start=1
        )
        if line.startswith("| ") and not before.startswith("|") and not re.fullmatch(r"\|(?: ?:?-+:? ?\|)+", after)
    ]
    assert torn == []
