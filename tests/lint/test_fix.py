"""``mesh-wasm lint --fix``: what is safe to mend is mended in the file, and nothing else changes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from support.golden import check_file

from mesh_wasm.cli.lint import lint_command
from mesh_wasm.findings.finding import Severity
from mesh_wasm.findings.rule import CATALOGUE
from mesh_wasm.lint import fixes, lint
from mesh_wasm.modules.locked import Artifact, Lock, LockedModule, ModuleFacts
from mesh_wasm.rules import checks
from mesh_wasm.yaml.file import documents, load
from mesh_wasm.yaml.paths import read_paths

FIELD = Path(__file__).parent.parent / "field" / "cases"
GOLDEN = Path(__file__).parent / "fixed"
CASES = sorted(path for path in FIELD.glob("*.yaml") if path.name != "EXPECT.yaml")
assert checks.FAMILIES

HEAD = "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: acl, namespace: edge}\nspec:\n"
URL = "  url: oci://registry.example.com/filters/acl:1.4.2\n  priority: 10\n"


def command(*args: str | Path) -> Result:
    return CliRunner().invoke(lint_command, [str(arg) for arg in args])


def fixed(tmp_path: Path, text: str, name: str = "a.yaml") -> str:
    """The text after ``--fix``; a second run changes nothing."""
    file = tmp_path / name
    file.write_bytes(text.encode())
    command("--fix", file)
    once = file.read_bytes()
    assert "0 findings fixed in 0 files." in command("--fix", file).output
    assert file.read_bytes() == once
    return once.decode()


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("  phase: authz  # who\n", "  phase: AUTHZ  # who\n"),
        ("  phase: 'authz'\n", "  phase: 'AUTHZ'\n"),
        ("  fail-strategy: FAIL_OPEN\n", "  failStrategy: FAIL_OPEN\n"),
        ('  "failstrategy": FAIL_OPEN\n', '  "failStrategy": FAIL_OPEN\n'),
        ("  config:\n    # mine\n    a: 1\n", "  pluginConfig:\n    # mine\n    a: 1\n"),
        ("  pluginName: 1.10\n", '  pluginName: "1.10"\n'),
        ("  pluginName: 0755\n", '  pluginName: "0755"\n'),
        ("  match: [{ports: [{number: '443'}]}]\n", "  match: [{ports: [{number: 443}]}]\n"),
        ("  match: [{ports: [{number: 1}, {number: 1}]}]\n", "  match: [{ports: [{number: 1}]}]\n"),
        (
            "  match:\n  - ports:\n    - number: 1 # one\n    # two\n    - number: 1 # again\n    - number: 2\n",
            "  match:\n  - ports:\n    - number: 1 # one\n    # two\n    - number: 2\n",
        ),
        (f"  sha256: sha256:{'AB' * 32}\n", f"  sha256: {'ab' * 32}\n"),
        ("  vmConfig: {env: [{name: A, value: 5}]}\n", '  vmConfig: {env: [{name: A, value: "5"}]}\n'),
        ("  vmConfig: {env: [{name: A, value: yes}]}\n", '  vmConfig: {env: [{name: A, value: "yes"}]}\n'),
    ],
)
def test_one_remedy(tmp_path: Path, written: str, wanted: str) -> None:
    assert fixed(tmp_path, HEAD + URL + written) == HEAD + URL + wanted


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("  url: oci://r.example.com/a:1\n", "  url: oci://r.example.com/a:1\n  priority: 0\n"),
        ("  url: oci://r.example.com/a:1", "  url: oci://r.example.com/a:1\n  priority: 0"),
        ("  url: r.example.com:5000/a:1 # x\n", "  url: oci://r.example.com:5000/a:1 # x\n  priority: 0\n"),
        ("  {url: 'oci://r.example.com/a:1'}\n", "  {url: 'oci://r.example.com/a:1', priority: 0}\n"),
        ("  url: >-\n    oci://r.example.com/a:1\n", "  priority: 0\n  url: >-\n    oci://r.example.com/a:1\n"),
    ],
)
def test_a_priority_is_added(tmp_path: Path, written: str, wanted: str) -> None:
    assert fixed(tmp_path, HEAD + written) == HEAD + wanted


@pytest.mark.parametrize(
    "written",
    [
        "  failStrategy: FAIL_OPAN\n",  # a slip: one more letter, and it might be another value
        "  failOpen: true\n",  # another API's field, whose values are others
        "  priorty: 5\n",
        "  config: [1]\n",
        "  config: {a: 1}\n  pluginConfig: {b: 1}\n",
    ],
)
def test_what_is_not_certain_is_left(tmp_path: Path, written: str) -> None:
    assert fixed(tmp_path, HEAD + URL + written) == HEAD + URL + written


def test_lines_of_windows_and_a_byte_order_mark_stay(tmp_path: Path) -> None:
    text = "\ufeff" + (HEAD + "  url: r.example.com:5000/a:1\n  phase: authn\n").replace("\n", "\r\n")
    wanted = text.replace("r.example", "oci://r.example").replace("authn", "AUTHN")
    assert fixed(tmp_path, text) == wanted.replace("a:1\r\n", "a:1\r\n  priority: 0\r\n")


def test_json_stays_json(tmp_path: Path) -> None:
    value = {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "WasmPlugin",
        "metadata": {"name": "acl", "namespace": "edge"},
        "spec": {"url": "oci://r.example.com/a:1", "phase": "authz", "pluginName": 7, "config": {"a": 1}},
    }
    after = json.loads(fixed(tmp_path, json.dumps(value, indent=2), "a.json"))
    assert after["spec"] == {
        "url": "oci://r.example.com/a:1",
        "priority": 0,
        "phase": "AUTHZ",
        "pluginName": "7",
        "pluginConfig": {"a": 1},
    }


def test_items_of_a_list_and_several_documents(tmp_path: Path) -> None:
    item = {"apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin"}
    text = "kind: List\napiVersion: v1\nitems:\n"
    for name in ("a", "b"):
        text += (
            f"- apiVersion: {item['apiVersion']}\n  kind: WasmPlugin\n  metadata: {{name: {name}, namespace: {name}}}\n"
        )
        text += "  spec:\n    url: oci://r.example.com/a:1\n    phase: authz\n"
    text += "---\n# nothing here\n---\n" + HEAD + URL + "  phase: stats\n"
    after = fixed(tmp_path, text)
    assert after.count("phase: AUTHZ") == 2
    assert after.count("    priority: 0\n") == 2
    assert after.endswith("phase: STATS\n")
    assert len(after.splitlines()) == len(text.splitlines()) + 2


def test_a_value_that_other_places_share_is_left_and_told(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    text = HEAD + URL + "  phase: &p authz\n  pluginConfig: {phase: *p}\n"
    file.write_text(text)
    told = command("--fix", file)
    assert file.read_text() == text
    assert "not fixed MW104: spec.phase stands behind an anchor" in told.output
    assert "0 findings fixed in 0 files." in told.output
    assert told.exit_code == 1


def test_a_priority_is_not_given_where_it_would_change_an_order(tmp_path: Path) -> None:
    one, other = HEAD + "  url: oci://r.example.com/a:1\n", (HEAD + URL).replace("name: acl", "name: jwt")
    text = f"{one}---\n{other}"
    assert fixed(tmp_path, text) == text


def test_diff_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + URL + "  phase: authz\n")
    told = command("--fix", "--diff", file)
    assert file.read_text() == HEAD + URL + "  phase: authz\n"
    assert "-  phase: authz\n+  phase: AUTHZ\n" in told.output
    assert told.exit_code == 1


def test_a_file_with_other_errors_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + URL + "  phase: authz\n  nothing: 1\n")
    told = command("--fix", file)
    assert "phase: AUTHZ" in file.read_text()
    assert f"{file}:8: error MW102: spec.nothing: there is no field 'nothing' here" in told.output
    assert told.exit_code == 1


def test_standard_input_is_told_from_a_file() -> None:
    text = HEAD + URL + "  phase: authz\n"
    told = CliRunner().invoke(lint_command, ["--fix", "-"], input=text)
    assert "<stdin>:7: not fixed MW104: spec.phase came by standard input, which cannot be written to." in told.output


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + URL + "  phase: authz\n")

    def refuse(self: fixes.FixedFile) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(fixes.FixedFile, "write", refuse)  # stands for a read-only file: root may write to any
    told = command("--fix", file)
    assert (
        "the file cannot be written: permission denied. Make it writable, or mend it by hand."
        in told.output.replace("\n    ", " ")
    )
    assert told.exit_code == 2


def test_the_lock_gives_the_digest(tmp_path: Path) -> None:
    digest = f"sha256:{'ab' * 32}"
    entry: dict[str, Any] = {"url": "oci://registry.example.com/filters/acl:1.4.2", "digest": digest}
    module = LockedModule(entry["url"], Artifact(digest, "m"), ModuleFacts("cd" * 32, 8, abi="0.2.1"))
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + URL)
    held = Lock({entry["url"]: module})
    after = fixes.fix(load(file), lambda some: lint(some, lock=held))
    assert after.files[0].after == HEAD + URL.replace(":1.4.2", f":1.4.2@{digest}")


def test_machines_are_told_where(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + URL + "  phase: authz\n")
    (finding,) = [
        one for one in json.loads(command("--format", "json", file).output)["findings"] if one["rule"] == "MW104"
    ]
    assert finding["edit"] == {"line": 7, "column": 10, "endLine": 7, "endColumn": 15, "text": "AUTHZ"}
    run = json.loads(command("--format", "sarif", file).output)["runs"][0]
    (result,) = [one for one in run["results"] if one["ruleId"] == "MW104"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 7, "startColumn": 10, "endLine": 7, "endColumn": 15},
            "insertedContent": {"text": "AUTHZ"},
        }
    ]


def test_machines_are_not_told_the_value_of_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + URL + "  vmConfig: {env: [{name: PIN, value: 74269}]}\n")
    for form in ("json", "sarif", "github", "text"):
        assert "74269" not in command("--format", form, file).output
    assert "74269" not in command("--fix", file).output
    assert '"74269"' in file.read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda path: str(path.relative_to(FIELD)))
def test_golden_field_cases(tmp_path: Path, case: Path) -> None:
    """Before and after for what people really wrote: the golden file is the difference, empty where nothing is safe."""
    file = tmp_path / case.name
    shutil.copy(case, file)
    read, _ = read_paths([str(file)])
    diff = "\n".join(line.replace(str(tmp_path), "") for one in fixes.fix(read, lint).files for line in one.diff())
    golden = GOLDEN / f"{case.name}.diff"
    if diff or golden.exists():
        check_file(golden, f"{diff}\n")


def test_what_lint_passes_over_is_not_mended(tmp_path: Path) -> None:
    folder = tmp_path / "overlay"
    shutil.copytree(FIELD / "27b-kustomize-overlay", folder)
    before = {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    patch = folder / "overlays" / "prod" / "patch.yaml"
    command("--fix", folder)
    assert patch.read_bytes() == before[patch]


@pytest.mark.parametrize(
    "example",
    [one for rule in CATALOGUE.values() if rule.language == "yaml" for one in (rule.bad, rule.good) if one],
)
def test_the_examples_of_all_rules_get_no_worse(tmp_path: Path, example: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(example)
    read, _ = read_paths([str(file)])
    before = lint(read)
    after = fixes.fix(read, lint)
    assert after.result.count(Severity.ERROR) <= before.count(Severity.ERROR)
    told = {(one.finding.rule, one.finding.path) for one in after.result.findings if one.finding.mend is not None}
    assert told == {(one.located.finding.rule, one.located.finding.path) for one in after.left}


COMMENT = re.compile(r"(?m)(?:^#| # behind).*$")
NAMES = st.sampled_from(["phase", "Phase", "fail_strategy", "url", "config", "plugin-name", "priority", "sha256", "x"])
VALUES = st.one_of(
    st.sampled_from(["authz", "FAIL-OPEN", "r.example.com:5000/a:1", "7", "true", "#", "a: b"]),
    st.integers(-9, 9),
    st.booleans(),
    st.dictionaries(st.sampled_from(["a", "on", "b-c"]), st.integers(0, 9), max_size=2),
    st.lists(st.integers(0, 3), max_size=3),
)


@settings(max_examples=200, deadline=None)
@given(spec=st.dictionaries(NAMES, VALUES, max_size=6), flow=st.booleans(), comment=st.booleans())
def test_a_fix_changes_nothing_that_it_does_not_name(
    tmp_path_factory: pytest.TempPathFactory, spec: dict[str, Any], flow: bool, comment: bool
) -> None:
    document = {**yaml.safe_load(HEAD.removesuffix("spec:\n")), "spec": {"url": "oci://r.example.com/a:1", **spec}}
    text = yaml.safe_dump(document, default_flow_style=flow or None, sort_keys=False)
    if comment:
        text = "# above\n" + "".join(f"{line} # behind {number}\n" for number, line in enumerate(text.splitlines()))
    text += "---\n" + HEAD + URL + "# the end\n"
    file = tmp_path_factory.mktemp("fix") / "a.yaml"
    file.write_text(text)
    done = fixes.fix(load(file), lint)
    (after,) = [one.after for one in done.files] or [text]
    named = {one.finding.path[1] for one in done.files[0].done if len(one.finding.path) > 1} if done.files else set()
    renamed = {one.finding.mend.name for file in done.files for one in file.done if hasattr(one.finding.mend, "name")}
    (was, rest), (now, rest_now) = list(documents(text, "a")), list(documents(after, "a"))
    assert rest.value == rest_now.value
    assert {key: value for key, value in was.value["spec"].items() if key not in named | renamed} == {
        key: value for key, value in now.value["spec"].items() if key not in named | renamed
    }
    assert COMMENT.findall(after) == COMMENT.findall(text)
