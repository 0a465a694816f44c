"""The command: exit codes, formats, and input that is no manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mesh_wasm.cli import main
from mesh_wasm.findings.examples import GOOD, HEAD


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["lint", *arguments], input=stdin)


def read(*arguments: str, stdin: str | bytes | None = None) -> Any:
    return json.loads(run(*arguments, "--format", "json", stdin=stdin).stdout)


def test_exit_0_with_warnings_only(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + "  url: oci://registry.example.com/acl\n")
    result = run(str(tmp_path))
    assert result.exit_code == 0
    assert (
        result.stdout.splitlines()[-1]
        == "0 errors, 2 warnings, 1 info in 1 document read, 0 of other kinds passed over."
    )


def test_exit_1_with_an_error() -> None:
    result = run("-", stdin=GOOD + "  phase: authz\n")
    assert result.exit_code == 1
    assert "<stdin>:8: error MW104: spec.phase: 'authz' is not one of" in result.stdout


def test_the_json_document() -> None:
    told = read("-", stdin=GOOD + "  phase: authz\n---\nkind: Service\napiVersion: v1\n")
    assert {key: told[key] for key in ("documents", "skipped")} == {"documents": 2, "skipped": 1}
    wrong = next(one for one in told["findings"] if one["rule"] == "MW104")
    assert set(wrong) == {"rule", "severity", "file", "line", "document", "path", "message", "fix"}
    assert (wrong["severity"], wrong["line"], wrong["path"]) == ("error", 8, "spec.phase")


def test_sarif() -> None:
    log = json.loads(run("-", "--format", "sarif", stdin=GOOD + "  phase: authz\n").stdout)
    (ran,) = log["runs"]
    wrong = next(one for one in ran["results"] if one["level"] == "error")
    assert ran["tool"]["driver"]["rules"][wrong["ruleIndex"]]["id"] == wrong["ruleId"] == "MW104"
    assert wrong["locations"][0]["physicalLocation"]["region"] == {"startLine": 8}


def test_github(tmp_path: Path) -> None:
    path = tmp_path / "a,b.yaml"
    path.write_text(GOOD + "  phase: authz\n")
    lines = run(str(path), "--format", "github").stdout.splitlines()
    wrong = next(line for line in lines if line.startswith("::error"))
    assert "a%2Cb.yaml,line=8,title=MW104 " in wrong


DEEP = "[" * 100_000
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "content",
    [
        b"spec: {url: a\n",
        b"kind: WasmPlugin\0",
        b"\xff\xd8\xff\xe0binary",
        DEEP.encode(),
        ("- " * 100_000).encode(),
        BOMB.encode(),
        b"a: &a [*a]\n",
        b"a: 1\na: 2\n",
        b"{{ template }}\n",
        b"a: 1e999\n",
        ("a: " + "9" * 5000).encode() + b"\n b: c\n",
    ],
    ids=lambda value: repr(value[:24]),
)
def test_what_cannot_be_read_gets_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    result = run(str(path))
    assert (result.exit_code, result.exception is None or isinstance(result.exception, SystemExit)) == (2, True)
    assert "MW100" in result.stdout
    assert "Traceback" not in result.output


def test_what_is_readable_is_judged_beside_what_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD + "  phase: authz\n")
    (tmp_path / "b.yaml").write_text("kind: WasmPlugin\nspec: [")
    result = run(str(tmp_path))
    assert result.exit_code == 2
    assert "MW104" in result.stdout
    assert "MW100" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("no-such-file.yaml",),
        ("-", "--severity", "MW999=error"),
        ("-", "--severity", "MW104=info"),
        ("-", "--format", "x"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    result = run(*arguments, stdin=GOOD)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_an_inventory_that_is_wrong_is_not_passed_over(tmp_path: Path) -> None:
    inventory = tmp_path / "clusters.yaml"
    inventory.write_text("clusters: {east: {istioVersion: 1.30}}\n")
    result = run("-", "--inventory", str(inventory), stdin=GOOD)
    assert result.exit_code == 2
    assert "clusters.yaml:1" in result.stdout
