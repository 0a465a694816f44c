"""Reading ``extensions`` of an attachment: components of this program, plain definitions, or Outputs of other stacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from mesh_wasm.findings import placing, schema, sharing
from mesh_wasm.findings.finding import Finding, Path, errors, quoted
from mesh_wasm.findings.rule import Rule
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import kind_of_value, parse
from mesh_wasm.model.pull_secret import PullSecret
from mesh_wasm.planning.adopted import AdoptedObject, Adoption, supplied
from mesh_wasm.planning.attached import Attached
from mesh_wasm.planning.entries import entry_findings
from mesh_wasm.values.deferred import Deferred, known
from mesh_wasm_pulumi._values.declared import DeclaredExtension, ResourceReference, SecretRef
from mesh_wasm_pulumi._values.leaves import OutputLeaf, lift
from mesh_wasm_pulumi.args import AttachedExtensionArgs

from .arguments import known_arguments
from .definition import DefinitionLeaf, fields_of, foreign, version_findings
from .lock import program_lock
from .secret_refs import KEYS, documents, read_secrets, reference_findings


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of ``extensions``, taken apart."""

    item: dict[str, Any]
    """The attachment's own fields: fqn, config, match; with deferred leaves."""
    extension: Any
    """The catalogue document, with deferred leaves; deferred as a whole where it is an Output."""
    secrets: list[SecretRef]
    """The pull secrets of its plugins: its own, or else the extension's."""
    own_secrets: bool
    """Whether the item itself names them."""
    key: str
    """Stable name of the child resources."""
    broken: bool
    owned: bool
    """Whether a WasmExtension of this program reports the extension's own problems."""
    nameless: tuple[Finding, ...] = ()
    """What is said where no name of its resources is known before the update."""
    problems: tuple[Finding, ...] = ()
    """Why the item is no attachment at all; then nothing else is said of it."""
    adopted: Any = None
    """The objects that it takes over, as they are given."""

    @property
    def pull_secrets(self) -> list[Mapping[str, Any]] | None:
        """The documents of its own pull secrets; None where it has none of its own."""
        return documents(self.secrets) if self.own_secrets else None


def read_entries(args: Mapping[str, Any], component: str) -> list[Entry]:
    """Take apart the items of ``extensions`` of a component."""
    items = args.get("extensions")
    if isinstance(items, list | tuple):
        return [_entry(index, item, component) for index, item in enumerate(items)]
    return [] if items is None else [_misshapen(_no_list(items).at("extensions", says=_LIST, fix=_ITEMS))]


_LIST = "expected a plain list: which extensions are attached decides which objects exist."
_ITEM = "expected a plain object with the field extension: which one is attached decides which objects exist."
_ITEMS = (
    'Give a plain list of objects with the field extension, as in [{"extension": acl}]; other fields may be Outputs.'
)
_BARE = "this is an extension, where an object is expected that says which extension is attached, and how."
_WRAP = 'Write {"extension": …} around it; its config, match and pull secret stand beside that field.'


def _no_list(value: Any) -> Rule:
    return placing.UNDECIDED if isinstance(value, pulumi.Output) else schema.WRONG_TYPE


def _misshapen(*problems: Finding) -> Entry:
    return Entry({}, None, [], False, "0", broken=True, owned=True, problems=problems)


def _entry(index: int, given: Any, component: str) -> Entry:
    if not isinstance(given, Mapping) or "adopted" not in given:
        return _read(index, given, component)
    item = dict(given)
    adopted = lift(item.pop("adopted"))
    return replace(_read(index, item, component), adopted=adopted)


def _read(index: int, given_item: Any, component: str) -> Entry:
    path = ("extensions", index)
    if isinstance(given_item, DeclaredExtension):
        return _misshapen(schema.WRONG_TYPE.at(*path, says=_BARE, fix=_WRAP))
    if not isinstance(given_item, Mapping):
        return _misshapen(_no_list(given_item).at(*path, says=_ITEM, fix=_ITEMS))
    item = dict(given_item)
    given = item.pop("extension", None)
    if given is None:
        missing = schema.REQUIRED.at(*path, "extension", says="this field is required.", fix=_EXTENSION)
        _, unknown = known_arguments(item, AttachedExtensionArgs)
        return _misshapen(missing, *(finding.under(*path) for finding in unknown))
    if isinstance(given, ResourceReference):
        return _misshapen(foreign(given, DeclaredExtension.KIND).under(*path, "extension"))
    if not isinstance(given, DeclaredExtension | pulumi.Output | Mapping):
        says = f"expected a WasmExtension or its definition, got {kind_of_value(given)}."
        return _misshapen(schema.WRONG_TYPE.at(*path, "extension", says=says, fix=_EXTENSION))
    fields = lift({key: value for key, value in item.items() if key not in KEYS})
    own = read_secrets(item, f"{component}-{index}" if index else component)
    if isinstance(given, DeclaredExtension):
        fields.setdefault("fqn", given._entry.fqn)
        key = given._entry.name or str(index)
        secrets = given._secrets if own is None else own
        # A definition that is not known yet cannot tell its pull secrets, so those of the reference stand in.
        named = own is not None or (isinstance(given._document, Deferred) and bool(secrets))
        nameless = _nameless(path, fields["fqn"], _NO_FQN_YET)
        return Entry(fields, given._document, secrets, named, key, given._broken, owned=True, nameless=nameless)
    if isinstance(given, pulumi.Output):
        whole = DefinitionLeaf(given, component, (*path, "extension"))
        last = _last(known(fields.get("fqn")))
        fields.setdefault("fqn", whole.map(lambda definition: definition["fqn"]))
        nameless = _nameless(path, fields["fqn"], _NO_DEFINITION_YET)
        return Entry(fields, whole, own or [], own is not None, last or str(index), False, False, nameless)
    raw = dict(given)
    of_extension = read_secrets(raw, component) or []
    document = lift({key: value for key, value in raw.items() if key not in KEYS})
    fields.setdefault("fqn", document.get("fqn"))
    if of_extension:
        document["pullSecrets"] = documents(of_extension)
    secrets = of_extension if own is None else own
    key = _last(known(fields.get("fqn"))) or str(index)
    nameless = _nameless(path, fields.get("fqn"), _NO_FQN_YET)
    return Entry(fields, document, secrets, own is not None, key, False, False, nameless)


