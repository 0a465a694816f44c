"""The rollout of a fleet on a real engine: wave by wave, stopped by a failure, resumed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .folder import ROOT, Folder, Said

pytestmark = pytest.mark.engine


@pytest.fixture
def fleet(tmp_path: Path) -> Folder:
    return Folder(tmp_path, ROOT / "examples" / "waves")


def roll_out(fleet: Folder, *options: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and what the table says of each stack: its preview and its update."""
    said: Said = fleet.run(sys.executable, "rollout.py", *options)
    rows = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in said.text.splitlines()]
    table = {row[1]: (row[3], row[4]) for row in rows if len(row) == 6 and row[0] != "wave"}
    assert list(table) == ["canary", "east", "west"], said.text
    return said.code, table


def test_waves_stop_at_a_failure_and_are_resumed(fleet: Folder) -> None:
    assert roll_out(fleet, "--preview") == (0, dict.fromkeys(["canary", "east", "west"], ("7 to create", "–")))
    assert fleet.rendered() == set(), "a preview writes nothing"

    # The canary's folder cannot be written, so its update fails, and no other cluster is touched.
    (fleet.path / "rendered").mkdir(exist_ok=True)
    (fleet.path / "rendered" / "lab").write_text("in the way")
    code, table = roll_out(fleet)
    assert code == 1
    assert table["canary"][1] == "failed"
    assert {table[stack][1] for stack in ("east", "west")} == {"–"}
    assert fleet.rendered() == set()

    # Mended and run again, it goes on from there.
    (fleet.path / "rendered" / "lab").unlink()
    code, table = roll_out(fleet)
    assert code == 0
    assert {update for _, update in table.values()} == {"done"}
    assert {name.split("/")[0] for name in fleet.rendered()} == {"lab", "east", "west"}

    # What is done is not done again.
    assert roll_out(fleet) == (0, dict.fromkeys(["canary", "east", "west"], ("no change", "up to date")))


def test_refused_preview_stops_everything(fleet: Folder) -> None:
    fleet.edit("fleet.yaml", 'wave: prod}\n    istioVersion: "1.26"', 'wave: prod}\n    istioVersion: "none"')
    said = fleet.run(sys.executable, "rollout.py")
    assert said.code == 2
    assert "istioVersion" in said.text
    assert "Traceback" not in said.text
    fleet.edit("fleet.yaml", '"none"', '"1.26"')
    fleet.edit("__main__.py", '"phase": "AUTHZ"', '"phase": "AUTH"')
    code, table = roll_out(fleet)
    assert code == 1
    assert set(table.values()) == {("failed", "–")}
    assert fleet.rendered() == set()
    assert "MW104" in (fleet.path / "logs" / "canary.log").read_text()
