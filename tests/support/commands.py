"""The pages of docs/commands, made from what `--help` says."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from mesh_wasm.cli.examples import EXAMPLES
from mesh_wasm_pulumi.cli import main

INTRO = """# Commands

This page answers: which command does what. Each has a page with its options and examples;
`mesh-wasm COMMAND --help` says the same.

- Made from the commands themselves by `make golden`; do not edit.
- Exit codes: 0 all is well, 1 something is wrong with what was looked at, 2 it could not be read, or the call was wrong.
- Machines: `--format json`, and for `lint` SARIF and GitHub's annotations. Colours and progress are for terminals only.
- Completion of commands and options in your shell, for bash (zsh and fish alike):

```sh
eval "$(_MESH_WASM_COMPLETE=bash_source mesh-wasm)"
```

| command | what |
| --- | --- |
"""


def commands() -> dict[str, click.Command]:
    """All commands by name."""
    context = click.Context(main)
    found = {name: main.get_command(context, name) for name in main.list_commands(context)}  # type: ignore[attr-defined]
    return {name: command for name, command in found.items() if command is not None}


def index() -> str:
    """The list of commands."""
    rows = [f"| [{name}]({name}.md) | {_first(command)} |" for name, command in commands().items()]
    return INTRO + "\n".join(rows) + "\n"


def page(name: str, command: click.Command) -> str:
    """The page of one command."""
    return "\n".join(_page(name, command)) + "\n"


def _page(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=f"mesh-wasm {name}", terminal_width=10_000, max_content_width=10_000)
    yield f"# mesh-wasm {name}\n"
    yield f"{_first(command)}\n"
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"```sh\nmesh-wasm {name} {usage}\n```\n"
    rest = inspect.cleandoc(command.help or "").partition("\n\n")[2]
    for paragraph in filter(None, rest.split("\n\n")):
        yield f"{_prose(paragraph)}\n"
    yield "| option | what |\n| --- | --- |"
    for option in command.params:
        record = option.get_help_record(context)
        if record is not None:
            yield f"| `{record[0].replace('|', chr(92) + '|')}` | {_cell(record[1])} |"
    if name in EXAMPLES:
        yield "\n## Examples\n"
        for says, line in EXAMPLES[name]:
            yield f"{says}:\n```sh\n{line}\n```"


def _first(command: click.Command) -> str:
    return _prose(inspect.cleandoc(command.help or "").partition("\n\n")[0])


def _prose(paragraph: str) -> str:
    """A paragraph on one line; one that is marked to be kept as it is, as a block."""
    if paragraph.startswith("\b"):
        return "```text\n" + inspect.cleandoc(paragraph.removeprefix("\b").lstrip("\n")) + "\n```"
    return re.sub(r"\s+", " ", paragraph)


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")
