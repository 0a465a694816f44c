"""The program in Python, as a person would write it."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.alias_generators import to_snake

from mesh_wasm.findings.finding import counted

from .facts import stated
from .literals import WIDTH, Code, call
from .naming import Names, identifier
from .program import DeclaredAttachment, DeclaredPlugin, Program

_OWN_KEYS = frozenset({"pluginConfig", "config", "matchLabels"})
"""Fields whose keys are the user's own."""
_AS_THEY_ARE = frozenset({"sha256"})
"""Names that stay what they are: a number is no word of its own."""
_TAKEN = ("config", "fleet", "pulumi", "wasm", *keyword.kwlist, *keyword.softkwlist)


def python_files(program: Program) -> dict[str, str]:
    """The files of a Pulumi project, by name."""
    return {"Pulumi.yaml": _project(program), "__main__.py": python_text(program)}


def python_text(program: Program) -> str:
    """The program itself."""
    return "\n".join(_parts(program))


def _parts(program: Program) -> Iterator[str]:
    yield f'"""{_title(program)}\n\nTaken over by `mesh-wasm adopt`: docs/adopt.md says what may be changed next.\n"""\n'
    yield "import mesh_wasm_pulumi as wasm\nimport pulumi\n"
    yield "config = pulumi.Config()\n"
    yield _fleet(program)
    variables = Names(_TAKEN)
    names = {one.name: variables.take(identifier(one.name)) for one in program.extensions}
    for extension in program.extensions:
        organization = extension.fqn.split("/")[1]
        args = {"organization": organization, **snake(extension.fields)}
        yield f"{names[extension.name]} = {call('wasm.WasmExtension', extension.name, args)}\n"
    for attachment in program.attachments:
        yield call(f"wasm.{component(attachment)}", attachment.name, _attachment(attachment, names)) + "\n"
    for plugin in program.plugins:
        yield call(f"wasm.{plugin.kind}", plugin.name, _plugin(program, plugin)) + "\n"


def _title(program: Program) -> str:
    clusters = [cluster.name for cluster in program.clusters]
    named = " and ".join(filter(None, [", ".join(clusters[:-1]), *clusters[-1:]]))
    plugins = counted(len(program.objects), "Wasm plugin")
    title = f"{plugins} of {named}, declared as they were found."
    many = f"{plugins} of {counted(len(clusters), 'cluster')}, declared as they were found."
    return title if len(title) + 3 <= WIDTH else many


def _fleet(program: Program) -> str:
    lines = []
    for cluster in program.clusters:
        kubeconfig = Code(f'config.require_secret("kubeconfig-{cluster.name}")')
        made = call("wasm.Cluster", cluster.name, column=8, kubeconfig=kubeconfig, **stated(cluster))
        lines.append(f"        {made},\n")
    return "fleet = wasm.Fleet(\n    [\n" + "".join(lines) + "    ]\n)\n"


def component(attachment: DeclaredAttachment) -> str:
    """The class of the attachment's component."""
    return "".join(word.title() for word in attachment.kind.replace("-", "").split()) + "Attachment"


def _attachment(attachment: DeclaredAttachment, names: Mapping[str, str]) -> dict[str, Any]:
    args: dict[str, Any] = {attachment.kind.field: attachment.fqn}
    if attachment.workload_selector is not None:
        args["workload_selector"] = attachment.workload_selector
    args["namespace_selector"] = list(attachment.namespace_selector)
    args["extensions"] = [
        {
            "extension": Code(names[one.extension.name]),
            **({} if one.match is None else {"match": snake(one.match)}),
            "adopted": one.adopted,
        }
        for one in attachment.extensions
    ]
    return {**args, "fleet": Code("fleet")}


def _plugin(program: Program, plugin: DeclaredPlugin) -> dict[str, Any]:
    where = {} if program.everywhere(plugin) else {"cluster_names": list(plugin.clusters)}
    return {
        "metadata": plugin.metadata,
        "spec": snake(plugin.spec),
        "adopted": True,
        "fleet": Code("fleet"),
        **where,
    }


def snake(value: Any) -> Any:
    """A wire value with the names that Python programs use; a plugin's own keys stay as they are."""
    if isinstance(value, Mapping):
        return {_python(key): item if key in _OWN_KEYS else snake(item) for key, item in value.items()}
    return [snake(item) for item in value] if isinstance(value, list) else value


def _python(key: str) -> str:
    return key if key in _AS_THEY_ARE else to_snake(key)


def _project(program: Program) -> str:
    keys = "".join(f"  kubeconfig-{cluster.name}: {{type: string, secret: true}}\n" for cluster in program.clusters)
    return (
        f"name: {program.project}\ndescription: Wasm plugins that mesh-wasm has adopted.\n"
        "runtime:\n  name: python\n  options: {toolchain: pip, virtualenv: .venv}\n"
        "config:\n  # Nothing is ever written through an ambient kubeconfig.\n"
        f"  pulumi:disable-default-providers: [kubernetes]\n{keys}"
    )
