"""Every example runs, and its plan is the one that stands beside it in golden/."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from support.golden import EXAMPLES, ROOT, check_file, check_tree, read_tree

from mesh_wasm_pulumi.cli import main

# Folder to run, and folder of the golden files: the quickstart's project file stands at the root.
PROGRAMS = {
    "quickstart": (ROOT, EXAMPLES / "quickstart" / "golden"),
    "istio-seed": (EXAMPLES / "istio-seed", EXAMPLES / "istio-seed" / "golden"),
    "tsb-fleet": (EXAMPLES / "tsb-fleet", EXAMPLES / "tsb-fleet" / "golden"),
    "tsb-yaml": (EXAMPLES / "tsb-yaml", EXAMPLES / "tsb-yaml" / "golden"),
    "two-stacks": (EXAMPLES / "two-stacks" / "team", EXAMPLES / "two-stacks" / "golden"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_plan_of_an_example(name: str, tmp_path: Path) -> None:
    folder, golden = PROGRAMS[name]
    result = CliRunner().invoke(main, ["plan", str(folder), "--out", str(tmp_path / "out")], prog_name="mesh-wasm")
    assert result.exit_code == 0, result.output
    check_file(golden / "plan.txt", result.stdout)
    check_tree(golden / "manifests", read_tree(tmp_path / "out"))


def test_the_readme_shows_the_quickstart_as_it_is() -> None:
    """The first program of the README is the quickstart, word for word."""
    program = (EXAMPLES / "quickstart" / "__main__.py").read_text()
    readme = (ROOT / "README.md").read_text()
    shown = readme.split("```python\n", 1)[1].split("```", 1)[0]
    for line in shown.splitlines():
        assert line in program, f"the README shows a line that the quickstart lacks: {line!r}"
