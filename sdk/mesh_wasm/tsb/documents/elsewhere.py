"""Extensions in places that are not translated. Each is found and refused by name: none may be lost without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.alias_generators import to_camel

from mesh_wasm.findings import documents
from mesh_wasm.findings.finding import Finding, Path, listed
from mesh_wasm.yaml.file import Unreadable
from mesh_wasm.yaml.file import documents as read_documents

from .kinds import WASM_EXTENSION, Kind, api_group

_LISTS = frozenset({"extension", "wasmPlugins", "wasmExtensions"})
"""The fields in which TSB's API attaches extensions."""
OPENAPI = "x-tsb-wasm-extensions"
"""The annotation of an API's OpenAPI document; its items have a ``name``."""

_WHERE = {
    "subsets": "Attach the extensions to the service as a whole, in settings.extension: this is translated.",
    OPENAPI: "Attach the extensions to a gateway, for example in the wasmPlugins of a Gateway: this is translated.",
}


def not_translated(document: object, kind: Kind | None = None) -> Iterator[Finding]:
    """Findings about extensions that stand elsewhere than in the lists of the kind. Paths start at the document.

    :param kind: The kind of the document, where it is one that is read.
    """
    if not isinstance(document, Mapping) or kind is WASM_EXTENSION:
        return
    if not api_group(document)[0].endswith("tsb.tetrate.io"):
        return
    told = document.get("kind")
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    subject = f"{told} {name}" if isinstance(name, str) else None
    own = set() if kind is None else set(kind.lists)
    beside = {path[:-1] for path in own}
    for path, attached in _places(document.get("spec"), ()):
        fields = tuple(to_camel(part) if isinstance(part, str) else part for part in path)
        if fields in own or fields[:-1] in beside:  # what is called otherwise there is misspelt, and has been refused
            continue
        says = (
            f"TSB attaches {_named(attached)} here, and this place is not translated: no WasmPlugin would be written."
        )
        fix = next((_WHERE[part] for part in path if part in _WHERE), None)
        yield documents.NOT_TRANSLATED.at("spec", *_line(path), says=says, fix=fix, subject=subject)


def _line(path: Path) -> Path:
    """The part of a path that the YAML file has: within a text there are no lines of its own."""
    return path[: path.index(OPENAPI)] if OPENAPI in path else path


def _places(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every place below a value where extensions are attached, with what is attached there."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if (to_camel(key) in _LISTS or key == OPENAPI) and inner:
                yield (*path, key), inner
            else:
                yield from _places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _places(inner, (*path, index))
    elif isinstance(value, str) and OPENAPI in value and (attached := _annotated(value)) != []:
        yield (*path, OPENAPI), attached


def _annotated(openapi: str) -> Any:
    """What the annotation of an OpenAPI text lists, nothing where it only speaks of it; None where it cannot be read."""
    try:
        values = [one.value for one in read_documents(openapi, "openapi") if isinstance(one.value, Mapping)]
    except Unreadable:
        return None
    infos = [info for value in values if isinstance(info := value.get("info"), Mapping)]
    return [item for info in infos for item in _items(info.get(OPENAPI) or [])]


def _items(attached: Any) -> list[Any]:
    return attached if isinstance(attached, list) else [attached]


def _named(attached: object) -> str:
    """The attached extensions in words, as far as they can be read."""
    items = [one for one in _items(attached) if isinstance(one, Mapping)]
    names = [one.get("fqn", one.get("name")) for one in items]
    return listed(list(dict.fromkeys(name for name in names if isinstance(name, str)))) or "extensions"
