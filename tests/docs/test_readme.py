"""What a newcomer meets first: the program works as it stands there, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.golden import ROOT

from mesh_wasm_pulumi.cli import main

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "components" / "README.md", *(ROOT / "examples").glob("*/README.md")]


def test_the_program_of_the_readme_is_planned(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (tmp_path / "Pulumi.yaml").write_text("name: first\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(program)
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n" + "".join(f"  first:{key}: {{secure: AAAA}}\n" for key in ("kubeconfigEast", "kubeconfigWest", "registryPassword"))
    )
    told = CliRunner().invoke(main, ["plan", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "2 clusters, 2 WasmPlugins" in told.output


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
