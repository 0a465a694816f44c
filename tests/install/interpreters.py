"""The interpreters of this machine that the package promises to run on, and clean environments of them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def interpreters() -> dict[str, str]:
    """By version, an interpreter: that of the tests, those on PATH, and pyenv's."""
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = {mine: sys.executable}
    places = [Path(place) for place in os.environ.get("PATH", "").split(os.pathsep) if place and "shims" not in place]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in VERSIONS:
        named = [place / f"python{version}" for place in (*places, *pyenv.glob(f"{version}*/bin"))]
        here = next((str(path) for path in named if _runs(path, version)), None)
        if here is not None:
            found.setdefault(version, here)
    return {version: found[version] for version in sorted(found)}


def _runs(path: Path, version: str) -> bool:
    if not path.is_file():
        return False
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    told = subprocess.run([str(path), "-c", code], capture_output=True, text=True)
    return told.stdout.strip() == version


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with nothing in it but what was installed."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, interpreter: str, *packages: str) -> Environment:
        """Make one, and install packages into it."""
        subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
        made = cls(folder)
        pip = [made.tool("python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages]
        told = subprocess.run(pip, capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        return made

    def tool(self, name: str) -> str:
        """The path of a command of the environment."""
        return str(self.folder / ("Scripts" if os.name == "nt" else "bin") / name)

    def run(self, name: str, *args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment, without anything of the checkout on its path."""
        kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
        env = {**kept, "PATH": f"{Path(self.tool(name)).parent}{os.pathsep}/usr/bin{os.pathsep}/bin", "NO_COLOR": "1"}
        command = [self.tool(name), *map(str, args)]
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
