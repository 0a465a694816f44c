"""WasmExtension: an extension in the catalogue of an organization. It creates nothing by itself; attachments do."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
from pydantic import BaseModel

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.model.target import check_fqn
from mesh_wasm.planning.entries import entry_findings
from mesh_wasm.values.deferred import Deferred, map_value
from mesh_wasm.values.fqn import extension_fqn

from ._reading.arguments import known_arguments
from ._reading.catalogue import know
from ._reading.declaring import declared_once, without_circles
from ._reading.definition import DefinitionLeaf, fields_of, seal, version_findings
from ._reading.entries import other_extension
from ._reading.lock import note_schemas, program_lock
from ._reading.secret_refs import KEYS, documents, read_secrets, reference_findings, told_of
from ._telling.report import Report
from ._telling.settling import WAIVERS
from ._values.declared import DeclaredExtension, SecretRef
from ._values.leaves import lift, lower, output_of
from .args import ExtensionDefinition, WasmExtensionArgs
from .tokens import token


class WasmExtension(DeclaredExtension):
    """An extension in the catalogue of an organization (TSB WasmExtension)."""

    fqn: pulumi.Output[str]
    """``organizations/<organization>/extensions/<name>``."""
    definition: pulumi.Output[ExtensionDefinition]
    """The extension as attachments of other stacks take it; secret where its parts are."""

    def __init__(self, name: str, args: WasmExtensionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare an extension.

        :param name: Name of the component, and of the extension unless ``fqn`` is given.
        :param args: See WasmExtensionArgs.
        :param opts: Resource options.
        """
        args, wrong = without_circles(args)
        registered, twice = declared_once(self, name, opts)
        known, misspelt = known_arguments(args, WasmExtensionArgs)
        document, secrets = _read_entry(name, known)
        parsed = parse(CatalogueEntry, document)
        props = lower(parsed.value.wire())
        props.pop("pullSecrets", None)
        waived = {WAIVERS: args["waivers"]} if args.get("waivers") is not None else {}
        super().__init__(token("WasmExtension"), registered, {**props, **waived}, opts)
        report = Report(self, registered, args)
        if parsed.value.config_schema is not None:
            note_schemas()
        found = [
            *twice,
            *wrong,
            *misspelt,
            *map(_whole_name, parsed.findings),
            *reference_findings(secrets),
            *entry_findings(parsed.value, program_lock()),
        ]
        self._broken = not report.check(found, document, _findings)[0]
        self._document = document
        self._entry = parsed.value
        know(parsed.value)
        self._secrets = secrets
        self.fqn = output_of(lower(parsed.value.fqn) or "")
        fields: Any = {**props, "pullSecrets": [told_of(one) for one in secrets]} if secrets else props
        definition: Any = seal(fields)
        self.definition = output_of(definition)
        self.register_outputs({"fqn": self.fqn, "definition": self.definition})

    @staticmethod
    def get(
        name: str,
        definition: pulumi.Input[Any],
        *,
        organization: str | None = None,
        fqn: str | None = None,
        pull_secret: Any = None,
        pull_secrets: Any = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> "WasmExtension":
        """An extension that another stack declares, to be attached like one of this stack.

        :param name: Name of the reference in this stack, and of the extension unless ``fqn`` is given.
        :param definition: The extension's output ``definition``, as the other stack exports it; may still be unknown.
        :param organization: Name of the organization; with ``name`` it makes the FQN. Either this or ``fqn`` is required.
        :param fqn: FQN of the extension: with it names are known at preview. It must be that of the definition.
        :param pull_secret: Registry credentials, as in WasmExtensionArgs. Needed where the definition carries some: which
            Secrets exist must be visible at preview, when it may be unknown.
        :param pull_secrets: The same, for several registries.
        :param opts: Resource options.
        """
        if fqn is None:
            if organization is None:
                raise pulumi.RunError(f"WasmExtension.get({name!r}): give organization or fqn.")
            fqn = extension_fqn(organization, name)
        secrets = {"pull_secret": pull_secret, "pull_secrets": pull_secrets}
        given = {key: value for key, value in secrets.items() if value is not None}
        return WasmExtensionReference(name, {"definition": definition, "fqn": fqn, **given}, opts)


def _read_entry(name: str, args: Mapping[str, Any]) -> tuple[dict[str, Any], list[SecretRef]]:
    """The catalogue document of the known arguments, with deferred leaves, and its pull secrets."""
    raw = {key: value for key, value in args.items() if key not in KEYS | {WAIVERS}}
    secrets = read_secrets(args, name) or []
    organization = raw.pop("organization", None)
    document: dict[str, Any] = lift({key: _plain_schema(key, value) for key, value in raw.items()})
    if "fqn" not in document and organization is not None:
        document["fqn"] = map_value(lift(organization), lambda known: extension_fqn(known, name))
    if secrets:
        document["pullSecrets"] = documents(secrets)
    return document, secrets


def _plain_schema(key: str, value: Any) -> Any:
    """A pydantic model as the schema that it stands for."""
    if key in ("config_schema", "configSchema") and isinstance(value, type) and issubclass(value, BaseModel):
        return value.model_json_schema(by_alias=True)
    return value


def _whole_name(finding: Finding) -> Finding:
    """A missing FQN is most often a missing organization."""
    return replace(finding, fix=_FQN) if (finding.rule, finding.path) == (schema.REQUIRED.id, ("fqn",)) else finding


_FQN = "Give organization, which makes it with the component's name, or the whole fqn."


def _findings(document: Any) -> list[Finding]:
    parsed = parse(CatalogueEntry, document)
    return [*map(_whole_name, parsed.findings), *entry_findings(parsed.value, program_lock())]


class WasmExtensionReference(WasmExtension):
    """An extension that another stack declares, as :meth:`WasmExtension.get` makes it. It creates nothing.

    It is a component so that its problems have a place to be reported on: as soon as the definition is known, all rules
    are applied to it, here once for all of its attachments.
    """

    def __init__(self, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        fqn, given = args["fqn"], args["definition"]
        registered, twice = declared_once(self, name, opts)
        pulumi.ComponentResource.__init__(self, token("WasmExtensionReference"), registered, {"fqn": fqn}, opts)
        plain = isinstance(given, Mapping)
        whole = lift(given) if plain else DefinitionLeaf(pulumi.Output.from_input(given), name, ("definition",))
        report = Report(self, registered, args)
        own = read_secrets(args, name)
        self._secrets = (read_secrets(given, name) if plain and own is None else own) or []
        now = [
            *twice,
            *check_fqn(fqn, "extension", "fqn"),
            *reference_findings(self._secrets),
            *_definition_findings(whole, fqn),
        ]
        self._broken = not report.check(now, whole, lambda then: _definition_findings(then, fqn))[0]
        document: Any = whole
        if not isinstance(whole, Deferred):
            document = {key: value for key, value in fields_of(whole).items() if key not in KEYS}
            document["pullSecrets"] = documents(self._secrets)
            know(parse(CatalogueEntry, {"fqn": fqn, **fields_of(whole)}).value)
        self._document = document
        self._entry = parse(CatalogueEntry, {"fqn": fqn}).value
        self.fqn = output_of(fqn)
        self.definition = pulumi.Output.from_input(given)
        self.register_outputs({"fqn": self.fqn})


def _definition_findings(definition: Any, fqn: str) -> list[Finding]:
    """What the rules say of the definition, as far as it is known."""
    if isinstance(definition, Deferred):
        return []
    parsed = parse(CatalogueEntry, fields_of(definition))
    found = [*version_findings(definition), *parsed.findings, *entry_findings(parsed.value, program_lock())]
    return [finding.under("definition") for finding in (*found, *other_extension(parsed.value, fqn))]
