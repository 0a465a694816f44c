"""The order of filters, and what mesh-wasm writes so that it is the same everywhere (family MW7xx)."""

from __future__ import annotations

from .examples import ACL, HEAD, SELECTOR, URL, extension, group, inventory, plugin, program
from .finding import Severity
from .rule import Family, rule


def _two(*priorities: object) -> str:
    """Extensions of these priorities on one target."""
    names = [f"ext{index}" for index, _ in enumerate(priorities)]
    declared = [extension(name, priority) for name, priority in zip(names, priorities, strict=True)]
    attached = ", ".join(f'{{"extension": {name}}}' for name in names)
    return program(*declared, group(f"[{attached}]"))


PRIORITY_WRITTEN = rule(
    "MW701",
    Severity.INFO,
    Family.ORDER,
    "A priority is written where none was set",
    why="Istio documents 0 as the default, but runs a plugin without priority after every other, even after -5.",
    fix="Set the priority, if only to 0.",
    source="istio pilot/pkg/model/push_context.go; measured, tests/cluster/test_order.py",
    bad=program(plugin(priority="")),
    good=program(plugin()),
)
SCHEME_WRITTEN = rule(
    "MW702",
    Severity.INFO,
    Family.ORDER,
    "A scheme is written where none was set",
    why="Istio takes a URL without scheme for an OCI image; written out, no later reader has to know that.",
    fix="Write oci://.",
    source="Istio WasmPlugin.url: 'If no scheme is present, defaults to oci://'",
    bad=program(plugin(url="registry.acme.io/acl:1")),
    good=program(plugin()),
)
PRIORITY_SPREAD = rule(
    "MW703",
    Severity.INFO,
    Family.ORDER,
    "A tied priority is spread",
    why=(
        "TSB runs extensions of equal priority by FQN; Istio runs them by time of creation, which differs from cluster "
        "to cluster. So mesh-wasm writes distinct priorities in TSB's order, by the smallest change."
    ),
    fix="Give the extensions different priorities to choose the numbers yourself.",
    source="TSB WasmExtension.priority: 'the fqn will be used to sort them'; "
    "istio pilot/pkg/model/push_context.go; measured, tests/cluster/test_order.py",
    bad=_two(10, 10),
    good=_two(20, 10),
)
PRIORITY_PUSHED = rule(
    "MW704",
    Severity.WARNING,
    Family.ORDER,
    "A priority makes room for a tie",
    why="Other extensions share a priority, and between the neighbouring ones there are too few numbers to spread them.",
    fix="Leave room: declare priorities in steps of ten.",
    source="design: declared priorities are kept wherever there is room",
    bad=_two(11, 10, 10, 9),
    good=_two(40, 30, 20, 10),
)
LATE_TIE = rule(
    "MW705",
    Severity.WARNING,
    Family.ORDER,
    "A priority that was not known in time contradicts TSB's order",
    why=(
        "What decides the order came from an Output, so it is written as declared: a value that is not known yet must not "
        "make the priorities of all other plugins unknown. Plugins of equal priority run in order of creation."
    ),
    fix="Give the extension a priority of its own, or give phase and priority as plain values.",
    source="istio pilot/pkg/model/push_context.go; measured, tests/cluster/test_order.py",
    bad=_two(10, "pulumi.Output.from_input(10)"),
    good=_two(20, 10),
)
CROSS_TIE = rule(
    "MW706",
    Severity.WARNING,
    Family.ORDER,
    "Two plugins tie on one workload",
    why=(
        "One of them keeps what it declares: a raw plugin, a manifest of another program, an extension whose priority was "
        "not known in time. Or one extension stands on two targets, and there is no number beside its own. A workload can "
        "run both, and Istio runs them by time of creation, which differs from cluster to cluster."
    ),
    fix="Give the two different priorities.",
    source="istio pilot/pkg/model/push_context.go, policyattachment.go; measured, tests/cluster/test_order.py",
    bad=program(ACL, group(), plugin()),
    good=program(ACL, group(), plugin(priority="20")),
)
_LONGER = HEAD.replace("acl", "acl-check") + URL
UPGRADE_TIE = rule(
    "MW715",
    Severity.INFO,
    Family.ORDER,
    "A tie that the upgrade to Istio 1.30 turns round",
    why=(
        "Plugins of equal priority that were created in the same second run by name, and 1.30 compares other names: it puts "
        "'~istio-translated-wasmplugin' behind each, so that acl-check runs before acl, which it followed until then."
    ),
    fix="Give the two different priorities.",
    source="measured on Istio 1.27.9 and on master of 2026-08-27 (tests/live/test_live_versions.py)",
    bad=HEAD + URL + SELECTOR + "---\n" + _LONGER + SELECTOR,
    good=HEAD + URL + SELECTOR + "---\n" + _LONGER.replace("priority: 10", "priority: 20") + SELECTOR,
    inventory=inventory("1.27"),
)
_FIRST, _LAST, _LATE = (extension(name, 10) for name in ("first", "third", "second"))
_EARLY = group('[{"extension": first}, {"extension": third}]')
_OTHER = group('[{"extension": second}]', fqn='f"{TENANT}/workspaces/web/securitygroups/more"').replace(
    '"services", {', '"more", {'
)
NO_NUMBER_LEFT = rule(
    "MW720",
    Severity.WARNING,
    Family.ORDER,
    "No number was left between two extensions",
    why=(
        "A number that has been given to a plugin stays. This extension was declared afterwards, belongs between two that "
        "are numbered without a gap, and can meet them on a workload: there it runs in the wrong place, the same in every "
        "cluster."
    ),
    fix="Declare it before what is attached, name it in mesh-wasm:catalogue, or give it a free priority (docs/order.md).",
    source="design: docs/order.md",
    bad=program(_FIRST, _LAST, _EARLY, _LATE, _OTHER),
    good=program(_FIRST, _LAST, _LATE, _EARLY, _OTHER),
)
_TWICE = group(fqn='f"{TENANT}/workspaces/web/securitygroups/more"').replace('"services", {', '"more", {')
MEETS_ITSELF = rule(
    "MW721",
    Severity.INFO,
    Family.ORDER,
    "An extension meets itself on one workload",
    why=(
        "It is attached to two targets that share a workload, which runs it twice. So that they run in the same order in "
        "every cluster, by the FQNs of the targets, the later one gets the nearest number that is free."
    ),
    fix="Attach it to one of them, if it is not to run twice.",
    source="design: docs/order.md; istio pilot/pkg/model/push_context.go",
    bad=program(ACL, group(), _TWICE),
    good=program(ACL, group()),
)


