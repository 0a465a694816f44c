"""Filters as people write them: in Go, AssemblyScript and Rust, built from `modules/filter-*` into the cache, once each.

Each needs the tools of its language; where these are not there, `missing` says which. Go is always to be had.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import MeshError, cache, golang
from .parts import MODULES
from .progress import Progress

GO_TARGET = {"GOOS": "wasip1", "GOARCH": "wasm"}
RUST_TARGET = "wasm32-wasip1"


@dataclass(frozen=True)
class Language:
    """How the filter of a language is made."""

    name: str
    sources: tuple[str, ...]
    """Files of its folder that decide what it becomes."""
    missing: Callable[[], str]
    """What is not there to build it with; empty where all is."""
    build: Callable[[Path, Path], None]
    """Builds, in a copy of the folder, a module at the second path."""


def languages() -> list[str]:
    """The names of all."""
    return [one.name for one in _LANGUAGES]


def missing(name: str) -> str:
    """What the filter of a language cannot be built for; empty where it can."""
    return _language(name).missing()


def module(name: str, progress: Progress | None = None) -> Path:
    """The filter of a language, built if it has not been yet."""
    one, folder, progress = _language(name), MODULES / f"filter-{name}", progress or Progress()
    key = cache.key(*(folder / source for source in one.sources), one.name)
    with cache.filling(target := cache.root() / "filters" / f"{name}-{key}" / "filter.wasm", progress) as place:
        if place is not None:
            copy = place.parent / "source"
            shutil.copytree(folder, copy)
            with progress.task(f"building the {name} filter", f"built the {name} filter"):
                one.build(copy, place)
            shutil.rmtree(copy)
    return target


def _language(name: str) -> Language:
    return next(one for one in _LANGUAGES if one.name == name)


def _run(command: Sequence[str | Path], folder: Path, env: dict[str, str] | None = None) -> None:
    ran = subprocess.run(
        [str(word) for word in command], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=900
    )
    if ran.returncode:
        raise MeshError(f"{' '.join(map(str, command))} failed:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")


def _go(folder: Path, target: Path) -> None:
    go = golang.find("filter-go", Progress())
    command: list[str | Path] = [go.command, "build", "-buildmode=c-shared", "-ldflags", "-s -w", "-o", target, "."]
    _run(command, folder, {**go.env, **GO_TARGET})


def _assemblyscript(folder: Path, target: Path) -> None:
    _run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
    asc = folder / "node_modules" / ".bin" / "asc"
    _run([asc, "assembly/index.ts", "-b", target, "--use", "abort=abort_proc_exit", "--optimize"], folder)


def _rust(folder: Path, target: Path) -> None:
    _run(["cargo", "build", "--release", "--target", RUST_TARGET], folder, {**os.environ, "RUSTFLAGS": ""})
    shutil.copyfile(folder / "target" / RUST_TARGET / "release" / "filter.wasm", target)


def _without_node() -> str:
    absent = [name for name in ("node", "npm") if shutil.which(name) is None]
    return f"no {' and no '.join(absent)}" if absent else ""


def _without_rust() -> str:
    if shutil.which("cargo") is None or shutil.which("rustc") is None:
        return "no cargo"
    root = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=False).stdout.strip()
    return "" if (Path(root) / "lib" / "rustlib" / RUST_TARGET).is_dir() else f"no target {RUST_TARGET}"


_LANGUAGES = (
    Language("go", ("main.go", "go.mod", "go.sum"), lambda: "", _go),
    Language("as", ("assembly/index.ts", "package.json"), _without_node, _assemblyscript),
    Language("rust", ("src/lib.rs", "Cargo.toml"), _without_rust, _rust),
)
