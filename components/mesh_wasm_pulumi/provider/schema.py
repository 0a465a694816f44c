"""The package's schema: what the SDK derives from the classes, completed where it loses descriptions."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import is_typeddict

from pulumi.provider.experimental.analyzer import Analyzer, PropertyDefinition
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.experimental.schema import generate_schema

from mesh_wasm_pulumi.tokens import PACKAGE

from .languages import for_generators
from .wording import description

ABOUT = {
    "displayName": "mesh-wasm",
    "description": "Declare Wasm extensions once; validate them at preview; ship them as WasmPlugins to every cluster.",
    "license": "Apache-2.0",
    "keywords": ["istio", "wasm", "WasmPlugin", "service mesh", "TSB", "kind/component", "category/network"],
}

_ARGS = re.compile(rf'({PACKAGE}:index:\w+)Args"')
"""Names of input types: generators append Args of their own, and nobody wants to write ClusterArgsArgs."""


def complete_schema(provider: ComponentProvider, name: str, namespace: str, version: str) -> str:
    """The schema of a provider, as JSON text.

    The SDK reads the docstring below an attribute only in the class itself: a TypedDict's inherited keys, and those of
    two classes of one name, would stay without a word.
    """
    analyzer = provider.analyzer
    for definition in provider._type_defs.values():
        if not definition.enum:
            _describe(analyzer, definition.python_type, definition.properties, definition.properties_mapping)
    for component, made in provider._component_defs.items():
        args = inspect.get_annotations(provider._components[component].__init__).get("args")
        if isinstance(args, type):
            _describe(analyzer, args, made.inputs, made.inputs_mapping)
    spec = generate_schema(
        name, version, namespace, provider._component_defs, provider._type_defs, provider._dependencies
    ).to_json()
    named = json.loads(_ARGS.sub(r'\1"', json.dumps(spec)))
    return json.dumps({**for_generators(named, PACKAGE, description), **ABOUT})


def _describe(
    analyzer: Analyzer, owner: type, properties: Mapping[str, PropertyDefinition], names: Mapping[str, str]
) -> None:
    for key, prop in properties.items():
        if prop.description is None:
            found = (analyzer.get_docstring(one, names[key]) for one in _ancestry(owner))
            prop.description = next((text for text in found if text), None)
        for nested in (prop.items, prop.additional_properties):
            if nested is not None:
                nested.description = None  # it would repeat the words of the property itself


def _ancestry(owner: type) -> Iterator[type]:
    """A class, and the TypedDicts beside it whose keys it has: Python 3.11 forgets which of them it extends."""
    yield owner
    keys = _annotations(owner).items()
    beside = {name: one for name, one in vars(sys.modules[owner.__module__]).items() if is_typeddict(one)}
    for _, one in sorted(beside.items()):
        if one is not owner and _annotations(one).items() <= keys:
            yield one


def _annotations(owner: type) -> dict[str, str]:
    return {key: repr(hint) for key, hint in inspect.get_annotations(owner).items()}
