"""A sound module that the plugin uses in a way in which it does nothing."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD
from mesh_wasm.findings.finding import Finding, Severity, listed, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.modules.abi import HTTP_CALLBACKS, NETWORK_CALLBACKS
from mesh_wasm.modules.facts import names_of
from mesh_wasm.rules.subjects import ModuleSubject
from mesh_wasm.values.deferred import Deferred, known
from mesh_wasm.values.enums import PluginType

from ._examples import locked

UNKNOWN_ROOT = rule(
    "MW014",
    Severity.WARNING,
    Family.MODULE,
    "A plugin name that the module does not know",
    why=(
        "A module with several plugins in it picks one by pluginName, Envoy's root id; one that it does not know is "
        "refused, or runs as a filter that does nothing, as the SDK has it."
    ),
    fix="Write one of the root ids that the image names in its runtime-config.json.",
    source="Wasm image specification; proxy-wasm SDKs",
    bad=GOOD + "  pluginName: acl-chekc\n",
    good=GOOD + "  pluginName: acl-check\n",
    lock=locked(root_ids=("acl-audit", "acl-check")),
)
WRONG_TYPE = rule(
    "MW015",
    Severity.WARNING,
    Family.MODULE,
    "A plugin type for which the module does nothing",
    why=(
        "Envoy calls a plugin of type HTTP for requests, and one of type NETWORK for connections. A module that exports "
        "functions for the other kind only is never asked for anything."
    ),
    fix="Set type to what the module is made for: HTTP or NETWORK.",
    source="proxy-wasm-cpp-host src/context.cc",
    bad=GOOD + "  type: NETWORK\n",
    good=GOOD + "  type: HTTP\n",
    lock=locked(),
)


@UNKNOWN_ROOT.checks(ModuleSubject)
def unknown_root(subject: ModuleSubject) -> Iterator[Finding]:
    """Only where the image names its root ids."""
    facts = None if subject.known is None else subject.known.module
    name = subject.spec.plugin_name
    if facts is None or facts.root_ids is None or isinstance(name, Deferred) or (name or "") in facts.root_ids:
        return
    says = f"the module has the root ids {listed(facts.root_ids)}, and the plugin "
    yield UNKNOWN_ROOT.at("pluginName", says=says + ("names none." if name is None else f"names {quoted(name)}."))


@WRONG_TYPE.checks(ModuleSubject)
def wrong_type(subject: ModuleSubject) -> Iterator[Finding]:
    """Only where there are functions of the other kind, and none of its own."""
    facts = None if subject.known is None else subject.known.module
    if facts is None or facts.abi is None or isinstance(subject.spec.type, Deferred):
        return
    names = names_of(facts.exports)
    network = known(subject.spec.type) == PluginType.NETWORK
    mine, others = (NETWORK_CALLBACKS, HTTP_CALLBACKS) if network else (HTTP_CALLBACKS, NETWORK_CALLBACKS)
    if names & others and not names & mine:
        what = ("connections", "requests") if network else ("requests", "connections")
        has = listed(sorted(names & others))
        says = f"the module exports nothing that is called for {what[0]}, but for {what[1]}: {has}."
        yield WRONG_TYPE.at("type", says=says)
