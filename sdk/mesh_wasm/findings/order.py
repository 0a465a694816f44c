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
        "They come from different targets or are raw plugins, and a workload can run both. Istio runs them by time of "
        "creation, which differs from cluster to cluster."
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
