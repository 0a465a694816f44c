"""Updates all stacks of the fleet, wave by wave by the label ``wave`` of their clusters: canary first.

    python rollout.py                      # previews all, then updates wave by wave
    python rollout.py --preview            # previews all, changes nothing
    python rollout.py --parallel 8         # stacks at a time; default 4

Every stack is previewed before the first is changed; one refused preview stops it all. Within a wave stacks are updated
side by side; a wave with a failure is finished, and the next one is not begun. Run it again to resume: a stack whose
preview shows no change is left alone. The full output of each stack is in logs/<stack>.log.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from pulumi import automation as auto
from rich.console import Console
from rich.table import Table

from mesh_wasm.fleet.cluster import Fleet
from mesh_wasm.fleet.config import Owns, read_document, read_fleet
from mesh_wasm.fleet.waves import Wave, plan_waves

HERE = Path(__file__).parent
WAVES = ["canary", "prod"]
SAME, FAILED = "same", "failed"
Log = Callable[[str], None]


@dataclass
class Row:
    """What has become of a stack."""

    wave: str
    stack: str
    clusters: str
    preview: str = "–"
    update: str = "–"
    seconds: float = 0.0
    changes: dict[str, int] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return any(count for op, count in self.changes.items() if op != SAME)

    @property
    def failed(self) -> bool:
        """Whether its preview or its update has failed."""
        return FAILED in (self.preview, self.update)


def main(argv: list[str] | None = None, folder: Path = HERE) -> int:
    """Run it; returns 0 if all is well, 1 if a preview or an update has failed, 2 if the fleet itself is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--preview", action="store_true", help="change nothing")
    parser.add_argument("--parallel", type=int, default=4, metavar="N", help="stacks at a time (default 4)")
    options = parser.parse_args(argv)
    rows, problems = plan(folder)
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 2
    rollout(rows, folder, options.parallel, update=not options.preview)
    show(rows)
    return 1 if any(row.failed for row in rows) else 0


def plan(folder: Path) -> tuple[list[Row], list[str]]:
    """A row for each stack in the order of the waves; or what is wrong with the fleet."""
    document = read_document("fleet.yaml", folder)
    found, findings = read_fleet(document, next(iter(document.get("stacks", {})), ""), folder)
    stacks = found.config.stacks or {}
    waves, more = plan_waves(found.fleet, stacks, "wave", WAVES)
    problems = [str(finding) for finding in (*findings, *more) if finding.is_error]
    return [_row(wave, stack, stacks[stack], found.fleet) for wave in waves for stack in wave.stacks], problems


def _row(wave: Wave, stack: str, owns: Owns, fleet: Fleet) -> Row:
    return Row(wave.name, stack, ", ".join(one.name for one in fleet if owns.selection.takes(one)))


def rollout(rows: list[Row], folder: Path, parallel: int, *, update: bool) -> None:
    """Preview all stacks; then update them wave by wave, up to the first wave that fails."""
    (folder / "logs").mkdir(exist_ok=True)
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        list(pool.map(lambda row: _preview(row, folder), rows))
        if not update or any(row.failed for row in rows):
            return
        for wave in dict.fromkeys(row.wave for row in rows):
            members = [row for row in rows if row.wave == wave]
            list(pool.map(lambda row: _update(row, folder), members))
            if any(row.failed for row in members):
                return


def _preview(row: Row, folder: Path) -> None:
    def run(log: Log) -> None:
        summary = _stack(row, folder).preview(on_output=log).change_summary
        row.changes = {str(op): count for op, count in summary.items()}

    row.preview = _counted(row.changes) if _tried(row, folder, run) else FAILED


def _update(row: Row, folder: Path) -> None:
    if not row.changed:
        row.update = "up to date"
        return
    row.update = "done" if _tried(row, folder, lambda log: _stack(row, folder).up(on_output=log)) else FAILED


def _stack(row: Row, folder: Path) -> auto.Stack:
    return auto.create_or_select_stack(row.stack, work_dir=str(folder))


def _tried(row: Row, folder: Path, run: Callable[[Log], object]) -> bool:
    """Run a command of a stack with its output in the stack's log; says whether it succeeded."""
    start = time.monotonic()
    with (folder / "logs" / f"{row.stack}.log").open("a") as log:
        try:
            run(lambda text: print(text, file=log))
        except auto.CommandError as error:
            print(error, file=log)
            return False
        finally:
            row.seconds += time.monotonic() - start
    return True


def _counted(changes: dict[str, int]) -> str:
    told = [f"{count} to {op}" for op, count in sorted(changes.items()) if op != SAME and count]
    return ", ".join(told) or "no change"


def show(rows: Iterable[Row]) -> None:
    """Print one line for each stack."""
    table = Table("wave", "stack", "clusters", "preview", "update", "seconds", box=None)
    for row in rows:
        table.add_row(row.wave, row.stack, row.clusters, row.preview, row.update, f"{row.seconds:.0f}")
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
