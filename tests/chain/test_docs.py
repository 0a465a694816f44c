"""What docs/explain.md shows is what the command prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from mesh_wasm_pulumi.cli import main

ROOT = Path(__file__).parents[2]
SHOWN = re.findall(
    r"^<!-- mesh-wasm (.*?) -->\n```\n(.*?)^```", (ROOT / "docs/explain.md").read_text(), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_the_document_shows_what_is_printed(command: str, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert CliRunner().invoke(main, shlex.split(command)).stdout == output


def test_something_is_shown() -> None:
    assert SHOWN
