"""TsbManifests: TSB YAML as a component. It creates, as attachments of the same content would,

- one WasmPlugin per target, extension, cluster and namespace, and
- before it, the pull secret, where ``pull_secrets`` has one (as a child of the PullSecret).

The WasmPlugins are those that ``mesh-wasm translate`` writes for the same documents.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.parse import parse
from mesh_wasm.model.pull_secret import PullSecret
from mesh_wasm.numbering.numbers import Numbering
from mesh_wasm.planning.plan import Plan
from mesh_wasm.rules.waivers import Levels
from mesh_wasm.tsb import Bundle, BundlePlan, Choices
from mesh_wasm.values.enums import DefaultGateways, StricterLists
from mesh_wasm.values.labels import EXTENSION

from ._reading import fleet as _fleet
from ._reading.arguments import known_arguments, read_choice
from ._reading.catalogue import program_numbering
from ._reading.declaring import declared_once, without_circles
from ._reading.lock import program_lock, tell_notes
from ._reading.tsb_source import bundle_findings, read_documents, read_named_secrets, told
from ._registering.children import references, registrations, user_dependencies
from ._registering.retention import retention_findings
from ._registering.secrets import PullSecrets
from ._telling.report import Report
from ._telling.settling import WAIVERS, Settling
from ._values.leaves import output_of, sayable
from ._values.ledger import ledger
from .args import PluginReference, TsbManifestsArgs
from .tokens import token


class TsbManifests(pulumi.ComponentResource):
    """The extensions and attachments of TSB YAML, as WasmPlugins in every cluster that they reach."""

    plugins: pulumi.Output[list[PluginReference]]
    """The WasmPlugins that were made."""

    def __init__(self, name: str, args: TsbManifestsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Take over TSB YAML; see TsbManifestsArgs."""
        args, endless = without_circles(args)
        registered, twice = declared_once(self, name, opts)
        known, misspelt = known_arguments(args, TsbManifestsArgs)
        where = _fleet.read_where(known)
        documents, unread = read_documents(known)
        refs, refused = read_named_secrets(known, name)
        settling, lock = Settling.read(known), program_lock()
        definitions = {key: ref.definition for key, ref in refs.items()}
        stricter, wrong = read_choice(known.get("stricter"), StricterLists, "stricter")
        gateways, more = read_choice(known.get("gateways"), DefaultGateways, "gateways")
        choices, misspelt = Choices(stricter, gateways), [*endless, *twice, *misspelt, *wrong, *more]
        bundle = Bundle(documents, definitions, settling.waivers, settling.levels, lock=lock, choices=choices)
        unused = [] if unread else list(bundle_findings(bundle, refs))
        selected, unselected = where.fleet.select(where.selection)
        here = frozenset(cluster.name for cluster in selected) - where.others
        plan = bundle.plan(where.fleet, here, _Entering(name))
        met = _met(name, plan, choices)

        def later(known: Any) -> list[Finding]:
            secrets = {key: parse(PullSecret, document).value for key, document in known.items()}
            read = Bundle(documents, secrets, settling.waivers, settling.levels, lock=lock, choices=choices)
            again = read.plan(where.fleet, here, _Entering(name, again=True))
            return list(map(told, again.findings))

        super().__init__(token("TsbManifests"), registered, _props(known, plan, where), opts)
        # The bundle settles its own findings, for what is waived in a document must not stop what uses the document.
        report = Report(self, registered, args, Settling((), Levels(), ()))
        tell_notes(self)
        whole = _whole(plan)
        lost = retention_findings(whole.plugins, refs.values(), opts)
        unselected = where.judged(unselected)
        mine = settling.settle([*misspelt, *where.findings, *unread, *refused, *unused, *unselected, *lost, *met])
        found = [*mine, *where.judged(map(told, plan.findings))]
        valid, gate = report.check(found, {key: ref.document for key, ref in refs.items()}, later)
        self.plugins = output_of(references(whole) if valid else [])
        if valid:
            needs = user_dependencies(opts)
            secrets = PullSecrets(self, refs.values(), where, report, needs)
            for register in registrations(self, name, whole, where, secrets, gate, needs):
                register()
        self.register_outputs({"plugins": self.plugins})


@dataclass(frozen=True, slots=True)
class _Entering:
    """Enters the targets of one component into the program's order."""

    component: str
    again: bool = False
    """Whether the objects are registered, so that their numbers stay."""

    @property
    def numbering(self) -> Numbering:
        return program_numbering()

    def part(self, plan: Plan) -> bool:
        return not self.again and ledger().order.part(plan)

    def enter(self, label: str, plan: Plan, whole: Plan) -> list[Finding]:
        shown = f"{self.component} ({label})"
        return ledger().enter_again(shown, plan) if self.again else ledger().enter(shown, plan, whole)


def _met(name: str, plan: BundlePlan, choices: Choices) -> list[Finding]:
    """Where the documents' levels meet other components. Among themselves the documents say what comes of it."""
    shown, book = ledger().name(name, "TsbManifests"), ledger()
    together = choices.stricter is StricterLists.UNION
    found: list[Finding] = []
    for one in plan.targets:
        found += book.overlaps.enter(shown, one.target, one.plan, together=together)
        found += book.at_gateways.enter(shown, one.target, one.plan, choices.gateways, alone=False)
    return found


def _whole(plan: BundlePlan) -> Plan:
    """The plans of all targets in one. A plugin's resource is called after its object, which is unique in a namespace."""
    plugins = plan.plugins
    return Plan(tuple(replace(plugin, key=f"{plugin.namespace}-{plugin.name}") for plugin in plugins))


def _props(args: Mapping[str, Any], plan: BundlePlan, where: _fleet.Where) -> dict[str, Any]:
    """The inputs that policies see: what is attached where."""
    targets = [
        {
            "kind": str(one.target.kind),
            "fqn": one.target.fqn,
            "extensions": sorted({str(plugin.annotations.get(EXTENSION)) for plugin in one.plan.plugins}),
        }
        for one in plan.targets
    ]
    selection = {"clusters": args.get("clusters"), "clusterNames": args.get("cluster_names", args.get("clusterNames"))}
    props = {
        "paths": args.get("paths"),
        "stricter": args.get("stricter"),
        "gateways": args.get("gateways"),
        WAIVERS: args.get(WAIVERS),
        "targets": targets,
        "fleet": list(where.providers),
        **selection,
    }
    return {key: sayable(value) for key, value in props.items() if value is not None}
