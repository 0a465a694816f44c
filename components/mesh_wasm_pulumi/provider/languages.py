"""What the schema says to the generators of each language, and in which words it speaks to all of them.

`pulumi schema check` finds none of the faults that these settings mend: they were seen when generated SDKs were compiled
(tests/engine), and each has its test in tests/provider/test_generators.py, which needs no engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic.alias_generators import to_pascal

from .inputs import ALWAYS_SECRET

ANY = "pulumi.json#/Any"
TRAVELLING = ("ExtensionDefinition", "PullSecretDefinition")
"""Types of what travels from an output to an input; in the schema they are Any. Generators make two classes of a type, one
for outputs and one for inputs, that fit each other in few languages, and YAML finds no enumeration assignable to itself.
Such a value may also be the component itself."""


def for_generators(spec: Mapping[str, Any], package: str, say: Callable[[str], str]) -> dict[str, Any]:
    """The schema, fit for the generators of all languages.

    :param say: Words a description so that it holds in every language.
    """
    made: dict[str, Any] = _loosened(spec, tuple(f"#/types/{package}:index:{name}" for name in TRAVELLING))
    for name in TRAVELLING:
        del made["types"][f"{package}:index:{name}"]
    for one in _described(made):
        one["description"] = say(one["description"])
    for type_ in made["types"].values():
        for value in type_.get("enum", ()):
            value["name"] = to_pascal(value["name"].lower()) if value["name"].isupper() else value["name"]
        _mark_secrets(type_.get("properties", {}))
    for resource in made["resources"].values():
        _mark_secrets(resource.get("inputProperties", {}))
    made["resources"][f"{package}:index:PullSecret"]["properties"]["definition"]["secret"] = True
    return {
        **made,
        "meta": {"supportPack": True},  # `gen-sdk` then makes what `package add` makes; in Go, import paths that exist
        "language": _language(made["language"], made.get("dependencies", ())),
    }


def _language(common: Mapping[str, Any], dependencies: Any) -> dict[str, Any]:
    """The settings for each language, beside those that the SDK sets for every package of components."""
    versions = {one["name"]: one["version"] for one in dependencies}
    own: dict[str, dict[str, Any]] = {
        # The provider of a cluster is looked for below our own namespace: <root>.Kubernetes.Provider.
        "csharp": {
            "rootNamespace": "Pulumi",
            "packageReferences": {"Pulumi": "3.*", **{f"Pulumi.{to_pascal(name)}": "4.*" for name in versions}},
        },
        "java": {
            "basePackage": "com.pulumi",
            "dependencies": {f"com.pulumi:{name}": version for name, version in versions.items()},
        },
        # Types that stand in plain lists and maps only are not marked as inputs: ClusterArgs is used, and never made.
        "go": {"generateExtraInputTypes": True, "generateResourceContainerTypes": True},
    }
    return {name: {**told, **own.get(name, {})} for name, told in common.items()}


def _loosened(value: Any, refs: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        loose = {key: _loosened(item, refs) for key, item in value.items()}
        return {**loose, "$ref": ANY} if loose.get("$ref") in refs else loose
    return [_loosened(item, refs) for item in value] if isinstance(value, list) else value


def _described(value: Any) -> Iterator[dict[str, Any]]:
    """Everything that has a description. A property may be called so too: then it is an object."""
    if isinstance(value, dict):
        if isinstance(value.get("description"), str):
            yield value
        for item in value.values():
            yield from _described(item)
    elif isinstance(value, list):
        for item in value:
            yield from _described(item)


def _mark_secrets(properties: Mapping[str, dict[str, Any]]) -> None:
    for name, prop in properties.items():
        if name in ALWAYS_SECRET and prop.get("type") == "string":
            prop["secret"] = True
