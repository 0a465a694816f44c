"""The page docs/known-bugs.md, made from the table: ``python -m mesh_wasm.rules.known_bugs.page docs/known-bugs.md``."""

from __future__ import annotations

import sys
from pathlib import Path

from .check import KNOWN_BUG
from .table import KNOWN_BUGS, KnownBug

_RULE = f"[{KNOWN_BUG.id}](rules/{KNOWN_BUG.id}.md)"
_HEAD = f"""\
# Known bugs of Istio that hit plugins

This page answers: which versions have them, which plugins are hit, and what helps.

With an inventory that says which Istio a cluster has,
`mesh-wasm lint`, preview and plan tell those that a plugin's own spec shows: {_RULE}. A version without its
patch, such as `1.30`, is some patch of it: then the finding says so, and is a warning where only some have the bug.

This page is made from the table that the rule reads: `python -m mesh_wasm.rules.known_bugs.page docs/known-bugs.md`.
"""


def page() -> str:
    """The page as Markdown."""
    return "\n".join([_HEAD, *map(_section, KNOWN_BUGS)])


def _section(bug: KnownBug) -> str:
    told = f"[{bug.told_by}](rules/{bug.told_by}.md)" if bug.told_by else KNOWN_BUG.id if bug.shape else "no rule"
    return "\n".join(
        [
            f"## {bug.key.replace('-', ' ').capitalize()}",
            "",
            f"{bug.what} {bug.happens}.",
            "",
            f"- Versions: {bug.span}.",
            *([f"- What helps: {bug.fix}"] if bug.fix else []),
            f"- Told by: {told}.",
            f"- Source: {bug.source}.",
            "",
        ]
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page())
