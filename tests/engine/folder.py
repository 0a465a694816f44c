"""A project folder on a real engine with a file backend of its own, and no cluster: providers render YAML files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
IMPORTS = os.pathsep.join(str(ROOT / part) for part in ("sdk", "components"))
TIMEOUT = 900
"""Seconds for one command: it only ends what hangs. `pulumi install` took two minutes at a load of 10 on two processors."""


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said on both streams."""

    code: int
    text: str

    def good(self) -> Said:
        """Itself, where a failure would be a failure of the test."""
        assert self.code == 0, self.text[-6000:]
        return self


class Folder:
    """A copy of an example, to run commands in."""

    def __init__(self, place: Path, example: Path) -> None:
        self.path = place / example.name
        left_behind = shutil.ignore_patterns("node_modules", "sdks", "rendered", "golden", "venv", "*.dev.yaml")
        shutil.copytree(example, self.path, ignore=left_behind)
        (place / "state").mkdir(parents=True, exist_ok=True)
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([os.environ["PATH"], str(Path(sys.executable).parent)]),
            "PYTHONPATH": IMPORTS,
            "PULUMI_BACKEND_URL": f"file://{place / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "x",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def project(self, **changes: object) -> None:
        """Change fields of Pulumi.yaml."""
        file = self.path / "Pulumi.yaml"
        file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | changes, sort_keys=False))

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text that is there."""
        path = self.path / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def pulumi(self, *words: str) -> Said:
        """A command of the engine."""
        return self.run("pulumi", *words, "--non-interactive", "--color=never")

    def run(self, *words: str) -> Said:
        """Any command."""
        done = subprocess.run(
            words, cwd=self.path, env=self.environment, text=True, timeout=TIMEOUT, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return Said(done.returncode, done.stdout)

    def rendered(self) -> set[str]:
        """The YAML files that the providers have written."""
        return {
            str(path.relative_to(self.path / "rendered")).replace("/1-manifest/", "/")
            for path in (self.path / "rendered").rglob("*.yaml")
        }


def own_plugin(place: Path) -> Path:
    """The plugin's folder, run by this very interpreter: no environment has to be made for it."""
    folder = place / "plugin"
    folder.mkdir()
    shutil.copy(ROOT / "components" / "__main__.py", folder)
    options = {"toolchain": "pip", "virtualenv": sys.prefix}
    (folder / "PulumiPlugin.yaml").write_text(yaml.safe_dump({"runtime": {"name": "python", "options": options}}))
    return folder


def fresh_copy(place: Path) -> Path:
    """What a user gets who clones the project: the files that git tracks, or would."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if (ROOT / name).is_file() and not name.startswith(("tests/", "examples/", "docs/")):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place / name)
    return place
