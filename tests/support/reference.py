"""docs/components.md, made from the schema that the component provider serves: one source for every language."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from mesh_wasm_pulumi import Cluster, Fleet

INTRO = """\
# Components and their arguments

This page answers: which arguments a component takes, of which types, and what they mean. Look it up; nobody reads it.

- Made from the docstrings in `components/mesh_wasm_pulumi` by `make golden`; do not edit.
- Names are those of Python; every other Pulumi language writes them in camelCase.
- An Output will do at every leaf, but for what is marked *plain*: these values decide which objects exist, so they must be
  known at preview.
- An extension and a pull secret (type *any*) are given as the component itself.
- These names, and no others, are the promise of the package.
- In Python a [Fleet of Clusters](#fleet-and-cluster-in-python) makes the argument `fleet`.
- `chains()` gives the chains of the program: [explain.md](explain.md).
- What the words mean: [glossary.md](glossary.md). Other languages: [languages.md](languages.md).
"""

_OPEN = r"(?=\n *:param |\n\n|\Z)"  # Python 3.13 takes the indent away


def reference(schema: dict[str, Any]) -> str:
    """The page for a package schema."""
    page = "\n".join([INTRO, *_python(), *_components(schema), *_types(schema), *_enums(schema)]) + "\n"
    return _in_python(page, schema)


def _in_python(page: str, schema: dict[str, Any]) -> str:
    """The page with the arguments that descriptions name in Python's spelling; code, in backticks, is left alone."""
    owners = [*schema["resources"].values(), *schema["types"].values()]
    names = {name for one in owners for part in ("inputProperties", "properties") for name in one.get(part, {})}
    pattern = r"`[^`]*`|\b(" + "|".join(sorted(name for name in names if name != name.lower())) + r")\b"
    return re.sub(pattern, lambda found: found[0] if found[1] is None else _snake(found[1]), page)


def _python() -> Iterator[str]:
    """What Python alone has: the classes that make the argument ``fleet``, from their own docstrings."""
    yield "## Fleet and Cluster in Python\n"
    yield from _prose(Cluster)
    yield "| `Cluster(…)` | Type | Default | |\n| --- | --- | --- | --- |"
    told = dict(re.findall(rf"\n *:param (\w+): (.+?){_OPEN}", Cluster.__doc__ or "", re.DOTALL))
    for name, parameter in list(inspect.signature(Cluster).parameters.items()):
        kind = str(parameter.annotation).replace(" | None", "").replace("|", "\\|")
        default = "**required**" if parameter.default is inspect.Parameter.empty else _default(told[name])
        yield f"| `{name}` | `{kind}` | {default} | {_line(told[name])} |"
    yield ""
    yield from _prose(Fleet)
    yield "| `Fleet` | |\n| --- | --- |"
    yield f"| `Fleet([Cluster(…), …])` | {_line('The clusters, each name once.')} |"
    for name in ("from_config", "provider"):
        method = getattr(Fleet, name)
        signature = re.sub(r"[\"']?(?:k8s|pulumi)\.|[\"']", "", str(inspect.signature(method))).replace("self, ", "")
        said = (inspect.getdoc(method) or "").partition("\n\n")[0]
        yield f"| `{name}{signature.replace('|', chr(92) + '|')}` | {_line(said)} |"
    yield ""


def _prose(kind: type) -> Iterator[str]:
    yield (inspect.getdoc(kind) or "").partition("\n:param")[0].strip().replace("``", "`") + "\n"


def _default(text: str) -> str:
    found = re.search(r"[Dd]efault:? ``?([^`]+)``|``([^`]+)`` \(default\)", text)
    return f"`{found[1] or found[2]}`" if found else "–"


def _components(schema: dict[str, Any]) -> Iterator[str]:
    for token, resource in sorted(schema["resources"].items()):
        yield f"## {_short(token)}\n\n{resource.get('description', '').strip()}\n"
        yield from _table("Argument", resource.get("inputProperties", {}), resource.get("requiredInputs", []))
        yield from _table("Output", resource.get("properties", {}), resource.get("properties", {}))


def _types(schema: dict[str, Any]) -> Iterator[str]:
    for token, declared in sorted(schema["types"].items()):
        if "enum" not in declared:
            yield f"## {_short(token)}\n\n{declared.get('description', '').strip()}\n"
            yield from _table("Field", declared.get("properties", {}), declared.get("required", []))


def _enums(schema: dict[str, Any]) -> Iterator[str]:
    for token, declared in sorted(schema["types"].items()):
        if "enum" in declared:
            yield f"## {_short(token)}\n\n{declared.get('description', '').strip()}\n\n| Value | |\n| --- | --- |"
            for value in declared["enum"]:
                yield f"| `{value['value']}` | {_line(value.get('description', ''))} |"
            yield ""


def _table(head: str, properties: dict[str, Any], required: Any) -> Iterator[str]:
    if not properties:
        return
    yield f"| {head} | Type | |\n| --- | --- | --- |"
    for name, declared in sorted(properties.items(), key=lambda item: (item[0] not in required, item[0])):
        needed = "**required** " if name in required and head != "Output" else ""
        plain = " *plain*" if _is_plain(declared) and head != "Output" else ""
        yield f"| `{_snake(name)}` | {_type(declared)}{plain} | {needed}{_line(declared.get('description', ''))} |"
    yield ""


def _is_plain(declared: dict[str, Any]) -> bool:
    """Whether neither the value nor what it consists of may be an Output."""
    parts = [declared.get("items"), declared.get("additionalProperties")]
    leaves = [part for part in parts if part is not None]
    return bool(declared.get("plain")) and all("$ref" not in part and _is_plain(part) for part in leaves)


def _type(declared: dict[str, Any]) -> str:
    if "$ref" in declared:
        reference = declared["$ref"]
        if reference.startswith("#/types/"):
            name = _short(reference)
            return f"[{name}](#{name.lower()})"
        return "any" if reference.endswith("/Any") else f"`{reference.split(':')[-1].split('/')[-1]}`"
    if declared.get("type") == "array":
        return f"list of {_type(declared['items'])}"
    if declared.get("type") == "object":
        return f"map of {_type(declared.get('additionalProperties', {}))}"
    return str(declared.get("type", "any"))


def _short(token: str) -> str:
    return token.rsplit(":", 1)[-1]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: f"_{match[1].lower()}", name)


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