_EXTENSION = "Give a WasmExtension, or the definition of one."


def _nameless(path: Path, fqn: Any, says: str) -> tuple[Finding, ...]:
    """The finding where the FQN is sure to stay unknown at preview, which would then show names of no resource.

    In a program of Python nobody can be sure: there the place in the list names them, at preview and at up alike.
    """
    if isinstance(fqn, OutputLeaf) and fqn.unknown:
        return (placing.UNDECIDED.at(*path, "fqn", says=says, fix=_GIVE_FQN),)
    return ()


_NO_DEFINITION_YET = "the definition is not known yet, and without an FQN nothing can be named after its extension."
_NO_FQN_YET = "the extension's FQN is not known yet, and its plugins are named after it."
_GIVE_FQN = "Give fqn beside the extension, as a plain text: organizations/<organization>/extensions/<name>."


def _last(fqn: Any) -> str | None:
    return fqn.rsplit("/", 1)[-1] if isinstance(fqn, str) else None


def other_extension(entry: CatalogueEntry, fqn: Any) -> list[Finding]:
    """The finding about a definition that belongs to another extension than the one that is named beside it."""
    told = known(entry.fqn)
    if told is None or not isinstance(fqn, str) or told == fqn:
        return []
    return [sharing.OTHER_EXTENSION.at("fqn", says=f"the definition is that of {quoted(told)}, not of {quoted(fqn)}.")]


def attached_of(
    entry: Entry, extension: Any, item: Any, pull_secrets: Any, index: int
) -> tuple[Attached, list[Finding]]:
    """The SDK's view of an item, whose leaves may have become known; and the findings about its shape."""
    findings: list[Finding] = []
    prefix = ("extensions", index)
    model: CatalogueEntry | Deferred
    if entry.problems:
        nothing = parse(CatalogueEntry, {}).value, parse(WasmExtensionAttachment, {}).value
        return Attached(*nothing, entry.key, broken=True, misshapen=True), list(entry.problems)
    broken = entry.broken
    if isinstance(extension, Deferred):
        model = extension
    else:
        parsed = parse(CatalogueEntry, fields_of(extension))
        model = parsed.value
        if not (entry.owned and extension is entry.extension):
            # What a WasmExtension knew from the start it has said itself; what became known since is looked at again.
            of_extension = () if entry.own_secrets else entry.secrets
            found = [*parsed.findings, *reference_findings(of_extension), *entry_findings(model, program_lock())]
            found += version_findings(extension)
            if not entry.owned:
                findings += [finding.under(*prefix, "extension") for finding in found]
            elif errors(found):
                broken = True
        findings += [finding.under(*prefix) for finding in other_extension(model, known(item.get("fqn")))]
    findings += entry.nameless
    attachment = parse(WasmExtensionAttachment, {key: value for key, value in item.items() if value is not None})
    findings += [finding.under(*prefix) for finding in attachment.findings]
    own = None
    if pull_secrets is not None:
        findings += [finding.under(*prefix) for finding in reference_findings(entry.secrets)]
        own = tuple(parse(PullSecret, document).value for document in pull_secrets)
    elif isinstance(entry.extension, Deferred) and not isinstance(model, Deferred) and model.credentials:
        says = "the extension's definition carries a pull secret, but it was not known at preview that it does."
        findings.append(sharing.LATE_SECRET.at(*prefix, "pullSecret", says=says))
    taken = parse(Adoption, {} if entry.adopted is None else {"adopted": entry.adopted})
    findings += [finding.under(*prefix) for finding in taken.findings]
    adopted = taken.value.adopted if isinstance(taken.value.adopted, Mapping) else {}
    adopted = {place: one for place, one in adopted.items() if isinstance(one, AdoptedObject)}
    if adopted and (entry.secrets if pull_secrets is None else own):
        findings += [finding.under(*prefix) for finding in supplied(entry.secrets)]
    return Attached(model, attachment.value, entry.key, broken, own, adopted), findings
