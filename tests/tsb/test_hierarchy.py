"""What is handed down: which list is in force in which namespace, and what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mesh_wasm.explain import report
from mesh_wasm.explain.text import as_text
from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.sources.source import Options, load_source
from mesh_wasm.tsb import Bundle, BundlePlan, Choices
from mesh_wasm.values.enums import DefaultGateways, StricterLists
from mesh_wasm.values.labels import REPLACES

from .documents import (
    EXTENSION,
    FLEET,
    INGRESS,
    SECURITY_GROUP,
    SETTING,
    WORKSPACE,
    WORKSPACE_FQN,
    changed,
    files,
    gitops,
)

API = "api.tsb.tetrate.io/v2"
UNION = Choices(stricter=StricterLists.UNION)
PLACES = {"metadata": {"organization": "acme", "tenant": "shop", "workspace": "web", "group": "services"}}


def extension(name: str, **spec: Any) -> dict[str, Any]:
    made = changed(EXTENSION, "metadata.name", name)
    return {
        **made,
        "spec": {**made["spec"], "image": f"oci://registry.acme.io/filters/{name}:1", "priority": -ord(name), **spec},
    }


CATALOGUE = [extension(name) for name in ("a", "b", "c", "d")]


def fqn(name: str) -> str:
    return f"organizations/acme/extensions/{name}"


def attached(*names: str) -> list[dict[str, Any]]:
    return [{"fqn": fqn(name)} for name in names]


def setting(kind: str, *names: str, strategy: str | None = None, name: str = "default") -> dict[str, Any]:
    """A setting of an organization, a tenant or a workspace."""
    fields = ["organization", "tenant", "workspace"][: ["Organization", "Tenant", "Workspace"].index(kind) + 1]
    metadata = {field: PLACES["metadata"][field] for field in fields} | {"name": name}
    spec: dict[str, Any] = {"extension": attached(*names)} if names else {}
    if strategy:
        spec["propagationStrategy"] = strategy
    return {"apiVersion": API, "kind": f"{kind}Setting", "metadata": metadata, "spec": {"defaultSecuritySetting": spec}}


def group(*names: str) -> list[dict[str, Any]]:
    return [SECURITY_GROUP, changed(SETTING, "spec.extension", attached(*names))]


def profile(name: str, **lists: list[dict[str, Any]]) -> dict[str, Any]:
    spec = {section: {"wasmExtensions": items} for section, items in lists.items()}
    metadata = {"organization": "acme", "name": name}
    return {"apiVersion": "profile.tsb.tetrate.io/v2", "kind": "Profile", "metadata": metadata, "spec": spec}


def carrying(document: dict[str, Any], *profiles: str) -> dict[str, Any]:
    return changed(document, "spec.profiles", [f"organizations/acme/profiles/{name}" for name in profiles])


def service(*names: str, namespace: str = "shop") -> dict[str, Any]:
    return {
        "apiVersion": "security.tsb.tetrate.io/v2",
        "kind": "ServiceSecuritySetting",
        "metadata": {**PLACES["metadata"], "name": "cart"},
        "spec": {
            "service": f"{namespace}/cart.{namespace}.svc.cluster.local",
            "settings": {"extension": attached(*names)},
        },
    }


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "cart", "namespace": "shop"},
    "spec": {"selector": {"app": "cart"}},
}


def planned(*many: dict[str, Any], choices: Choices | None = None, fleet: Fleet = FLEET) -> BundlePlan:
    return Bundle(files(*CATALOGUE, *many), choices=choices).plan(fleet)


def running(plan: BundlePlan) -> dict[str, str]:
    """By ``cluster/namespace``, the extensions that run there and by whom; in the order of their names."""
    found: dict[str, list[str]] = {}
    for target in plan.targets:
        for one in target.plan.plugins:
            target_name, name, _ = str(one.name).split("-")
            found.setdefault(f"{one.cluster.name}/{one.namespace}", []).append(f"{name} of {target_name}")
    return {place: ", ".join(sorted(names)) for place, names in sorted(found.items())}


def told(plan: BundlePlan) -> list[tuple[str, str]]:
    return [(one.finding.rule, one.finding.where) for one in plan.findings if one.finding.severity != "info"]


ORGANIZATION = setting("Organization", "a")


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        pytest.param([ORGANIZATION], {"shop": "a of acme", "edge": "a of acme"}, id="a default reaches all below"),
        pytest.param(
            [ORGANIZATION, setting("Tenant", "b")],
            {"shop": "b of shop", "edge": "b of shop"},
            id="a tenant replaces it",
        ),
        pytest.param(
            [ORGANIZATION, setting("Tenant")],
            {"shop": "a of acme", "edge": "a of acme"},
            id="one that sets none does not",
        ),
        pytest.param(
            [ORGANIZATION, setting("Tenant", "b"), setting("Workspace", "c", "d")],
            {"shop": "c of web, d of web", "edge": "c of web, d of web"},
            id="a workspace replaces both, as a whole",
        ),
        pytest.param(
            [ORGANIZATION, *group("b")],
            {"shop": "b of services", "edge": "a of acme"},
            id="a group replaces in its own",
        ),
        pytest.param(
            [ORGANIZATION, SECURITY_GROUP, changed(SETTING, "spec", {"waf": {}})],
            {"shop": "a of acme", "edge": "a of acme"},
            id="a group that sets no extension inherits",
        ),
        pytest.param(
            [carrying(WORKSPACE, "p"), profile("p", defaults=attached("a"))],
            {"shop": "a of p", "edge": "a of p"},
            id="the defaults of a profile",
        ),
        pytest.param(
            [carrying(WORKSPACE, "p", "q"), profile("p", defaults=attached("a")), profile("q", defaults=attached("b"))],
            {"shop": "b of q", "edge": "b of q"},
            id="of several profiles the last one counts",
        ),
        pytest.param(
            [carrying(WORKSPACE, "p"), profile("p", defaults=attached("a")), setting("Workspace", "b")],
            {"shop": "b of web", "edge": "b of web"},
            id="a setting replaces the defaults of its level",
        ),
        pytest.param(
            [carrying(WORKSPACE, "p"), profile("p", mandates=attached("a")), *group("b")],
            {"shop": "a of p", "edge": "a of p"},
            id="nothing replaces a mandate",
        ),
        pytest.param(
            [carrying(WORKSPACE, "p", "q"), profile("p", mandates=attached("a")), profile("q", mandates=attached("b"))],
            {"shop": "a of p", "edge": "a of p"},
            id="not even another mandate",
        ),
        pytest.param(
            [carrying(SECURITY_GROUP, "p"), profile("p", defaults=attached("b")), ORGANIZATION],
            {"shop": "b of p", "edge": "a of acme"},
            id="a profile of a group",
        ),
    ],
)
@pytest.mark.parametrize("form", [lambda one: one, gitops], ids=["tctl", "gitops"])
def test_what_is_in_force(documents: list[dict[str, Any]], expected: dict[str, str], form: Any) -> None:
    many = documents if any(one["kind"] == "Workspace" for one in documents) else [*documents, WORKSPACE]
    plan = planned(*[form(one) if one["apiVersion"] == API else one for one in many])
    assert plan.errors == []
    here = {f"east/{namespace}": names for namespace, names in expected.items()}
    assert running(plan) == here | {"west/shop": expected["shop"]}


def test_what_is_replaced_is_said_on_the_object() -> None:
    plan = planned(WORKSPACE, ORGANIZATION, setting("Tenant", "b"), *group("c"))
    replaced = {
        str(one.namespace): one.annotations.get(REPLACES)
        for target in plan.targets
        for one in target.plan.plugins
        if one.cluster.name == "east"
    }
    assert replaced == {
        "edge": "organizations/acme",
        "shop": "organizations/acme, organizations/acme/tenants/shop",
    }


STRICT = setting("Organization", "a", strategy="STRICTER")


@pytest.mark.parametrize(
    ("below", "undecided", "expected"),
    [
        (setting("Tenant", "b"), True, "a of acme, b of shop"),
        (setting("Tenant", "a", "b"), False, "a of acme, b of shop"),
        (setting("Tenant", "a"), False, "a of acme"),
        (setting("Tenant", "b", strategy="REPLACE"), True, "a of acme, b of shop"),
        (setting("Workspace", "c"), True, "a of acme, c of web"),
        (setting("Tenant"), False, "a of acme"),
    ],
)
def test_stricter_is_chosen(below: dict[str, Any], undecided: bool, expected: str) -> None:
    without = planned(WORKSPACE, STRICT, below)
    where = f"{below['kind']} default spec.defaultSecuritySetting.extension"
    assert told(without) == ([("MW570", where)] if undecided else [])
    plan = planned(WORKSPACE, STRICT, below, choices=UNION)
    assert told(plan) == []
    assert set(running(plan).values()) == {expected}


def test_below_stricter_the_higher_config_counts() -> None:
    below = setting("Workspace", "a", "b")
    below["spec"]["defaultSecuritySetting"]["extension"][0]["config"] = {"loose": True}
    plan = planned(WORKSPACE, STRICT, below, choices=UNION)
    assert told(plan) == [("MW576", "WorkspaceSetting default spec.defaultSecuritySetting.extension[0]")]
    assert set(running(plan).values()) == {"a of acme, b of web"}


def test_stricter_of_a_level_without_a_list_holds_below() -> None:
    plan = planned(WORKSPACE, setting("Organization", strategy="STRICTER"), setting("Tenant", "a"), *group("b"))
    assert told(plan) == [("MW570", "SecuritySetting default spec.extension")]


def test_tenants_that_an_extension_is_kept_to() -> None:
    other = changed(changed(WORKSPACE, "metadata.tenant", "bank"), "spec.namespaceSelector.names", ["*/pay"])
    kept = extension("a", allowedIn=["organizations/acme/tenants/bank"])
    plan = Bundle(files(kept, CATALOGUE[1], WORKSPACE, other, setting("Organization", "a", "b"))).plan(FLEET)
    assert told(plan) == []
    assert running(plan) == {
        "east/edge": "b of acme",
        "east/pay": "a of acme, b of acme",
        "east/shop": "b of acme",
        "west/shop": "b of acme",
    }


GATEWAY = changed(INGRESS, "spec.extension", attached("d"))


@pytest.mark.parametrize(
    ("chosen", "rules", "edge"),
    [
        (None, ["MW571"], "a of acme, d of gw"),
        (DefaultGateways.INCLUDE, [], "a of acme, d of gw"),
        (DefaultGateways.LEAVE_OUT, ["MW580"], "d of gw"),
    ],
)
def test_whether_defaults_reach_gateways_is_chosen(chosen: DefaultGateways | None, rules: list[str], edge: str) -> None:
    plan = planned(WORKSPACE, ORGANIZATION, GATEWAY, choices=Choices(gateways=chosen))
    assert [rule for rule, _ in told(plan) if rule != "MW553"] == rules
    assert running(plan)["east/edge"] == edge
    assert running(plan)["east/shop"] == "a of acme"


def workload(namespace: str, **labels: str) -> dict[str, Any]:
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
    metadata = {"name": labels["app"], "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": pod}}


def test_workloads_beside_a_gateway_are_not_left_out_in_silence() -> None:
    leave_out = Choices(gateways=DefaultGateways.LEAVE_OUT)
    alone = planned(WORKSPACE, ORGANIZATION, GATEWAY, workload("edge", app="gw"), choices=leave_out)
    assert alone.errors == []
    beside = planned(WORKSPACE, ORGANIZATION, GATEWAY, workload("edge", app="cart"), choices=leave_out)
    assert [(one.rule, one.path) for one in beside.errors] == [
        ("MW580", ("spec", "defaultSecuritySetting", "extension"))
    ]


@pytest.mark.parametrize(
    ("above", "names", "written", "rules"),
    [
        ([], ["b"], "b of cart", []),
        (group("a"), ["a", "b"], "a of services, b of cart", []),
        (group("a"), ["a"], "a of services", []),
        (group("a"), ["b"], "a of services", ["MW578"]),
        ([ORGANIZATION, SECURITY_GROUP], ["b"], "a of acme", ["MW578"]),
    ],
)
def test_a_service(above: list[dict[str, Any]], names: list[str], written: str, rules: list[str]) -> None:
    beside = [] if any(one is SECURITY_GROUP for one in above) else [SECURITY_GROUP]
    plan = planned(WORKSPACE, *above, *beside, service(*names), SERVICE)
    assert [rule for rule, _ in told(plan)] == rules
    assert running(plan)["west/shop"] == written
    for target in plan.targets:
        for one in target.plan.plugins:
            of_service = str(one.name).startswith("cart-")
            assert one.spec.get("selector") == ({"matchLabels": {"app": "cart"}} if of_service else None)


def test_a_service_below_stricter() -> None:
    many = [WORKSPACE, STRICT, SECURITY_GROUP, service("b"), SERVICE]
    assert told(planned(*many)) == [("MW570", "ServiceSecuritySetting cart spec.settings.extension")]
    plan = planned(*many, choices=UNION)
    assert told(plan) == []
    assert running(plan)["east/shop"] == "a of acme, b of cart"


def test_a_service_has_the_pods_of_its_service_in_each_cluster() -> None:
    other = changed(SERVICE, "spec.selector", {"app": "cart-2"})
    around = {"east": [SERVICE], "west": [other]}
    fleet = Fleet(
        Cluster.model_validate({"name": name, "namespaces": ["shop"], "surroundings": {"objects": objects}})
        for name, objects in around.items()
    )
    plan = planned(WORKSPACE, SECURITY_GROUP, service("b"), fleet=fleet)
    assert plan.errors == []
    labels = {p.cluster.name: p.spec["selector"]["matchLabels"]["app"] for t in plan.targets for p in t.plan.plugins}
    assert labels == {"east": "cart", "west": "cart-2"}


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([ORGANIZATION], [("MW553", "OrganizationSetting default metadata")]),
        (
            [changed(ORGANIZATION, "metadata.organization", "other"), WORKSPACE],
            [
                ("MW553", "OrganizationSetting default metadata"),
            ],
        ),
        (
            [WORKSPACE, ORGANIZATION, setting("Organization", "b", name="z")],
            [("MW573", "OrganizationSetting z metadata")],
        ),
        (
            [WORKSPACE, setting("Organization", "zz")],
            [("MW552", "OrganizationSetting default spec.defaultSecuritySetting.extension[0].fqn")],
        ),
        ([carrying(WORKSPACE, "p")], [("MW574", "Workspace web spec.profiles[0]")]),
        ([changed(WORKSPACE, "spec.profiles", ["p"])], [("MW574", "Workspace web spec.profiles[0]")]),
        (
            [changed(WORKSPACE, "spec.profiles", [f"{WORKSPACE_FQN}x/profiles/p"])],
            [("MW575", "Workspace web spec.profiles[0]")],
        ),
        (
            [WORKSPACE, SECURITY_GROUP, service("a")],
            [
                ("MW577", "ServiceSecuritySetting cart spec.service (cluster east)"),
                ("MW577", "ServiceSecuritySetting cart spec.service (cluster west)"),
            ],
        ),
        (
            [WORKSPACE, SECURITY_GROUP, service("a", namespace="pay"), SERVICE],
            [("MW577", "ServiceSecuritySetting cart spec.service")],
        ),
        (
            [WORKSPACE, SECURITY_GROUP, changed(service("a"), "spec.service", "cart"), SERVICE],
            [("MW103", "ServiceSecuritySetting cart spec.service")],
        ),
        (
            [WORKSPACE, SECURITY_GROUP, changed(service("a"), "spec.service"), SERVICE],
            [("MW101", "ServiceSecuritySetting cart spec.service")],
        ),
        (
            [WORKSPACE, changed(ORGANIZATION, "spec.fqn", "organizations/other/settings/default")],
            [("MW551", "OrganizationSetting spec.fqn")],
        ),
        (
            [WORKSPACE, changed(ORGANIZATION, "spec.defaultSecuritySetting.propagationStrategy", "STRICT")],
            [("MW104", "OrganizationSetting default spec.defaultSecuritySetting.propagationStrategy")],
        ),
        (
            [WORKSPACE, changed(ORGANIZATION, "spec", {"defaultSecuritySettings": {"extension": []}})],
            [("MW102", "OrganizationSetting default spec.defaultSecuritySettings")],
        ),
        (
            [WORKSPACE, changed(ORGANIZATION, "spec", {"defaultSecuritySetting": {"extensions": attached("a")}})],
            [("MW102", "OrganizationSetting default spec.defaultSecuritySetting.extensions")],
        ),
        (
            [WORKSPACE, changed(ORGANIZATION, "spec.defaultSecuritySetting", [1])],
            [("MW103", "OrganizationSetting default spec.defaultSecuritySetting")],
        ),
    ],
)
def test_what_does_not_fit(documents: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    got = [(rule, where) for rule, where in told(planned(*documents))]
    assert sorted(got) == sorted(expected)


def test_a_service_with_two_settings() -> None:
    other = changed(service("b"), "metadata.name", "more")
    plan = planned(WORKSPACE, SECURITY_GROUP, service("a"), other, SERVICE)
    assert told(plan) == [("MW573", "ServiceSecuritySetting more spec.service")]


def test_an_empty_list_replaces_nothing_and_says_so() -> None:
    empty = changed(setting("Workspace"), "spec.defaultSecuritySetting.extension", [])
    plan = planned(WORKSPACE, ORGANIZATION, empty)
    assert told(plan) == [("MW572", "WorkspaceSetting default spec.defaultSecuritySetting.extension")]
    assert set(running(plan).values()) == {"a of acme"}
    assert told(planned(WORKSPACE, empty)) == []


def test_a_namespace_of_two_workspaces() -> None:
    other = changed(WORKSPACE, "metadata.name", "z")
    plan = planned(WORKSPACE, other, setting("Workspace", "a"))
    assert {rule for rule, _ in told(plan)} == {"MW579"}
    assert told(planned(WORKSPACE, other, ORGANIZATION)) == []


def test_without_a_fleet_documents_are_checked_all_the_same() -> None:
    wrong = changed(
        ORGANIZATION, "spec.defaultSecuritySetting.extension", [{"fqn": fqn("a"), "match": [{"mode": "X"}]}]
    )
    found = Bundle(files(*CATALOGUE, wrong, STRICT | {"metadata": {"organization": "b", "name": "x"}})).check()
    assert {one.finding.rule for one in found if one.finding.is_error} == {"MW104", "MW513"}


def test_as_tctl_and_users_write_it() -> None:
    """A list of tctl, with what the server adds; newer fields; ``org`` as in TSB's own pages."""
    printed = changed(ORGANIZATION, "metadata.resourceVersion", '"XI8Jtnl6JaE="')
    printed["metadata"] |= {"displayName": "default"}
    printed["spec"] |= {
        "etag": '"XI8Jtnl6JaE="',
        "fqn": "organizations/acme/settings/default",
        "displayName": "default",
        "networkSettings": {"networkReachability": {"a": "b"}},
        "defaultTrafficSetting": {"reachability": {"mode": "WORKSPACE"}},
        "someNewField": [1],
    }
    printed["spec"]["defaultSecuritySetting"] |= {"authenticationSettings": {"trafficMode": "REQUIRED"}, "waf": {}}
    of_org = changed(setting("Tenant", "b"), "metadata.organization")
    of_org["metadata"]["org"] = "acme"
    listed = {"apiVersion": "v1", "kind": "List", "items": [printed, WORKSPACE]}
    plan = planned(listed, of_org)
    assert told(plan) == []
    assert set(running(plan).values()) == {"b of shop"}


