"""``mesh-wasm catalogue``: what it writes and leaves, and that everybody reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from mesh_wasm_pulumi.cli import main

FQN = "organizations/acme/extensions/"
FILE = "mesh-wasm.catalogue.yaml"
INVENTORY = "clusters:\n  east: {namespaces: [edge]}\n"
PROGRAM = """
import mesh_wasm_pulumi as wasm
import pulumi_kubernetes as k8s

east = wasm.Cluster("east", provider=k8s.Provider("east", kubeconfig="{}"), namespaces=["edge"], istio_version="1.27")
names = open("names").read().split()
tied = [
    wasm.WasmExtension(name, {"organization": "acme", "image": f"oci://r.acme.io/{name}@sha256:" + "ab" * 32,
                              "phase": "AUTHZ"})
    for name in names
]
wasm.IngressGatewayAttachment("edge", {
    "gateway": "organizations/acme/tenants/shop/workspaces/web/gatewaygroups/edge/ingressgateways/gw",
    "workload_selector": {"namespace": "edge", "labels": {"app": "gw"}},
    "extensions": [{"extension": one} for one in tied],
    "fleet": wasm.Fleet([east]),
})
"""


def run(*args: str) -> Result:
    result = CliRunner().invoke(main, list(args), prog_name="mesh-wasm")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.output
    return result


def extension(name: str, priority: int = 0, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "extension.tsb.tetrate.io/v2",
        "kind": "WasmExtension",
        "metadata": {"organization": "acme", "name": name},
        "spec": {"url": f"oci://r.acme.io/{name}:1", "phase": "AUTHZ", "priority": priority, **spec},
    }


def gateway(*names: str) -> dict[str, Any]:
    return {
        "apiVersion": "gateway.tsb.tetrate.io/v2",
        "kind": "IngressGateway",
        "metadata": {"organization": "acme", "tenant": "shop", "workspace": "web", "group": "edge", "name": "gw"},
        "spec": {
            "workloadSelector": {"namespace": "edge", "labels": {"app": "gw"}},
            "extension": [{"fqn": FQN + name} for name in names],
        },
    }


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("clusters.yaml").write_text(INVENTORY)
    Path("tsb").mkdir()
    return tmp_path


def declare(*names: str, **priorities: int) -> None:
    documents = [extension(name, priorities.get(name, 0)) for name in names]
    Path("tsb/all.yaml").write_text(yaml.safe_dump_all([*documents, gateway(*names)]))


def held(path: str = f"tsb/{FILE}") -> dict[str, int]:
    return {item["fqn"].removeprefix(FQN): item["written"] for item in yaml.safe_load(Path(path).read_text())}


def translated(*args: str) -> dict[str, int]:
    """The priorities that ``translate`` writes, by extension."""
    result = run("translate", "tsb", "--inventory", "clusters.yaml", "--out", "out", *args)
    assert result.exit_code == 0, result.output
    found = [yaml.safe_load(path.read_text()) for path in Path("out").rglob("*.yaml")]
    return {
        one["metadata"]["annotations"]["mesh-wasm/extension"].removeprefix(FQN): one["spec"]["priority"]
        for one in found
    }


def test_numbers_stay_when_an_extension_is_added_among_them(work: Path) -> None:
    declare("acl", "header", "quota")
    assert translated() == {"acl": 1, "header": 0, "quota": -1}
    first = run("catalogue", "tsb")
    assert first.exit_code == 0, first.output
    assert f"{FQN}acl: 20 (new, priority 0 in phase AUTHZ; without this file, 1 is written)" in first.stdout
    assert translated() == {"acl": 20, "header": 0, "quota": -20}
    declare("acl", "bbb", "header", "quota")
    assert run("catalogue", "tsb", "--check").exit_code == 1
    assert translated() == {"acl": 20, "bbb": 10, "header": 0, "quota": -20}  # nobody moves before it is put in
    assert run("catalogue", "tsb").exit_code == 0
    assert translated() == {"acl": 20, "bbb": 10, "header": 0, "quota": -20}  # and it stays when it is
    checked = run("catalogue", "tsb", "--check")
    assert (checked.exit_code, checked.stdout) == (0, f"tsb/{FILE}: 4 extensions; it is up to date.\n")


def test_one_that_is_not_held_is_told(work: Path) -> None:
    declare("acl", "quota")
    told = run("translate", "tsb", "--inventory", "clusters.yaml").stdout
    assert "An extension that is added among them later can move these numbers." in told
    assert "hold the numbers: mesh-wasm catalogue" in told
    run("catalogue", "tsb")
    told = run("translate", "tsb", "--inventory", "clusters.yaml").stdout
    assert "can move" not in told
    assert "MW723" not in told
    declare("acl", "bbb", "quota")
    told = run("translate", "tsb", "--inventory", "clusters.yaml").stdout
    assert f"the catalogue holds the numbers of others, and none for {FQN}bbb: priority -10 is written" in told
    assert "can move" not in told


def test_where_no_number_is_left_it_says_who_moves(work: Path) -> None:
    declare("acl", "header", "quota")
    assert run("catalogue", "tsb", "--as-written").exit_code == 0
    assert held() == {"acl": 1, "header": 0, "quota": -1}
    declare("acl", "bbb", "header", "quota")
    warned = run("lint", "tsb", "--inventory", "clusters.yaml").stdout
    assert (
        f"the catalogue holds the numbers of the neighbours of {FQN}bbb, and none is left between them: priority"
        in warned
    )
    result = run("catalogue", "tsb")
    assert f"{FQN}acl: 1 -> 40 (moved: no number was left for one beside it)" in result.stdout
    assert translated() == {"acl": 40, "bbb": 20, "header": 0, "quota": -1}


def test_comments_order_and_spelling_stay(work: Path) -> None:
    declare("acl", "bbb", "header", "zoo")
    Path("own.yaml").write_text(
        "# Our order: ask Ann.\n"
        f"- fqn: {FQN}header   # late\n"
        "  phase: AUTHZ\n"
        "  written: -5\n"
        "\n"
        "# first of all\n"
        f'- {{"fqn": "{FQN}acl", phase: "AUTHZ", written: 5}}  # keep\n'
        f"- {{fqn: {FQN}gone, phase: AUTHZ, priority: -90}}\n"
    )
    result = run("catalogue", "tsb", "--out", "own.yaml")
    assert result.exit_code == 0, result.output
    assert f"{FQN}gone: kept, though no SOURCE declares it" in result.stdout
    assert Path("own.yaml").read_text() == (
        "# Our order: ask Ann.\n"
        f"- fqn: {FQN}header   # late\n"
        "  phase: AUTHZ\n"
        "  written: -5\n"
        f"- {{fqn: {FQN}zoo, phase: AUTHZ, priority: 0, written: -25}}\n"
        "\n"
        "# first of all\n"
        f'- {{"fqn": "{FQN}acl", phase: "AUTHZ", written: 5}}  # keep\n'
        f"- {{fqn: {FQN}bbb, phase: AUTHZ, priority: 0, written: 0}}\n"
        f"- {{fqn: {FQN}gone, written: -90, phase: AUTHZ, priority: -90}}\n"
    )
    before = Path("own.yaml").read_text()
    assert "up to date" in run("catalogue", "tsb", "--out", "own.yaml").stdout
    assert Path("own.yaml").read_text() == before
    assert f"{FQN}gone: dropped" in run("catalogue", "tsb", "--out", "own.yaml", "--prune").stdout
    assert Path("own.yaml").read_text() == "".join(
        line for line in before.splitlines(keepends=True) if "gone" not in line
    )


@pytest.mark.parametrize("flow", [False, True], ids=["block", "flow"])
@pytest.mark.parametrize("kept", [("bbb",), ()], ids=["one stays", "none stays"])
def test_several_are_dropped_at_once(work: Path, flow: bool, kept: tuple[str, ...]) -> None:
    declare("zoo", *kept)
    lines = [f"{{fqn: {FQN}{name}, phase: AUTHZ, written: {at}}}" for at, name in ((5, "acl"), (3, "bbb"), (1, "ccc"))]
    text = "[" + ", ".join(lines) + "]\n" if flow else "# ours\n" + "".join(f"- {line}\n" for line in lines)
    Path("own.yaml").write_text(text)
    result = run("catalogue", "tsb", "--out", "own.yaml", "--prune")
    assert result.exit_code == 0, result.output
    assert set(held("own.yaml")) == {"zoo", *kept}
    assert ("# ours" in Path("own.yaml").read_text()) is not flow
    assert "up to date" in run("catalogue", "tsb", "--out", "own.yaml", "--prune").stdout


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f'[\r\n  {{"fqn": "{FQN}acl", "phase": "AUTHZ", "written": 3}}\r\n]\r\n',
            (
                f'[\r\n  {{"fqn": "{FQN}acl", "phase": "AUTHZ", "written": 3}}, '
                f'{{"fqn": "{FQN}bbb", "phase": "AUTHZ", "priority": 0, "written": 0}}\r\n]\r\n'
            ),
        ),
        (
            f"- fqn: {FQN}acl\r\n  phase: AUTHZ",
            (
                f"- fqn: {FQN}acl\r\n  written: 0\r\n  phase: AUTHZ\r\n"
                f"- {{fqn: {FQN}bbb, phase: AUTHZ, priority: 0, written: -20}}"
            ),
        ),
        (
            "# nothing yet\n",
            (
                f"# nothing yet\n- {{fqn: {FQN}acl, phase: AUTHZ, priority: 0, written: 0}}\n"
                f"- {{fqn: {FQN}bbb, phase: AUTHZ, priority: 0, written: -20}}\n"
            ),
        ),
        (
            "--- []\n",
            f"--- - {{fqn: {FQN}acl, phase: AUTHZ, priority: 0, written: 0}}\n",
        ),
    ],
    ids=["JSON", "CRLF, no last line end", "only a comment", "an empty list behind a mark"],
)
def test_any_form_of_the_file(work: Path, before: str, after: str) -> None:
    declare("acl", "bbb")
    Path("own.yaml").write_bytes(before.encode())
    result = run("catalogue", "tsb", "--out", "own.yaml")
    if before.startswith("---"):  # what cannot be written in place is left, with a sentence
        assert result.exit_code == 2
        assert "own.yaml cannot be brought up to date: it cannot be changed in this form" in result.output
        assert Path("own.yaml").read_bytes() == before.encode()
        return
    assert result.exit_code == 0, result.output
    assert Path("own.yaml").read_bytes() == after.encode()


def test_an_extension_that_declares_another_priority_gets_another_number(work: Path) -> None:
    declare("acl", "quota")
    run("catalogue", "tsb")
    declare("acl", "quota", acl=30)
    told = run("lint", "tsb").stdout
    assert f"{FQN}acl has priority 30 in phase AUTHZ, and the catalogue says priority 0 in phase AUTHZ" in told
    result = run("catalogue", "tsb")
    assert (
        f"{FQN}acl: 0 -> 30 (it has priority 30 in phase AUTHZ now, and had priority 0 in phase AUTHZ)" in result.stdout
    )
    assert run("lint", "tsb").exit_code == 0
    assert held() == {"acl": 30, "quota": -20}


def test_a_program_and_documents_share_one_file(work: Path) -> None:
    for name in ("one", "two"):
        Path(name).mkdir()
        Path(name, "Pulumi.yaml").write_text(
            f"name: {name}\nruntime: python\nconfig:\n  mesh-wasm:catalogue: ../shared.yaml\n"
        )
        Path(name, "__main__.py").write_text(PROGRAM)
    Path("one/names").write_text("acl quota")
    Path("two/names").write_text("header quota")
    declare("acl", "header")
    result = run("catalogue", "one", "two", "tsb")
    assert result.exit_code == 0, result.output
    assert held("shared.yaml") == {"acl": 20, "header": 0, "quota": -20}
    planned = json.loads(run("plan", "two", "--format", "json").stdout)
    assert _priorities(planned) == {"header": 0, "quota": -20}
    assert translated("--catalogue", "shared.yaml") == {"acl": 20, "header": 0}


def test_a_program_reads_the_file_beside_it(work: Path) -> None:
    Path("Pulumi.yaml").write_text("name: one\nruntime: python\n")
    Path("__main__.py").write_text(PROGRAM)
    Path("names").write_text("acl header quota")
    assert _priorities(json.loads(run("plan", ".", "--format", "json").stdout)) == {"acl": 1, "header": 0, "quota": -1}
    assert run("catalogue", ".").exit_code == 0
    assert held(FILE) == {"acl": 20, "header": 0, "quota": -20}
    Path("names").write_text("acl bbb header quota")
    assert _priorities(json.loads(run("plan", ".", "--format", "json").stdout)) == {
        "acl": 20,
        "bbb": 10,
        "header": 0,
        "quota": -20,
    }


def test_a_program_that_does_not_read_the_file_is_told(work: Path) -> None:
    Path("Pulumi.yaml").write_text("name: one\nruntime: python\n")
    Path("__main__.py").write_text(PROGRAM)
    Path("names").write_text("acl quota")
    told = run("catalogue", ".", "--out", "elsewhere.yaml")
    assert "note: . does not read elsewhere.yaml: set mesh-wasm:catalogue to it" in told.output
    assert "note" not in run("catalogue", ".").output
    inline = [{"fqn": FQN + "acl", "phase": "AUTHZ"}]
    config = {"mesh-wasm:catalogue": json.dumps(inline)}
    Path("Pulumi.yaml").write_text(yaml.safe_dump({"name": "one", "runtime": "python", "config": config}))
    told = run("catalogue", ".")
    assert told.exit_code == 2
    assert "mesh-wasm:catalogue holds the list itself, and only a file can be written; name one there" in told.output


def _priorities(planned: dict[str, Any]) -> dict[str, int]:
    manifests = [one["manifest"] for many in planned["clusters"].values() for one in many]
    return {
        one["metadata"]["annotations"]["mesh-wasm/extension"].removeprefix(FQN): one["spec"]["priority"]
        for one in manifests
        if one["kind"] == "WasmPlugin"
    }


def test_the_extensions_of_a_file_alone_are_numbered(work: Path) -> None:
    """For programs in other languages: their extensions stand in the file itself."""
    Path(FILE).write_text(f"- {{fqn: {FQN}acl, phase: AUTHZ}}\n- {{fqn: {FQN}quota, phase: AUTHZ}}\n")
    assert run("catalogue").exit_code == 0
    assert held(FILE) == {"acl": 0, "quota": -20}


def test_json_tells_each_change(work: Path) -> None:
    declare("acl", "quota")
    told = json.loads(run("catalogue", "tsb", "--check", "--format", "json").stdout)
    assert (told["upToDate"], told["written"], told["gone"]) == (False, False, [])
    assert told["extensions"][0] == {
        "fqn": FQN + "acl",
        "phase": "AUTHZ",
        "type": "HTTP",
        "priority": 0,
        "written": 0,
    }
    assert [(one["fqn"], one["from"], one["to"], one["isNew"]) for one in told["changes"]] == [
        (FQN + "acl", None, 0, True),
        (FQN + "quota", None, -20, True),
    ]


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("nowhere",), 2, "nowhere: there is no such file or folder"),
        ((), 2, f"there is no {FILE}"),
        (("clusters.yaml",), 2, "clusters.yaml holds no document of TSB"),
        (("tsb", "--out", "tsb/all.yaml"), 2, "is TSB's, and has no place for numbers; name another file with --out"),
        (("tsb", "more.yaml"), 1, f"{FQN}acl is declared with priority 0 in phase AUTHZ, priority 7 in phase AUTHZ"),
        (("broken.yaml",), 1, "priority"),
        (("tsb", "--out", "turned.yaml"), 2, "its number must be lower"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_written(
    work: Path, args: tuple[str, ...], code: int, says: str
) -> None:
    declare("acl", "bbb")
    Path("more.yaml").write_text(yaml.safe_dump(extension("acl", 7)))
    Path("broken.yaml").write_text(yaml.safe_dump(extension("acl") | {"spec": {"url": "oci://a/b:1", "priority": "x"}}))
    turned = [
        {"fqn": FQN + "acl", "phase": "AUTHZ", "written": 1},
        {"fqn": FQN + "bbb", "phase": "AUTHZ", "written": 2},
    ]
    Path("turned.yaml").write_text(yaml.safe_dump(turned))
    before = {path: path.read_text() for path in Path().rglob("*.yaml")}
    result = run("catalogue", *args)
    assert (result.exit_code, says in result.output) == (code, True), result.output
    assert {path: path.read_text() for path in Path().rglob("*.yaml")} == before
