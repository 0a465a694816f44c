"""Running a Pulumi YAML program against the plugin, as far as the examples need it: resources, variables, ``${…}``.

It stands in for Pulumi's YAML language host: a component that is given becomes a resource reference, an output of one an
output value, secret where the component's output is, with the component as its dependency.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .plugin import SIG, Answer, Plugin, component_ref, output, provider_ref

_REFERENCE = re.compile(r"^\$\{([A-Za-z0-9_-]+)(?:\.([A-Za-z0-9_]+))?\}$")


class YamlProgram:
    """One program and what has been made of it so far."""

    def __init__(self, folder: Path, plugin: Plugin) -> None:
        document = yaml.safe_load((folder / "Pulumi.yaml").read_text())
        self._plugin = plugin
        self._resources: Mapping[str, Any] = document["resources"]
        self._variables: Mapping[str, Any] = document.get("variables", {})
        self._made: dict[str, Any] = {}
        self.outputs: Any = document.get("outputs", {})

    def run(self) -> Any:
        """Make all resources, each after what it refers to; return the stack's outputs."""
        for name in self._resources:
            self._make(name)
        return self._resolve(self.outputs)

    def _make(self, name: str) -> Any:
        if name not in self._made:
            resource = self._resources[name]
            package, kind = resource["type"].split(":")[0], resource["type"].split(":")[-1]
            properties = {key: self._resolve(value) for key, value in resource["properties"].items()}
            if package == "pulumi":
                self._made[name] = provider_ref(self._plugin.monitor, name)
            else:
                answer = self._plugin.construct(kind, name, properties)
                assert not answer.code, f"{name}: {answer.message} {answer.problems}"
                self._made[name] = answer
        return self._made[name]

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, Mapping) and value.keys() == {"fn::secret"}:
            return output(self._resolve(value["fn::secret"]), secret=True)
        if isinstance(value, Mapping):
            return {key: self._resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolve(item) for item in value]
        found = _REFERENCE.match(value) if isinstance(value, str) else None
        return value if found is None else self._referred(found[1], found[2])

    def _referred(self, name: str, field: str | None) -> Any:
        if name in self._variables:
            return self._resolve(self._variables[name])
        made = self._make(name)
        if field is None:
            return component_ref(made) if isinstance(made, Answer) else made
        told = made.state[field]
        hidden = isinstance(told, Mapping) and SIG in told
        return output(told["value"] if hidden else told, secret=hidden, deps=(made.urn,))