def test_explain_shows_every_level(tmp_path: Path) -> None:
    (tmp_path / "clusters.yaml").write_text("clusters: {east: {namespaces: [edge, shop]}}")
    (tmp_path / "tsb.yaml").write_text(
        yaml.safe_dump_all([*CATALOGUE, WORKSPACE, ORGANIZATION, setting("Tenant", "b"), *group("c")])
    )
    told = report(load_source(tmp_path / "tsb.yaml", Options(inventory=tmp_path / "clusters.yaml")))
    assert {one["label"]: one.get("handedDown") for one in told["plugins"].values()} == {
        "b": "organization acme (replaced) -> tenant shop (in force)",
        "c": "organization acme (replaced) -> tenant shop (replaced) -> security group services (in force)",
    }
    assert "handed down: organization acme (replaced) -> tenant shop (in force)" in as_text(told, None)


def test_explain_is_silent_where_nothing_is_handed_down(tmp_path: Path) -> None:
    (tmp_path / "clusters.yaml").write_text("clusters: {east: {namespaces: [edge, shop]}}")
    (tmp_path / "tsb.yaml").write_text(yaml.safe_dump_all([*CATALOGUE, WORKSPACE, *group("c")]))
    told = report(load_source(tmp_path / "tsb.yaml", Options(inventory=tmp_path / "clusters.yaml")))
    assert all("handedDown" not in one for one in told["plugins"].values())
