"""Every command has a page, examples that it takes, and completion."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess

import click
import pytest
from click.testing import CliRunner
from support.commands import commands, index, page
from support.golden import ROOT, check_file

from mesh_wasm.cli.examples import EXAMPLES
from mesh_wasm_pulumi.cli import main

PAGES = ROOT / "docs" / "commands"


def test_golden_index() -> None:
    check_file(PAGES / "README.md", index())


@pytest.mark.parametrize("name", list(commands()))
def test_golden_page(name: str) -> None:
    check_file(PAGES / f"{name}.md", page(name, commands()[name]))


def test_there_is_no_page_without_a_command() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} - {"README"} == set(commands())


def test_every_command_has_examples() -> None:
    assert set(EXAMPLES) == set(commands())


@pytest.mark.parametrize("line", [line for many in EXAMPLES.values() for _, line in many])
def test_an_example_is_taken(line: str) -> None:
    for part in line.replace("&&", "|").split("|"):
        words = shlex.split(part.partition(">")[0])
        if words[0] != "mesh-wasm":
            continue
        command = commands()[words[1]]
        with click.Context(main, info_name="mesh-wasm") as parent:
            parser = command.make_parser(click.Context(command, parent=parent))
            given, rest, _ = parser.parse_args(words[2:])
        assert not rest, f"{line}: {rest} is not taken"
        for option in command.params:
            kind = option.type
            if isinstance(kind, click.Choice) and option.name in given:
                values = given[option.name]
                for value in values if isinstance(values, list) else [values]:
                    assert value in kind.choices


@pytest.mark.parametrize("name", list(commands()))
def test_help_shows_them(name: str) -> None:
    told = CliRunner().invoke(main, [name, "--help"]).output
    assert "Examples:" in told
    assert all(f"  {line}\n" in f"{told}\n" for _, line in EXAMPLES[name])


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("words", "wanted"),
    [("mesh-wasm li", "lint"), ("mesh-wasm lint --fo", "--format"), ("mesh-wasm schema lo", "lock")],
)
def test_the_shell_completes(words: str, wanted: str) -> None:
    env = {**os.environ, "_MESH_WASM_COMPLETE": "bash_source"}
    script = subprocess.run(["mesh-wasm"], env=env, capture_output=True, text=True, check=True).stdout
    parts = words.split()
    asked = f"""{script}
COMP_WORDS=({" ".join(parts)}); COMP_CWORD={len(parts) - 1}
_mesh_wasm_completion mesh-wasm
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    told = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
    assert wanted in told.stdout.split()
