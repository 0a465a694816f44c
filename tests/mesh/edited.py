"""Modules that a Go program takes with a change: published sources that do not compile with the versions around them.

The old Istio is built with the dependencies of the new one, because the releases that it names are not all served any
more, and because what both share is then compiled once; Kubernetes alone is older, 0.35, the newest with which it compiles.
Two modules of its time know only what was before 0.34, in four lines each. They are fetched as published, checked by their
sums, and changed in a copy beside a copy of the go.mod, which refers to them there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import MeshError, cache
from .golang import Go
from .parts import MODULES
from .progress import Progress

Changes = Mapping[str, tuple[tuple[str, str], ...]]
"""By file, relative to the module: texts that occur once, and what they become."""


@dataclass(frozen=True)
class Edited:
    """One module with its changes."""

    go_module: str
    version: str
    sum: str
    """As in a go.sum: of the module as it is published."""
    changes: Changes

    @property
    def folder(self) -> str:
        """Where the go.mod finds it."""
        return f"edited/{self.go_module.rpartition('/')[2]}"


def _newer_kubernetes(package: str) -> Changes:
    """The generated code of one package, as the generators of Kubernetes 1.34 and newer write it."""
    converter = "managedfields.NewSchemeTypeConverter(scheme, internal.Parser())"
    return {
        f"{package}/internal/internal.go": (("structured-merge-diff/v4/typed", "structured-merge-diff/v6/typed"),),
        f"{package}/utils.go": (
            ('testing "k8s.io/client-go/testing"', 'managedfields "k8s.io/apimachinery/pkg/util/managedfields"'),
            ("*testing.TypeConverter {", "managedfields.TypeConverter {"),
            ("&testing.TypeConverter{Scheme: scheme, TypeResolver: internal.Parser()}", converter),
        ),
    }


EDITED: Mapping[str, tuple[Edited, ...]] = {
    "istio-1.27": (
        Edited(
            "sigs.k8s.io/gateway-api",
            "v1.3.0",
            "h1:q6okN+/UKDATola4JY7zXzx40WO4VISk7i9DIfOvr9M=",
            _newer_kubernetes("applyconfiguration"),
        ),
        Edited(
            "sigs.k8s.io/gateway-api-inference-extension",
            "v0.5.0",
            "h1:bYtXffUF1WUUFT2gYXaQBXIEXxXq/ZZLP9gqQweTrBI=",
            _newer_kubernetes("client-go/applyconfiguration"),
        ),
    )
}
"""By the module of `modules/` that takes them."""


def workspace(module: str, go: Go, progress: Progress) -> Path:
    """The directory to run Go in: the module's own, or a copy of it with the edited modules in place."""
    own = MODULES / module
    if module not in EDITED:
        return own
    edited = EDITED[module]
    target = cache.root() / "workspaces" / f"{module}-{cache.key(own / 'go.mod', own / 'go.sum', repr(edited))}"
    with cache.filling(target, progress) as place:
        if place is not None:
            shutil.copytree(own, place)
            for one in edited:
                _put(one, place / one.folder, go)
    return target


def _put(module: Edited, place: Path, go: Go) -> None:
    source = f"{module.go_module}@{module.version}"
    run = subprocess.run(
        [go.command, "mod", "download", "-json", source],
        cwd=Path(go.command).anchor or "/",  # outside of any module: there it is the published one
        env=go.env,
        capture_output=True,
        text=True,
        check=False,
    )
    answer = json.loads(run.stdout or "{}")
    if "Dir" not in answer:
        raise MeshError(f"go could not download {source}: {answer.get('Error') or run.stderr}")
    if answer["Sum"] != module.sum:
        raise MeshError(f"{source} has the sum {answer['Sum']}, not the pinned {module.sum}")
    shutil.copytree(answer["Dir"], place, copy_function=shutil.copyfile)  # Go's own copy is read-only
    for directory in (place, *(path for path in place.rglob("*") if path.is_dir())):
        directory.chmod(0o755)
    for file, changes in module.changes.items():
        text = (place / file).read_text()
        for old, new in changes:
            if text.count(old) != 1:
                raise MeshError(f"{source}: {file} holds {old!r} {text.count(old)} times, not once")
            text = text.replace(old, new)
        (place / file).write_text(text)
