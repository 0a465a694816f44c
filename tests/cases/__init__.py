"""The project's own cases: plugins of both kinds near the edges of every field, and what real servers say of each.

The `*.yaml` files beside this one hold the cases, one file for a group of fields; `verdicts.yaml` holds what the API
server and istiod's webhook said, written by `python -m cases record` (from the folder `tests`) and never by hand. A new
case is written into its file and recorded; the tests compare the record with the servers and with mesh-wasm.

The files called `extension-…` hold TrafficExtensions, all others WasmPlugins. In a case, `spec` is laid over a plain
valid spec, `without` takes fields away from it, and `document` replaces the whole
manifest below `kind`. Two tags write what is long: `!text [a, 254]` is 254 times "a", and `!list [257, {name: "V#"}]`
is a list of 257 items with their index in place of "#".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
VERDICTS = FOLDER / "verdicts.yaml"
URL = "oci://registry.example.com/filters/acl:1.4.2"


_PLAIN: dict[str, dict[str, Any]] = {"WasmPlugin": {"url": URL}, "TrafficExtension": {"wasm": {"url": URL}}}
"""A valid spec of each kind."""


@dataclass(frozen=True)
class Case:
    """One manifest and why it is of interest."""

    id: str
    why: str
    manifest: dict[str, Any]


def load() -> list[Case]:
    """All cases, in the order of their files. Raises ValueError for two of one id."""
    found: dict[str, Case] = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        if file == VERDICTS:
            continue
        for entry in yaml.load(file.read_text(), Loader=_Loader):
            kind = "TrafficExtension" if file.stem.startswith("extension-") else "WasmPlugin"
            case = Case(f"{file.stem}/{entry['id']}", entry["why"], _manifest(entry, kind))
            if found.setdefault(case.id, case) is not case:
                raise ValueError(f"{file.name}: there are two cases {entry['id']!r}; each needs its own id.")
    return list(found.values())


def verdicts() -> dict[str, Any]:
    """What was recorded, by the id of the case: `server` and `webhook`."""
    recorded: dict[str, Any] = yaml.safe_load(VERDICTS.read_text())["cases"]
    return recorded


def _manifest(entry: dict[str, Any], kind: str) -> dict[str, Any]:
    manifest = {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": "case", "namespace": "default"},
    }
    if "document" in entry:
        return manifest | entry["document"]
    spec = _PLAIN[kind] | entry.get("spec", {})
    return manifest | {"spec": {key: value for key, value in spec.items() if key not in entry.get("without", ())}}


class _Loader(yaml.SafeLoader):
    """YAML with the tags !text and !list."""


def _text(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    text, times = loader.construct_sequence(node)  # type: ignore[arg-type]  # a node of another kind is a mistake
    return str(text) * int(times)


def _list(loader: yaml.SafeLoader, node: yaml.Node) -> list[Any]:
    times, item = loader.construct_sequence(node, deep=True)  # type: ignore[arg-type]  # see above
    return [_numbered(item, index) for index in range(times)]


def _numbered(value: Any, index: int) -> Any:
    if isinstance(value, dict):
        return {key: _numbered(item, index) for key, item in value.items()}
    if value == "#":
        return index + 1
    return value.replace("#", str(index + 1)) if isinstance(value, str) else value


_Loader.add_constructor("!text", _text)
_Loader.add_constructor("!list", _list)
