"""Defaults and services as components: where they reach, and what meets what."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.programs import errors, extension_args, fleet, group_args, run

import mesh_wasm_pulumi as wasm
from mesh_wasm.values.labels import TARGET

GROUP = "organizations/acme/tenants/shop/workspaces/web/securitygroups/services"
TENANT = "organizations/acme/tenants/shop"


def default_args(extension: Any, where: Any, **changes: Any) -> Any:
    args = {"resource": TENANT, "namespace_selector": ["*/edge", "*/shop"]}
    return {**args, "extensions": [{"extension": extension}], "fleet": where, **changes}


def service_args(extension: Any, where: Any, **changes: Any) -> Any:
    selector = {"namespace": "shop", "labels": {"app": "cart"}}
    args = {"setting": f"{GROUP}/servicesettings/cart", "workload_selector": selector}
    return {**args, "extensions": [{"extension": extension}], "fleet": where, **changes}


def log() -> Any:
    return wasm.WasmExtension("log", extension_args(image="oci://registry.acme.io/filters/log:1", priority=5))


def acl() -> Any:
    return wasm.WasmExtension("acl", extension_args())


def where() -> Any:
    return fleet(namespaces=["edge", "shop"])


def places(made: Any) -> set[tuple[str, str, str]]:
    """Namespace, last name of the target, and selector of each plugin of cluster east."""
    found = set()
    for plan in made.ledger.plans.values():
        for plugin in plan.plugins:
            if plugin.cluster.name == "east":
                selector = str(plugin.spec.get("selector", {}).get("matchLabels", ""))
                found.add((str(plugin.namespace), str(plugin.annotations[TARGET]).rsplit("/", 1)[-1], selector))
    return found


@pytest.mark.parametrize(
    "resource", ["organizations/acme", TENANT, f"{TENANT}/workspaces/web"], ids=["organization", "tenant", "workspace"]
)
def test_a_default_reaches_its_namespaces(resource: str) -> None:
    def program() -> None:
        made = wasm.WasmExtension("acl", extension_args(allowed_in=[]))
        wasm.DefaultSecuritySetting("all", default_args(made, where(), resource=resource))

    made = run(program)
    assert errors(made, "all") == []
    name = resource.rsplit("/", 1)[-1]
    assert places(made) == {("edge", name, ""), ("shop", name, "")}


def test_what_a_lower_level_replaces_is_left_out() -> None:
    def program() -> None:
        one, other, there = acl(), log(), where()
        wasm.DefaultSecuritySetting("all", default_args(one, there, replaced_in=["*/sh*"]))
        wasm.SecurityGroupAttachment("services", group_args(other, there, namespace_selector=["*/shop"]))

    made = run(program)
    assert made.failure is None
    assert places(made) == {("edge", "shop", ""), ("shop", "services", "")}


ORDERS = [("all", "services"), ("services", "all")]


@pytest.mark.parametrize("order", ORDERS, ids=["default first", "group first"])
@pytest.mark.parametrize(("stricter", "refused"), [(None, True), ("union", False)])
def test_two_levels_meet(order: tuple[str, str], stricter: str | None, refused: bool) -> None:
    def program() -> None:
        one, other, there = acl(), log(), where()
        make: dict[str, Callable[[], Any]] = {
            "all": lambda: wasm.DefaultSecuritySetting("all", default_args(one, there, stricter=stricter)),
            "services": lambda: wasm.SecurityGroupAttachment(
                "services", group_args(other, there, namespace_selector=["*/shop"])
            ),
        }
        for name in order:
            make[name]()

    made = run(program)
    told = errors(made, order[1])
    assert [finding.rule for finding in told] == (["MW582"] if refused else [])
    if refused:
        assert f"what is set for {GROUP} replaces there what is set for {TENANT}" in told[0].message
        assert "namespace" in told[0].message
        assert f"{order[0]} attaches extensions" in told[0].message
    else:
        assert places(made) == {("edge", "shop", ""), ("shop", "shop", ""), ("shop", "services", "")}


@pytest.mark.parametrize("first", [True, False], ids=["documents first", "component first"])
@pytest.mark.parametrize(("stricter", "refused"), [(None, True), ("union", False)])
def test_a_level_of_documents_meets_one_of_a_component(first: bool, stricter: str | None, refused: bool) -> None:
    texts = [
        {
            "apiVersion": "extension.tsb.tetrate.io/v2",
            "kind": "WasmExtension",
            "metadata": {"organization": "acme", "name": "acl"},
            "spec": {"url": "oci://registry.acme.io/filters/acl:1.4.2", "phase": "AUTHZ", "priority": 10},
        },
        {
            "apiVersion": "api.tsb.tetrate.io/v2",
            "kind": "Workspace",
            "metadata": {"organization": "acme", "tenant": "shop", "name": "web"},
            "spec": {"namespaceSelector": {"names": ["*/shop"]}},
        },
        {
            "apiVersion": "api.tsb.tetrate.io/v2",
            "kind": "TenantSetting",
            "metadata": {"organization": "acme", "tenant": "shop", "name": "default"},
            "spec": {"defaultSecuritySetting": {"extension": [{"fqn": "organizations/acme/extensions/acl"}]}},
        },
    ]

    def program() -> None:
        other, there = log(), where()
        args = {"documents": [json.dumps(one) for one in texts], "fleet": there}
        make: list[Callable[[], Any]] = [
            lambda: wasm.TsbManifests("tsb", {**args, **({"stricter": stricter} if stricter else {})}),
            lambda: wasm.SecurityGroupAttachment("services", group_args(other, there, namespace_selector=["*/shop"])),
        ]
        for one in make if first else reversed(make):
            one()

    made = run(program)
    told = errors(made, "services" if first else "tsb")
    assert [finding.rule for finding in told] == (["MW582"] if refused else [])
    if refused:
        assert f"what is set for {GROUP} replaces there what is set for {TENANT}" in told[0].message


def test_the_same_extension_on_two_levels_would_run_twice() -> None:
    def program() -> None:
        one, there = acl(), where()
        wasm.DefaultSecuritySetting("all", default_args(one, there, stricter="union"))
        wasm.SecurityGroupAttachment("services", group_args(one, there, namespace_selector=["*/shop"]))

    (finding,) = errors(run(program), "services")
    assert finding.rule == "MW582"
    assert "would run twice" in finding.message


def test_two_settings_of_one_tenant() -> None:
    def program() -> None:
        one, other, there = acl(), log(), where()
        wasm.DefaultSecuritySetting("all", default_args(one, there))
        wasm.DefaultSecuritySetting("more", default_args(other, there))

    assert [finding.rule for finding in errors(run(program), "more")] == ["MW573"]


def test_a_service() -> None:
    def program() -> None:
        one, other, there = acl(), log(), where()
        wasm.SecurityGroupAttachment("services", group_args(one, there, namespace_selector=["*/shop"]))
        wasm.ServiceSecuritySetting("cart", service_args(other, there, stricter="union"))

    made = run(program)
    assert made.failure is None
    assert places(made) == {("shop", "services", ""), ("shop", "cart", "{'app': 'cart'}")}


@pytest.mark.parametrize(
    ("changes", "rule", "path"),
    [
        ({"resource": GROUP}, "MW501", ("resource",)),
        ({"resource": "organizations/other"}, "MW513", ("extensions", 0)),
        ({"resource": "organizations/acme/tenants/bank"}, "MW502", ("extensions", 0)),
        ({"resource": "organizations/acme"}, "MW502", ("extensions", 0)),
        ({"namespace_selector": None}, "MW101", ("namespace_selector",)),
        ({"replaced_in": ["shop"]}, "MW510", ("replaced_in", 0)),
        ({"stricter": "unoin"}, "MW104", ("stricter",)),
        ({"gateway": "x"}, "MW102", ("gateway",)),
    ],
)
def test_what_is_wrong(changes: dict[str, Any], rule: str, path: tuple[Any, ...]) -> None:
    def program() -> None:
        made = wasm.WasmExtension("acl", extension_args(allowed_in=[TENANT]))
        given = {key: value for key, value in default_args(made, where(), **changes).items() if value is not None}
        wasm.DefaultSecuritySetting("all", given)  # type: ignore[arg-type]

    assert (rule, path) in [(finding.rule, finding.path) for finding in errors(run(program), "all")]


def test_a_service_needs_its_pods() -> None:
    def program() -> None:
        given = {key: value for key, value in service_args(acl(), where()).items() if key != "workload_selector"}
        wasm.ServiceSecuritySetting("cart", given)  # type: ignore[arg-type]

    (finding,) = errors(run(program), "cart")
    assert (finding.rule, finding.path) == ("MW101", ("workload_selector",))
    assert "a service needs its workload selector" in finding.message


TSB = """\
apiVersion: extension.tsb.tetrate.io/v2
kind: WasmExtension
metadata: {organization: acme, name: acl}
spec: {url: "oci://registry.acme.io/filters/acl:1", priority: 5}
---
apiVersion: extension.tsb.tetrate.io/v2
kind: WasmExtension
metadata: {organization: acme, name: log}
spec: {url: "oci://registry.acme.io/filters/log:1", priority: 3}
---
apiVersion: api.tsb.tetrate.io/v2
kind: Workspace
metadata: {organization: acme, tenant: shop, name: web}
spec: {namespaceSelector: {names: ["*/shop", "*/edge"]}}
---
apiVersion: api.tsb.tetrate.io/v2
kind: OrganizationSetting
metadata: {organization: acme, name: default}
spec: {defaultSecuritySetting: {propagationStrategy: STRICTER, extension: [{fqn: organizations/acme/extensions/acl}]}}
---
apiVersion: api.tsb.tetrate.io/v2
kind: TenantSetting
metadata: {organization: acme, tenant: shop, name: default}
spec: {defaultSecuritySetting: {extension: [{fqn: organizations/acme/extensions/log}]}}
---
apiVersion: gateway.tsb.tetrate.io/v2
kind: Gateway
metadata: {organization: acme, tenant: shop, workspace: web, group: edge, name: gw}
spec: {workloadSelector: {namespace: edge, labels: {app: gw}}}
"""


@pytest.mark.parametrize(
    ("choices", "rules", "reached"),
    [
        ({}, {"MW570", "MW571"}, None),
        ({"stricter": "union"}, {"MW571"}, {"edge", "shop"}),
        ({"stricter": "union", "gateways": "include"}, set(), {"edge", "shop"}),
        ({"stricter": "union", "gateways": "leave-out"}, {"MW580"}, {"shop"}),
        ({"stricter": "both", "gateways": "no"}, {"MW104", "MW570", "MW571"}, None),
    ],
)
def test_tsb_manifests_take_the_choices(choices: dict[str, str], rules: set[str], reached: set[str] | None) -> None:
    def program() -> None:
        args: Any = {"documents": [TSB], "fleet": where(), **choices}
        wasm.TsbManifests("tsb", args)

    made = run(program)
    told = {finding.rule for _, finding in made.ledger.findings if finding.severity != "info"}
    assert told == rules
    if reached is None:
        assert made.failure
    else:
        assert {namespace for namespace, _, _ in places(made)} == reached
