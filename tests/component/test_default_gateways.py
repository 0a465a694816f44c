"""Whether a default reaches the pods of gateways: nobody documents it, so a program says it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.programs import errors, extension_args, findings, fleet, gateway_args, run
from surroundings.objects import deployment
from tsb.documents import GATEWAY_GROUP, INGRESS, WORKSPACE

import mesh_wasm_pulumi as wasm
from mesh_wasm.values.labels import TARGET

TENANT = "organizations/acme/tenants/shop"


def default_args(extension: Any, where: Any, **changes: Any) -> Any:
    args = {"resource": TENANT, "namespace_selector": ["*/edge", "*/shop"]}
    return {**args, "extensions": [{"extension": extension}], "fleet": where, **changes}


def log() -> Any:
    return wasm.WasmExtension("log", extension_args(image="oci://registry.acme.io/filters/log:1", priority=5))


def acl() -> Any:
    return wasm.WasmExtension("acl", extension_args())


def places(made: Any) -> set[str]:
    """The namespaces of cluster east that have plugins of the default."""
    plugins = [plugin for plan in made.ledger.plans.values() for plugin in plan.plugins]
    return {str(one.namespace) for one in plugins if (one.cluster.name, one.annotations[TARGET]) == ("east", TENANT)}


TEMPLATE = {"inject.istio.io/templates": "gateway"}
ORDERS = [("all", "front"), ("front", "all")]


def program(order: tuple[str, ...], beside: Any = (), **changes: Any) -> Any:
    """A default on two namespaces, and a gateway in one of them, declared in that order."""

    def main() -> None:
        one, other = acl(), log()
        there = fleet(namespaces=["edge", "shop"], **({"surroundings": list(beside)} if beside else {}))
        make: dict[str, Callable[[], Any]] = {
            "all": lambda: wasm.DefaultSecuritySetting("all", default_args(one, there, **changes)),
            "front": lambda: wasm.IngressGatewayAttachment("front", gateway_args(other, there)),
        }
        for name in order:
            make[name]()

    return run(main)


def told(made: Any) -> list[tuple[str, str, str]]:
    return [(name, one.rule, str(one.severity)) for name, one in made.ledger.findings if one.rule in ("MW571", "MW580")]


@pytest.mark.parametrize("order", ORDERS, ids=["default first", "gateway first"])
def test_without_a_choice_it_is_said_on_whichever_comes_later(order: tuple[str, str]) -> None:
    made = program(order)
    assert made.failure is None
    assert told(made) == [(order[1], "MW571", "warning")]
    (finding,) = [one for one in findings(made, order[1]) if one.rule == "MW571"]
    assert "TSB does not document whether defaults do" in finding.message
    assert {"all": "front (namespace edge)", "front": "all reaches its pods"}[order[1]] in finding.message
    assert "gateways='include' or 'leave-out'" in finding.fix


@pytest.mark.parametrize("order", ORDERS, ids=["default first", "gateway first"])
def test_a_choice_is_taken_at_its_word(order: tuple[str, str]) -> None:
    made = program(order, gateways="include")
    assert (made.failure, told(made)) == (None, [])
    assert "edge" in places(made)


@pytest.mark.parametrize("order", ORDERS, ids=["default first", "gateway first"])
def test_a_gateway_of_another_component_cannot_be_left_out_and_nothing_depends_on_the_order(
    order: tuple[str, str],
) -> None:
    made = program(order, gateways="leave-out")
    assert told(made) == [(order[1], "MW580", "error")]
    assert "replaced_in" in errors(made, order[1])[0].fix
    spared = program(order, gateways="leave-out", replaced_in=["*/edge"])
    assert (spared.failure, told(spared)) == (None, [])
    assert places(spared) == {"shop"}


def test_what_surroundings_tell_is_left_out() -> None:
    gateway = deployment("gw", "edge", TEMPLATE)
    made = program(("all",), [gateway])
    assert told(made) == [("all", "MW571", "warning")]
    made = program(("all",), [gateway], gateways="leave-out")
    assert (made.failure, told(made)) == (None, [("all", "MW580", "warning")])
    assert places(made) == {"shop"}
    made = program(("all",), [gateway, deployment("cart", "edge")], gateways="leave-out")
    assert told(made) == [("all", "MW580", "error")]
    assert "edge of cluster east" in errors(made, "all")[0].message


def test_a_word_that_is_none_is_refused() -> None:
    made = program(("all",), gateways="without")
    assert [one.path for one in errors(made, "all")] == [("gateways",)]


@pytest.mark.parametrize("first", [True, False], ids=["documents first", "default first"])
def test_a_gateway_of_documents(first: bool) -> None:
    texts = [_extension(), WORKSPACE, GATEWAY_GROUP, INGRESS]

    def main() -> None:
        there = fleet(namespaces=["edge", "shop"])
        make: list[Callable[[], Any]] = [
            lambda: wasm.TsbManifests("tsb", {"documents": [json.dumps(one) for one in texts], "fleet": there}),
            lambda: wasm.DefaultSecuritySetting("all", default_args(log(), there)),
        ]
        for one in make if first else reversed(make):
            one()

    made = run(main)
    assert told(made) == [("all" if first else "tsb", "MW571", "warning")]


def _extension() -> dict[str, Any]:
    return {
        "apiVersion": "extension.tsb.tetrate.io/v2",
        "kind": "WasmExtension",
        "metadata": {"organization": "acme", "name": "acl"},
        "spec": {"url": extension_args()["image"], "phase": "AUTHZ", "priority": 10},
    }
