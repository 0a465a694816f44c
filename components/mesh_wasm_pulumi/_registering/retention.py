"""The option ``retain_on_delete``: whether Secrets outlive the stack together with the plugins that need them.

The engine hands it on from a component to its children, and a Secret is a child of its PullSecret. It is not handed on
from a plugin to its Secret: the engine keeps a retained Secret also when a new one replaces it, so that every rotation
would leave old credentials behind (measured). Whoever wants that says so on the PullSecret.
"""

from __future__ import annotations

from collections.abc import Iterable

import pulumi

from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.findings.pull_secrets import NOT_RETAINED
from mesh_wasm.planning.plan import PlannedPlugin
from mesh_wasm_pulumi._values.declared import SecretRef
from mesh_wasm_pulumi._values.ledger import ledger


def retention_findings(
    plugins: Iterable[PlannedPlugin], refs: Iterable[SecretRef], opts: pulumi.ResourceOptions | None
) -> list[Finding]:
    """What is to be said of plugins that are retained: one finding for each pull secret that is not.

    What a component of the user hands on to ours is not seen: the SDK keeps no options of a parent.
    """
    if opts is None or not opts.retain_on_delete:
        return []
    sources = [source for plugin in plugins if plugin.secret is not None for source in plugin.secret.sources]
    needed = {source.identity for source in sources if not source.existing}
    return [_finding(ref) for ref in refs if ref.definition.identity in needed and not is_retained(ref)]


def is_retained(ref: SecretRef) -> bool:
    """Whether the engine keeps the Secrets of a pull secret: those of another stack's definition have no PullSecret."""
    return ref.parent is not None and ref.called in ledger().retained


def _finding(ref: SecretRef) -> Finding:
    says = f"it keeps the WasmPlugins, but not the Secrets of {quoted(ref.called)} that they need."
    return NOT_RETAINED.at("retainOnDelete", says=says, fix=_TAKE_OVER if ref.parent is None else None)


_TAKE_OVER = "Declare a PullSecret of the same credentials here (Python: PullSecret.get), with retain_on_delete."
