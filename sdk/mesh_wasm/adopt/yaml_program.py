"""The same program in Pulumi YAML, through the component package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel

from mesh_wasm.yaml.text import yaml_text

from .facts import stated
from .live import LiveObject
from .program import DeclaredAttachment, DeclaredPlugin, Program
from .python_text import component


def yaml_files(program: Program, package: str) -> dict[str, str]:
    """The files of a Pulumi project, by name. ``package``: where the component package is found."""
    return {"Pulumi.yaml": yaml_text(_document(program, package))}


def _document(program: Program, package: str) -> dict[str, Any]:
    config: dict[str, Any] = {"pulumi:disable-default-providers": ["kubernetes"]}
    fleet, resources = {}, {}
    for cluster in program.clusters:
        config[f"kubeconfig-{cluster.name}"] = {"type": "string", "secret": True}
        facts = {to_camel(key): value for key, value in stated(cluster).items()}
        fleet[cluster.name] = {"provider": f"${{{cluster.name}}}", "secretsMutable": True, **facts}
        resources[cluster.name] = _resource(
            "pulumi:providers:kubernetes",
            {
                "kubeconfig": f"${{kubeconfig-{cluster.name}}}",
                "clusterIdentifier": cluster.name,
                "enableSecretMutable": True,
            },
        )
    keys = Keys(program)
    for extension in program.extensions:
        fields = {"organization": extension.fqn.split("/")[1], **escaped(extension.fields)}
        resources[keys.of("WasmExtension", extension.name)] = _named("WasmExtension", extension.name, fields, keys)
    for attachment in program.attachments:
        kind = component(attachment)
        resources[keys.of(kind, attachment.name)] = _named(kind, attachment.name, _attachment(attachment, keys), keys)
    for plugin in program.plugins:
        resources[keys.of(plugin.kind, plugin.name)] = _named(plugin.kind, plugin.name, _plugin(program, plugin), keys)
    return {
        "name": program.project,
        "description": "Wasm plugins that mesh-wasm has adopted.",
        "runtime": "yaml",
        "packages": {"mesh-wasm": package},
        "config": config,
        "variables": {"fleet": fleet},
        "resources": resources,
    }


class Keys:
    """The keys of resources in the document: their names, where two kinds share one with the kind behind it."""

    def __init__(self, program: Program) -> None:
        named = [("WasmExtension", one.name) for one in program.extensions]
        named += [(component(one), one.name) for one in program.attachments]
        named += [(str(one.kind), one.name) for one in program.plugins]
        taken = {"fleet", *(cluster.name for cluster in program.clusters)}
        taken |= {f"kubeconfig-{cluster.name}" for cluster in program.clusters}
        self._keys: dict[tuple[str, str], str] = {}
        for kind, name in named:
            key = name if name not in taken else f"{name}-{kind}"
            while key in taken:
                key += "-x"
            taken.add(key)
            self._keys[kind, name] = key

    def of(self, kind: str, name: str) -> str:
        """The key of a component."""
        return self._keys[str(kind), name]


def _named(kind: str, name: str, properties: dict[str, Any], keys: Keys) -> dict[str, Any]:
    """A component; its name is given where its key is another one."""
    made = _resource(f"mesh-wasm:{kind}", properties)
    return made if keys.of(kind, name) == name else {"type": made["type"], "name": name, "properties": properties}


def _resource(type_: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": type_, "properties": properties}


def _attachment(attachment: DeclaredAttachment, keys: Keys) -> dict[str, Any]:
    args: dict[str, Any] = {attachment.kind.field: attachment.fqn}
    if attachment.workload_selector is not None:
        args["workloadSelector"] = escaped(attachment.workload_selector)
    args["namespaceSelector"] = list(attachment.namespace_selector)
    args["extensions"] = [
        {
            "extension": f"${{{keys.of('WasmExtension', one.extension.name)}}}",
            **({} if one.match is None else {"match": one.match}),
            "adopted": escaped(one.adopted),
        }
        for one in attachment.extensions
    ]
    return {**args, "fleet": "${fleet}"}


def _plugin(program: Program, plugin: DeclaredPlugin) -> dict[str, Any]:
    where = {} if program.everywhere(plugin) else {"clusterNames": list(plugin.clusters)}
    return {
        "metadata": escaped(plugin.metadata),
        "spec": escaped(plugin.spec),
        "adopted": True,
        "fleet": "${fleet}",
        **where,
    }


def null_problem(live: LiveObject) -> str | None:
    """What Pulumi YAML would change in an object, as a sentence: it takes a null for a field that is not there."""
    if not _has_null(live.spec):
        return None
    return "its spec holds a null, which Pulumi YAML leaves out. Adopt it in Python (`--language python`)."


def _has_null(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(_has_null, value)))


def escaped(value: Any) -> Any:
    """A value in which Pulumi YAML sees no expression."""
    if isinstance(value, Mapping):
        return {escaped(key): escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [escaped(item) for item in value]
    return value.replace("${", "$${") if isinstance(value, str) else value