def _catalogue(priority: int, name: str = "acl", more: str = "") -> str:
    """Stands for ``mesh-wasm:catalogue`` in the configuration of the stack."""
    item = f'{{"fqn": "organizations/acme/extensions/{name}", "priority": {priority}{more}}}'
    return f"pulumi.runtime.set_config(\"mesh-wasm:catalogue\", '[{item}]')\n"


CATALOGUE_DIFFERS = rule(
    "MW722",
    Severity.ERROR,
    Family.ORDER,
    "The catalogue has the extension elsewhere",
    why=(
        "mesh-wasm:catalogue says which priority and phase the extensions of an organization have, so that all stacks give "
        "them the same numbers. A stack that declares another one would order its plugins by one and run them by the other."
    ),
    fix="Write the same phase, type and priority into both.",
    source="design: docs/order.md",
    bad=program(_catalogue(20), ACL, group()),
    good=program(_catalogue(10), ACL, group()),
)
_HELD = ', "written": 10'
NOT_HELD = rule(
    "MW723",
    Severity.INFO,
    Family.ORDER,
    "A catalogue that holds numbers has none for an extension",
    why=(
        "The catalogue holds numbers so that they stay from run to run. An extension that it does not have gets one that is "
        "free, the same for the same program; as others are added beside it, it may become another one."
    ),
    fix="Bring the catalogue up to date: mesh-wasm catalogue (docs/order.md).",
    source="design: docs/order.md",
    bad=program(_catalogue(10, "other", _HELD), ACL, group()),
    good=program(_catalogue(10, "acl", _HELD), ACL, group()),
)
