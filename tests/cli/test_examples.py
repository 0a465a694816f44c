"""Every example runs, and its plan is the one that stands beside it in golden/."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from support.golden import EXAMPLES, ROOT, check_file, check_tree, read_tree

from mesh_wasm_pulumi.cli import main
from mesh_wasm_pulumi.offline.objects import planned_objects
from mesh_wasm_pulumi.offline.run import run_program

# Folder to run, and folder of the golden files: the quickstart's project file stands at the root.
PROGRAMS = {
    "quickstart": (ROOT, EXAMPLES / "quickstart" / "golden"),
    "istio-seed": (EXAMPLES / "istio-seed", EXAMPLES / "istio-seed" / "golden"),
    "tsb-fleet": (EXAMPLES / "tsb-fleet", EXAMPLES / "tsb-fleet" / "golden"),
    "tsb-yaml": (EXAMPLES / "tsb-yaml", EXAMPLES / "tsb-yaml" / "golden"),
    "tsb-organization": (EXAMPLES / "tsb-organization", EXAMPLES / "tsb-organization" / "golden"),
    "locked": (EXAMPLES / "locked", EXAMPLES / "locked" / "golden"),
    "two-stacks": (EXAMPLES / "two-stacks" / "team", EXAMPLES / "two-stacks" / "golden"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_plan_of_an_example(name: str, tmp_path: Path) -> None:
    folder, golden = PROGRAMS[name]
    result = CliRunner().invoke(main, ["plan", str(folder), "--out", str(tmp_path / "out")], prog_name="mesh-wasm")
    assert result.exit_code == 0, result.output
    check_file(golden / "plan.txt", result.stdout)
    check_tree(golden / "manifests", read_tree(tmp_path / "out"))


KUBECONFIG = "apiVersion: v1\nkind: Config\ncontexts: [{{name: {0}, context: {{cluster: {0}, user: u}}}}]\n"


def test_the_first_program_of_the_readme_runs_as_it_stands() -> None:
    readme = (ROOT / "README.md").read_text()
    program = readme.split("```python\n", 1)[1].split("```", 1)[0]
    config = {
        "shop:kubeconfigEast": KUBECONFIG.format("east"),
        "shop:kubeconfigWest": KUBECONFIG.format("west"),
        "shop:registryPassword": "secret",
    }
    code = compile(program, "README.md", "exec")
    run = run_program(lambda: exec(code, {}), project="shop", config=config, secret_keys=tuple(config))
    assert run.failure is None
    assert not [finding for _, finding in run.ledger.findings if finding.is_error]
    kinds = [one.kind for one in planned_objects(run)]
    assert (kinds.count("WasmPlugin"), kinds.count("Secret")) == (2, 2)


def test_the_locked_example_pins_each_cluster_to_its_own_entry() -> None:
    files = read_tree(EXAMPLES / "locked" / "golden" / "manifests")
    urls = sorted(line.split()[1] for text in files.values() for line in text.splitlines() if line.startswith("  url:"))
    assert len(urls) == 4
    assert all("@sha256:" in url for url in urls)
    assert sum("mirror.west.acme.io:5000" in url for url in urls) == 2
