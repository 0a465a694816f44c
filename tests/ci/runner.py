"""Stand-ins for the runners of GitHub and GitLab: they run the shell parts of a job as these do, with just its variables."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from support.golden import ROOT

ACTION = ROOT / ".github" / "actions" / "mesh-wasm" / "action.yml"
TEMPLATE = ROOT / ".gitlab" / "mesh-wasm.gitlab-ci.yml"
_EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")


@dataclass
class Ran:
    """What came of a job."""

    code: int
    said: str
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""


def github(folder: Path, inputs: Mapping[str, str], path: Path | None = None) -> Ran:
    """Run the steps of the action in a folder; ``path``: a folder with programs that are found first."""
    action = yaml.safe_load(ACTION.read_text())
    assert set(inputs) <= set(action["inputs"])
    given = {name: inputs.get(name, str(one["default"])) for name, one in action["inputs"].items()}
    temp = folder / ".runner"
    temp.mkdir()
    files = {name: temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.touch()
    ran = Ran(0, "")
    for step in action["runs"]["steps"]:
        if not _holds(step.get("if", "true"), given):
            continue
        env = {name: _filled(value, given) for name, value in step.get("env", {}).items()}
        env |= {name: str(file) for name, file in files.items()} | {"RUNNER_TEMP": str(temp)}
        assert step["shell"] == "bash"
        told = _run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], folder, env, path)
        ran.said += told.stdout + told.stderr
        ran.code = told.returncode
        if ran.code:
            break
    ran.outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
    ran.summary = files["GITHUB_STEP_SUMMARY"].read_text()
    return ran


def gitlab(folder: Path, job: str, variables: Mapping[str, str]) -> Ran:
    """Run the script of one job of the template in a folder."""
    template = yaml.safe_load(TEMPLATE.read_text())
    env = {**template["variables"], "MESH_WASM_INSTALL": "", **variables}
    base = template[template[job]["extends"]]
    script = "\n".join([*base["before_script"], *template[job]["script"]])
    told = _run(["sh", "-e", "-c", script], folder, env, None)
    return Ran(told.returncode, told.stdout + told.stderr)


def _run(
    command: list[str], folder: Path, env: Mapping[str, Any], path: Path | None
) -> subprocess.CompletedProcess[str]:
    first = f"{path}{os.pathsep}" if path is not None else ""
    whole = {**os.environ, **env, "PATH": f"{first}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, env=whole, capture_output=True, text=True)


def _filled(value: str, inputs: Mapping[str, str]) -> str:
    def one(match: re.Match[str]) -> str:
        room, _, name = match[1].partition(".")
        return inputs[name] if room == "inputs" else "a-token"

    return _EXPRESSION.sub(one, value)


def _holds(condition: str, inputs: Mapping[str, str]) -> bool:
    """``inputs.a != '' && inputs.b != ''``: the only form that the action uses."""
    if condition == "true":
        return True
    parts = [re.fullmatch(r"inputs\.(\w+) != ''", part) for part in condition.split(" && ")]
    assert all(parts), condition
    return all(inputs[part[1]] for part in parts if part)
