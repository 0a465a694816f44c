"""PullSecret: registry credentials, put as a Secret beside every plugin that needs them.

The component itself creates nothing. Each attachment asks for the Secret of its clusters and namespaces; it is created
once per cluster and namespace, as a child of this component, before the plugin that names it.
"""

from typing import Any, Optional

import pulumi

from mesh_wasm.deferred import Deferred
from mesh_wasm.finding import Finding
from mesh_wasm.parse import parse
from mesh_wasm.pullsecret import PullSecret as Definition
from mesh_wasm.pullsecret import docker_config_of
from mesh_wasm.rules.secrets import secret_findings

from ._leaves import OutputLeaf, lift, lower
from ._report import Report
from .args import PullSecretArgs, PullSecretDefinition
from .definition import URN_FIELD, seal
from .tokens import token


class PullSecret(pulumi.ComponentResource):
    """Credentials of a registry; the Secret is put beside every plugin that needs it."""

    definition: pulumi.Output[PullSecretDefinition]
    """The pull secret as other components and stacks take it; secret."""

    def __init__(self, name: str, args: PullSecretArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:  # noqa: UP045
        """Declare the credentials of a registry.

        :param name: Name of the component, and of the Secrets unless ``secret_name`` is given.
        :param args: See PullSecretArgs.
        :param opts: Resource options.
        """
        raw = dict(args)
        document = lift({"name": raw.pop("secret_name", raw.pop("secretName", name)), **_hide(raw)})
        parsed = parse(Definition, document)
        props = {"registry": raw.get("registry"), "secretName": lower(document["name"])}
        super().__init__(token("PullSecret"), name, {k: v for k, v in props.items() if v is not None}, opts)
        report = Report(self, name, args)
        valid, _ = report.check([*parsed.findings, *secret_findings(parsed.value)], document, _findings)
        self._broken = not valid
        self._definition = parsed.value
        self._text = _text(parsed.value)
        told = {"name": lower(parsed.value.name), "registry": raw.get("registry"), "dockerConfigJson": self._text}
        definition: Any = seal(
            {key: value for key, value in {**told, URN_FIELD: self.urn}.items() if value is not None}
        )
        self.definition = pulumi.Output.from_input(definition)
        self.register_outputs({"definition": self.definition})


def _hide(raw: dict[str, Any]) -> dict[str, Any]:
    """A password that is given as plain text is a secret all the same."""
    secrets = ("password", "docker_config_json", "dockerConfigJson")
    return {key: pulumi.Output.secret(value) if key in secrets else value for key, value in raw.items()}


def _findings(document: Any) -> list[Finding]:
    parsed = parse(Definition, document)
    return [*parsed.findings, *secret_findings(parsed.value)]


def _text(secret: Definition) -> pulumi.Output[str] | None:
    """The ``.dockerconfigjson`` text: one Output for all Secrets that hold it, always secret."""
    text: Any = docker_config_of(secret)
    if text is None:
        return None
    output: Any = text.output if isinstance(text, OutputLeaf) else None if isinstance(text, Deferred) else text
    return None if output is None else pulumi.Output.secret(output)
