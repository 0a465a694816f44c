"""What istiods say of proxies, for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from mesh_wasm.verify.survey import Synced

_MOST = 20
"""Proxies of a cluster that are named; of a thousand that refuse the same, the first ones tell enough."""


def print_synced(synced: Sequence[Synced]) -> None:
    """A line for each proxy that is not well, and the sum for each cluster."""
    for one in synced:
        wrong = [proxy for proxy in one.proxies if not proxy.ok]
        for proxy in wrong[:_MOST]:
            told = [f"refuses {what}: {says}" for what, says in sorted(proxy.refused.items())]
            told += [f"has not taken {what} yet" for what in proxy.behind]
            click.echo(f"cluster {one.cluster}, {proxy.namespace}/{proxy.pod}: {'; '.join(told)}")
        if len(wrong) > _MOST:
            click.echo(f"cluster {one.cluster}: and {len(wrong) - _MOST} more")
        number = len(one.proxies)
        refusing = sum(bool(proxy.refused) for proxy in one.proxies)
        behind = sum(bool(proxy.behind) and not proxy.refused for proxy in one.proxies)
        well = number - refusing - behind
        if not number:
            click.echo(f"cluster {one.cluster}: istiod serves no proxy that the plan touches ({one.others} others)")
            continue
        click.echo(
            f"cluster {one.cluster}: istiod knows {number} prox{'y' if number == 1 else 'ies'} that the plan may touch: "
            f"{well} have taken everything, {behind} are behind, {refusing} refuse something"
        )


def synced_document(synced: Sequence[Synced]) -> dict[str, Any]:
    """``{"istiod": [{"cluster", "ok", "proxies", "others", "wrong": [{"pod", "namespace", "behind", "refused"}]}]}``."""
    if not synced:
        return {}
    return {
        "istiod": [
            {
                "cluster": one.cluster,
                "ok": one.ok,
                "proxies": len(one.proxies),
                "others": one.others,
                "wrong": [
                    {
                        "pod": proxy.pod,
                        "namespace": proxy.namespace,
                        "behind": list(proxy.behind),
                        "refused": dict(proxy.refused),
                    }
                    for proxy in one.proxies
                    if not proxy.ok
                ],
            }
            for one in synced
        ]
    }
