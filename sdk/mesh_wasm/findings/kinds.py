"""WasmPlugin and TrafficExtension: which Istio knows which kind, and two objects of one name (MW280, MW63x)."""

from __future__ import annotations

from .examples import EXTENSION_HEAD, GOOD, SCRIPT, inventory, plugin
from .finding import Severity
from .rule import Family, rule

_WASM = "  wasm: {url: 'oci://registry.example.com/filters/acl:1.4.2'}\n"
_TWIN = EXTENSION_HEAD.replace("name: mark", "name: acl").replace("priority: 10", "priority: 20") + _WASM


def _emitting(version: str | None) -> str:
    """A program that writes TrafficExtensions into a cluster of that Istio."""
    told = "" if version is None else f'istio_version="{version}", '
    return (
        "import pulumi_kubernetes as k8s\nimport mesh_wasm_pulumi as wasm\n\n"
        'east = wasm.Cluster("east", provider=k8s.Provider("east", context="east"), emit="TrafficExtension",\n'
        f'                    {told}namespaces=["shop"])\n'
        + plugin().replace('"fleet": fleet', '"fleet": wasm.Fleet([east])')
    )


BOTH_KINDS = rule(
    "MW280",
    Severity.WARNING,
    Family.SILENT,
    "A WasmPlugin and a TrafficExtension of one name",
    why=(
        "They are two objects, and both run: a TrafficExtension does not take the place of a WasmPlugin, so requests pass "
        "the filter twice."
    ),
    fix="Delete the WasmPlugin once the TrafficExtension runs, or give one of the two another name if both are meant.",
    source="Seen on the test mesh (docs/traffic-extension.md)",
    bad=f"{GOOD}---\n{_TWIN}",
    good=_TWIN,
)
KIND_UNKNOWN = rule(
    "MW630",
    Severity.ERROR,
    Family.VERSION,
    "A TrafficExtension where Istio has none",
    why="The API server knows no such kind: kubectl answers 'no matches for kind'. It came with Istio 1.30.",
    fix="Write a WasmPlugin for this cluster, or upgrade its Istio.",
    source="istio.io/api: CRDs of 1.29 and 1.30; seen on Istio 1.27.9",
    bad=SCRIPT,
    good=GOOD,
    inventory=inventory("1.29"),
    enforced=True,
)
EMIT_UNKNOWN = rule(
    "MW631",
    Severity.ERROR,
    Family.VERSION,
    "TrafficExtensions for a cluster whose Istio has none",
    why="Every object that is written there would be refused: the kind came with Istio 1.30.",
    fix="Leave emit out, so that WasmPlugins are written, or upgrade the cluster's Istio first.",
    source="istio.io/api: CRDs of 1.29 and 1.30; seen on Istio 1.27.9",
    bad=_emitting("1.29"),
    good=_emitting("1.30"),
)
EMIT_UNSURE = rule(
    "MW632",
    Severity.WARNING,
    Family.VERSION,
    "TrafficExtensions for a cluster of which the version is not declared",
    why=(
        "If its Istio is older than 1.30, the new objects are refused at `pulumi up`; with --continue-on-error the engine "
        "deletes the WasmPlugins all the same, and nothing is filtered any more."
    ),
    fix="Declare the cluster's istio_version: an older one is refused at preview.",
    source="Seen with a true engine on Istio 1.27.9 (docs/traffic-extension.md)",
    bad=_emitting(None),
    good=_emitting("1.30"),
)
