"""The test filter: its text form compiled to a module, one for each mark, and what it told in a response.

It is an HTTP filter and a network filter in one module; the type of the plugin decides which of the two runs.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import MeshError, build

SOURCE = Path(__file__).parent / "filter.wat"
HEADER = "x-chain"
"""What HTTP filters told of a request."""
CONNECTION_HEADER = "x-connection"
"""What network filters told of the connection, where that carries HTTP."""
_FIXED = len('","image":"') + len('","config":')


@dataclass(frozen=True)
class Ran:
    """What one plugin told of one request."""

    plugin: str
    """Istio's name for it, ``<namespace>.<name>``."""
    image: str
    """The mark of the module."""
    config: Any
    """Its configuration, None if it has none."""
    env: dict[str, str]
    """The environment of its VM."""


def module(mark: str = "v1") -> bytes:
    """A Wasm module that tells this mark; modules of different marks are different, and share no VM."""
    if not mark.isalnum() or len(mark) > 64:
        raise MeshError(f"a module cannot be marked {mark!r}: use up to 64 letters and digits")
    text = SOURCE.read_text().replace("IMAGE_MARK", mark).replace("IMAGE_LENGTH", str(_FIXED + len(mark)))
    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "filter.wat", Path(scratch) / "filter.wasm"
        source.write_text(text)
        command = [str(build.ensure("wat2wasm")["wat2wasm"]), str(source), "-o", str(target)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            raise MeshError(f"wat2wasm refuses the filter:\n{run.stderr}")
        return target.read_bytes()


def told_of_connection(data: bytes) -> tuple[list[Ran], bytes]:
    """The plugins that a connection passed, in their order, and the data that it then sent back."""
    lines = []
    while data.startswith(b'{"plugin":'):
        line, _, data = data.partition(b"\r\n")
        lines.append(line.decode())
    return told(",".join(lines)), data


def told(header: str | None) -> list[Ran]:
    """The plugins that a request passed, in their order; empty where no filter ran."""
    entries = json.loads(f"[{header or ''}]")
    return [
        Ran(
            entry["plugin"].removesuffix("~istio-translated-wasmplugin"),
            entry["image"],
            entry["config"],
            dict(pair.split("=", 1) for pair in entry["env"].split(";") if pair),
        )
        for entry in entries
    ]
