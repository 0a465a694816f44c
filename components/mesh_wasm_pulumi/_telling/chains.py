"""The chains of a program, for a stack output or another component."""

from __future__ import annotations

from typing import Any

import pulumi

from mesh_wasm.chains.chain import Chain
from mesh_wasm.chains.chain import chains as chains_of
from mesh_wasm.chains.member import read_member
from mesh_wasm.values.deferred import Deferred
from mesh_wasm_pulumi._values.leaves import resolve
from mesh_wasm_pulumi._values.ledger import ledger

Chains = dict[str, dict[str, str]]
"""By cluster and workload: the chain in one line, e.g. ``-> openid-connect -> istio.authn -> acl-check -> router``."""

_DECIDING = ("selector", "targetRef", "targetRefs", "phase", "priority", "type", "match")


def chains() -> Chains | pulumi.Output[Chains]:
    """The chain of every workload, of all attachments and plugins that are declared before this call.

    Plain values give a plain value; it is an Output only where what decides the order is one. A plugin whose place is not
    known at preview stands behind its chain, with a question mark. ::

        pulumi.export("chains", wasm.chains())
    """
    plugins = [
        {
            "cluster": plugin.cluster,
            "metadata": plugin.metadata(),
            "spec": plugin.spec if isinstance(plugin.spec, Deferred) else _deciding(dict(plugin.spec)),
            "by": plugin.declared_by,
        }
        for plan in ledger().plans.values()
        for plugin in plan.plugins
    ]
    later = resolve(plugins, lambda known, secrets: _lines(known))
    return _lines(plugins) if later is None else later


def _deciding(spec: dict[str, Any]) -> dict[str, Any]:
    return {field: spec[field] for field in _DECIDING if field in spec}


def _lines(plugins: list[dict[str, Any]]) -> Chains:
    members = [read_member(one["cluster"], one["metadata"], one["spec"], one["by"]) for one in plugins]
    found: Chains = {}
    for chain in chains_of(members):
        found.setdefault(chain.cluster, {})[chain.workload.title] = _line(chain)
    return found


def _line(chain: Chain) -> str:
    return " ".join(part for part in (chain.line, *(f"? {member.label}" for member in chain.undecided)) if part)
