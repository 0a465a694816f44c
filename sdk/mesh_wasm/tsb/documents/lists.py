"""A list of attachments within a spec, found and read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic.alias_generators import to_snake

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.findings.suggestions import did_you_mean, suggestion
from mesh_wasm.model.parse import parse
from mesh_wasm.values.deferred import known

from .fields import Attaching, Propagation
from .resource import Listing


def part_of(spec: Mapping[str, Any], whole: tuple[str, ...]) -> tuple[Mapping[str, Any], list[Finding]]:
    """The part of a spec in which a list stands; empty where there is none."""
    here: Any = spec
    path = whole[:-1]
    found: list[Finding] = []
    for at, name in enumerate(path):
        found += [finding.under(*path[:at]) for finding in _misspelt(here, [name], ".".join(whole[at:]))]
        here = here.get(name, here.get(to_snake(name)))
        if here is None:
            return {}, found
        if not isinstance(here, Mapping):
            says = "expected an object."
            return {}, [*found, schema.WRONG_TYPE.at(*path[: at + 1], says=says, fix=f"Write `{name}: {{…}}`.")]
    return here, found


def read_listing(
    part: Mapping[str, Any], path: tuple[str, ...], wanted: list[str]
) -> tuple[Listing, Propagation | None, list[Finding]]:
    """The list at a path, which stands in a part of the spec; how it goes down the hierarchy; what is wrong with both."""
    field = path[-1]
    given = only(part, "propagationStrategy") if field == "extension" else {}
    listed = part.get(field, part.get(to_snake(field)))
    if listed is not None:
        given["attachments"] = listed
    parsed = parse(Attaching, given)
    items = tuple(known(parsed.value.attachments) or ())
    findings = [*_misspelt(part, wanted), *(_renamed(finding, field) for finding in parsed.findings)]
    return Listing(path, items, listed == []), known(parsed.value.propagation_strategy), findings


def only(spec: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    """The fields of that name, in either of protobuf's spellings; null counts as not set."""
    names = {name for field in fields for name in (field, to_snake(field))}
    return {key: value for key, value in spec.items() if key in names and value is not None}


def _renamed(finding: Finding, field: str) -> Finding:
    """The model calls every list of attachments by one name; the document does not."""
    if finding.path[:1] == ("attachments",):
        return replace(finding, path=(field, *finding.path[1:]))
    return finding


_OTHER_NAMES = frozenset({"extension", "extensions", "wasmPlugin", "wasmPlugins", "wasmExtension", "wasmExtensions"})


def _misspelt(spec: Mapping[str, Any], wanted: list[str], whole: str = "") -> Iterator[Finding]:
    """Fields that look like ours: passed over as one of the many others, they would take the extensions with them."""
    for key in spec:
        if key in wanted or to_snake(key) in map(to_snake, wanted):
            continue
        guess = whole or wanted[-1] if key in _OTHER_NAMES else suggestion(key, wanted)
        if guess:
            says = f"there is no field {quoted(key)} here{did_you_mean(guess)}"
            yield schema.UNKNOWN_FIELD.at(key, says=says, fix=f"Write `{guess}`, or remove the field.")
