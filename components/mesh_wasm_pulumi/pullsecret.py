"""PullSecret: registry credentials, put as a Secret beside every plugin that needs them.

The component itself creates nothing. Each attachment asks for the Secret of its clusters and namespaces; it is created
once per cluster and namespace, as a child of this component, before the plugin that names it.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.parse import parse
from mesh_wasm.model.pull_secret import PullSecretSource, definition_of
from mesh_wasm.rules.pull_secrets.source import secret_findings

from ._reading.declaring import declared_once, without_circles
from ._reading.definition import DefinitionLeaf, definition_output
from ._telling.refusal import refuse_apart
from ._telling.report import Report
from ._telling.settling import WAIVERS
from ._values.declared import DeclaredSecret
from ._values.leaves import lift, lower, output_of
from ._values.ledger import ledger
from .args import PullSecretArgs, PullSecretDefinition
from .tokens import token


class PullSecret(DeclaredSecret):
    """Credentials of a registry; the Secret is put beside every plugin that needs it."""

    definition: pulumi.Output[PullSecretDefinition]
    """The pull secret as other stacks take it; secret."""

    def __init__(self, name: str, args: PullSecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the credentials of a registry.

        :param name: Name of the component, and of the Secrets unless ``secret_name`` is given.
        :param args: See PullSecretArgs.
        :param opts: Resource options.
        """
        args, wrong = without_circles(args)
        registered, twice = declared_once(self, name, opts)
        raw = dict(args)
        fields = {key: value for key, value in raw.items() if key not in ("secret_name", "secretName", WAIVERS)}
        document = lift({"secretName": raw.get("secret_name", raw.get("secretName", name)), **_hide(fields)})
        parsed = parse(PullSecretSource, document)
        super().__init__(token("PullSecret"), registered, _props(parsed.value), opts)
        if opts is not None and opts.retain_on_delete:
            ledger().retained.add(name)
        report = Report(self, registered, args)
        valid, gate = report.check(
            [*twice, *wrong, *parsed.findings, *secret_findings(parsed.value)], document, _findings
        )
        self._broken = not valid
        self._gate = gate
        self._definition = definition_of(parsed.value)
        self._told = definition_output(self._definition, self.urn) if valid else {"name": name}
        told: Any = self._told
        self.definition = output_of(told)
        self.register_outputs({"definition": self.definition})

    @staticmethod
    def get(name: str, definition: pulumi.Input[Any], opts: pulumi.ResourceOptions | None = None) -> "PullSecret":
        """The credentials that another stack declares, for this stack's own Secrets.

        :param name: Name of the component, and of the Secrets in this stack.
        :param definition: The pull secret's output ``definition``, as the other stack exports it; may still be unknown.
        :param opts: Resource options.
        """

        def text(known: Any) -> Any:
            told = known.get("dockerConfigJson")
            if told is not None:
                return told
            return refuse_apart(name, schema.REQUIRED.at("definition", says=_NO_CREDENTIALS, fix=_DECLARE))

        leaf = DefinitionLeaf(pulumi.Output.from_input(definition), name, ("definition",))
        return PullSecret(name, {"docker_config_json": lower(leaf.map(text))}, opts)


_NO_CREDENTIALS = "the definition holds no credentials: its Secret exists already, or comes from a secret store."
_DECLARE = "Declare a PullSecret with that existing_secret or external_secret in this stack, too; it holds no secret."


def _hide(raw: dict[str, Any]) -> dict[str, Any]:
    """A password that is given as plain text is a secret all the same."""
    texts = ("password", "docker_config_json", "dockerConfigJson")
    hidden = {key: pulumi.Output.secret(value) if key in texts else value for key, value in raw.items()}
    logins = hidden.get("registries")
    if isinstance(logins, list | tuple):
        hidden["registries"] = [_hide(dict(login)) if isinstance(login, Mapping) else login for login in logins]
    elif isinstance(logins, pulumi.Output):
        hidden["registries"] = pulumi.Output.secret(logins)
    return hidden


def _props(source: PullSecretSource) -> dict[str, Any]:
    """The inputs that policies see: everything but names and passwords of users."""
    shown = ("secretName", "registry", "existingSecret", "externalSecret")
    props: dict[str, Any] = lower({key: value for key, value in source.wire().items() if key in shown})
    if source.registries is not None:
        props["registries"] = [lower(login.registry) for login in source.registries]
    return props


def _findings(document: Any) -> list[Finding]:
    parsed = parse(PullSecretSource, document)
    return [*parsed.findings, *secret_findings(parsed.value)]
