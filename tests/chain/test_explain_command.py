"""``mesh-wasm explain`` on programs and on folders of manifests, and ``wasm.chains()``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
from click.testing import CliRunner, Result
from support.programs import extension_args, fleet, gateway_args, group_args, run, unknown

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.cli import main
from mesh_wasm_pulumi.offline.source import source_of

ROOT = Path(__file__).parents[2]
SEED_CHAIN = "-> openid-connect -> istio.authn -> acl-check -> check-header -> router"
PLUGIN = """\
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {{name: a, namespace: edge}}
spec: {{url: "oci://x.io/f/a:{}", priority: 1}}
"""


def explain(*arguments: Any) -> Result:
    return CliRunner().invoke(main, ["explain", *map(str, arguments)])


def test_the_seed_as_a_program() -> None:
    result = explain(ROOT / "examples/istio-seed", "--cluster", "chain")
    assert result.exit_code == 0
    assert f"cluster chain: {SEED_CHAIN}\n" in result.stdout


def test_the_seed_as_a_file() -> None:
    result = explain(Path(__file__).parent / "seed-chain.yaml")
    assert result.exit_code == 0
    assert f"cluster seed-chain: {SEED_CHAIN}\n" in result.stdout


def test_a_plugin_of_which_nothing_is_known_before_the_update() -> None:
    """Its extension comes from another stack, which has not exported it yet."""
    result = explain(ROOT / "examples/two-stacks/team")
    assert result.exit_code == 0, result.output
    assert "acl-check (edge/shop-acl-check-88a8a2) runs nowhere" in result.stdout
    assert "where it runs is not known yet" in result.stdout


def _lines(told: Any) -> dict[str, dict[str, str]]:
    return {
        cluster["name"]: {workload["title"]: workload["line"] for workload in cluster["workloads"]}
        for cluster in told["clusters"]
    }


def test_the_manifests_of_a_plan_have_the_chains_of_its_program(tmp_path: Path) -> None:
    program = ROOT / "examples/tsb-fleet"
    assert CliRunner().invoke(main, ["plan", str(program), "--out", str(tmp_path)]).exit_code == 0
    ours, theirs = (json.loads(explain(path, "--format", "json").stdout) for path in (program, tmp_path))

    assert _lines(ours) == _lines(theirs)
    assert _lines(ours)["blue"]["edge · app=shop-gateway"] == (
        "-> wasm-auth -> istio.authz -> rate-limit -> request-id -> router"
    )


def test_a_printed_plan_is_explained_like_its_program(tmp_path: Path) -> None:
    program, saved = ROOT / "examples/tsb-fleet", tmp_path / "plan.json"
    saved.write_text(CliRunner().invoke(main, ["plan", str(program), "--format", "json"]).stdout)
    ours, theirs = (json.loads(explain(path, "--format", "json").stdout) for path in (program, saved))
    assert _lines(ours) == _lines(theirs)


def test_a_saved_report_is_compared(tmp_path: Path) -> None:
    manifest = tmp_path / "plugins" / "east" / "edge" / "wasmplugin-a.yaml"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(PLUGIN.format("1"))
    before = tmp_path / "before.json"
    assert explain(tmp_path / "plugins", "--format", "json", "--out", before).exit_code == 0
    assert explain(tmp_path / "plugins", "--diff", before).stdout == "Nothing changes.\n"
    manifest.write_text(PLUGIN.format("2"))
    result = explain(tmp_path / "plugins", "--diff", before)
    assert result.stdout == "version: edge/a (cluster east): module: oci://x.io/f/a:1 → oci://x.io/f/a:2\n"
    told = json.loads(explain(tmp_path / "plugins", "--diff", before, "--format", "json").stdout)
    assert [change["kind"] for change in told["changes"]] == ["version"]


@pytest.mark.parametrize("form", ["json", "mermaid", "markdown", "html", "text"])
def test_two_runs_give_the_same_bytes(form: str) -> None:
    first, second = (explain(ROOT, "--format", form) for _ in range(2))
    assert first.exit_code == 0
    assert first.stdout == second.stdout
    assert str(ROOT) not in first.stdout


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (
            "a: 1",
            (),
            "cannot be read: it is no Pulumi program, no TSB document, and holds no WasmPlugin or TrafficExtension.",
        ),
        ("a: [", (), "this is no YAML"),
        (None, ("--diff", __file__, "--format", "mermaid"), "a drawing shows no changes"),
        (None, ("--diff", __file__), "it is no JSON file; make one with mesh-wasm explain --format json."),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(
    tmp_path: Path, content: str | None, options: tuple[str, ...], message: str
) -> None:
    source = Path(__file__).parent / "seed-chain.yaml"
    if content is not None:
        source = tmp_path / "x.yaml"
        source.write_text(content)
    result = explain(source, *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--cluster", "seed-chian"), "there is no cluster 'seed-chian'; the clusters are seed-chain; did you mean"),
        (("--plugin", "acl-chek"), "there is no extension or plugin 'acl-chek'; near are acl-check."),
        (("--plugin", "nope"), "there is no extension or plugin 'nope'; the names are "),
        (("--out", "/nonexist/x"), "/nonexist/x cannot be written: no such file or directory."),
    ],
)
def test_a_name_that_is_not_there_is_told(options: tuple[str, ...], message: str) -> None:
    result = explain(Path(__file__).parent / "seed-chain.yaml", *options)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    "aim", ["targetRefs: [null]", "targetRefs: 5", "targetRef: a", "selector: 5", "selector: {matchLabels: [a]}"]
)
def test_an_aim_of_a_wrong_type_is_explained_as_far_as_it_goes(tmp_path: Path, aim: str) -> None:
    manifest = tmp_path / "x.yaml"
    manifest.write_text(PLUGIN.format("1").replace("priority: 1", f"priority: 1, {aim}"))
    result = explain(manifest)
    assert result.exit_code in (0, 1), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_program_with_errors_is_explained_as_far_as_it_goes() -> None:
    def program() -> None:
        clusters = fleet()
        acl = wasm.WasmExtension("acl", extension_args())
        wasm.IngressGatewayAttachment("front", gateway_args(acl, clusters))
        wasm.SecurityGroupAttachment("all", group_args(acl, clusters, namespace_selector=["north/shop"]))

    source = source_of(run(program))
    assert [member.label for member in source.members] == ["acl"]
    assert any(finding.is_error and name == "all" for name, finding in source.findings)


def _exported(program: Any, *, preview: bool = True) -> Any:
    found: list[Any] = []

    def whole() -> None:
        program()
        found.append(wasm.chains())
        pulumi.export("chains", found[0])

    result = run(whole, preview=preview)
    return found[0], result.stack_outputs.get("chains")


def test_plain_values_give_plain_chains() -> None:
    def program() -> None:
        clusters = fleet()
        acl = wasm.WasmExtension("acl", extension_args())
        geo = wasm.WasmExtension("geo", extension_args(priority=5))
        wasm.IngressGatewayAttachment("front", gateway_args(acl, clusters))
        wasm.SecurityGroupAttachment("all", group_args(geo, clusters, namespace_selector=["*/edge"]))

    told, output = _exported(program)
    expected = {
        "east": {
            "edge · app=shop-gateway": "-> acl -> geo -> router",
            "edge · every workload": "-> geo -> router",
        },
        "west": {"edge · every workload": "-> geo -> router"},
    }
    assert told == expected
    assert output == expected


@pytest.mark.parametrize("preview", [True, False])
def test_an_output_that_decides_the_order_makes_the_chains_one(preview: bool) -> None:
    def program() -> None:
        clusters = fleet()
        number = unknown() if pulumi.runtime.is_dry_run() else pulumi.Output.from_input(99)
        acl = wasm.WasmExtension("acl", extension_args())
        geo = wasm.WasmExtension("geo", extension_args(priority=number))
        both = [{"extension": acl}, {"extension": geo}]
        wasm.IngressGatewayAttachment("front", gateway_args(acl, clusters, extensions=both))

    told, output = _exported(program, preview=preview)
    assert isinstance(told, pulumi.Output)
    line = "-> acl -> router ? geo" if preview else "-> geo -> acl -> router"
    assert output == {"east": {"edge · app=shop-gateway": line}}


def test_an_output_that_does_not_decide_the_order_leaves_them_plain() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(config={"key": pulumi.Output.secret("x")}))
        wasm.IngressGatewayAttachment("front", gateway_args(acl, fleet()))

    told, _ = _exported(program)
    assert told == {"east": {"edge · app=shop-gateway": "-> acl -> router"}}


def test_tsb_documents_have_the_chains_of_what_they_are_translated_into(tmp_path: Path) -> None:
    documents, inventory = ROOT / "examples/tsb-yaml/tsb", ROOT / "examples/tsb-yaml/clusters.yaml"
    translated = CliRunner().invoke(
        main, ["translate", str(documents), "--inventory", str(inventory), "--out", str(tmp_path)]
    )
    assert translated.exit_code == 0
    ours = json.loads(explain(documents, "--inventory", inventory, "--format", "json").stdout)
    theirs = json.loads(explain(tmp_path, "--format", "json").stdout)
    assert _lines(ours) == _lines(theirs)
    assert any(_lines(ours).values())


def test_tsb_documents_need_an_inventory() -> None:
    result = explain(ROOT / "examples/tsb-yaml/tsb")
    assert result.exit_code == 2
    assert "name the file that describes the fleet with --inventory" in " ".join(result.stderr.split())


def test_the_other_commands_do_not_pay_for_this_one() -> None:
    heavy = "{'pydantic', 'yaml', 'mesh_wasm.explain', 'rich.tree'} & set(sys.modules)"
    code = f"import sys, mesh_wasm_pulumi.cli; print({heavy})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
