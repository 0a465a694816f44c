"""A program that fails by itself, and declarations that cannot be: its own lines, or a sentence, and nothing of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from support.programs import errors, extension_args, fleet, gateway_args, group_args, of_type, plugin_args, plugins

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.offline.run import Run, run_program
from mesh_wasm_pulumi.offline.source import source_of


def endless() -> dict[str, Any]:
    value: dict[str, Any] = {"mode": "enforce"}
    value["self"] = value
    return value


def endless_list() -> list[Any]:
    value: list[Any] = [1]
    value.append({"again": value})
    return value


def attached(extension: Any = None, **changes: Any) -> None:
    acl = wasm.WasmExtension("acl", extension_args()) if extension is None else extension
    where = changes.pop("fleet", None) or fleet()
    wasm.IngressGatewayAttachment("shop", gateway_args(acl, where, **changes))


CIRCLES: dict[str, tuple[Callable[[], Any], str]] = {
    "an extension's config": (
        lambda: attached(wasm.WasmExtension("acl", extension_args(config=endless()))),
        "config.self",
    ),
    "a list in a config": (
        lambda: attached(wasm.WasmExtension("acl", extension_args(config={"x": endless_list()}))),
        "config.x[1].again",
    ),
    "an entry's config": (
        lambda: attached(extensions=[{"extension": wasm.WasmExtension("acl", extension_args()), "config": endless()}]),
        "extensions[0].config.self",
    ),
    "a selector": (lambda: attached(workload_selector=endless()), "workload_selector.self"),
    "the labels that select clusters": (lambda: attached(clusters=endless()), "clusters.self"),
    "waivers": (lambda: attached(waivers=[endless()]), "waivers[0].self"),
    "a group's selector": (
        lambda: wasm.SecurityGroupAttachment("group", group_args(None, fleet(), namespace_selector=endless_list())),
        "namespace_selector[1].again",
    ),
    "a raw plugin": (
        lambda: wasm.WasmPlugin("raw", plugin_args(fleet(), pluginConfig=endless())),
        "spec.pluginConfig.self",
    ),
    "a pull secret": (
        lambda: wasm.PullSecret("reg", {"registry": "r.io", "username": "u", "password": endless()}),  # type: ignore[typeddict-item]
        "password.self",
    ),
    "the facts of a cluster": (lambda: attached(fleet=fleet(labels=endless())), "fleet.east.labels.self"),
    "the surroundings of a cluster": (
        lambda: attached(fleet=fleet(surroundings=[endless()])),
        "fleet.east.surroundings[0].self",
    ),
}


@pytest.mark.parametrize(("program", "where"), CIRCLES.values(), ids=CIRCLES)
def test_a_value_that_contains_itself(program: Callable[[], Any], where: str) -> None:
    result = run_program(program)
    told = [finding for finding in errors(result) if "contains itself" in finding.message]
    assert [str(finding).partition(": ")[0] for finding in told] == [where]
    assert not result.failed, result.failure
    assert plugins(result) == []


@pytest.mark.parametrize("known", [True, False])
def test_the_same_value_twice_is_no_circle(known: bool) -> None:
    shared = {"mode": "enforce"}
    value: Any = {"one": shared, "two": [shared, shared]}
    result = run_program(
        lambda: attached(
            wasm.WasmExtension("acl", extension_args(config=value if known else pulumi.Output.from_input(value)))
        )
    )
    assert (errors(result), result.failure) == ([], None)


def test_two_of_one_name() -> None:
    """The first goes on, the second is told what it is; every other component still speaks."""

    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        where = fleet()
        attached(acl, fleet=where)
        attached(acl, fleet=where)
        wasm.WasmExtension("acl", extension_args())
        wasm.PullSecret("acl", {"registry": "r.io", "username": "u", "password": "p"})  # another type: no clash
        wasm.WasmExtension("bad", extension_args(phase="AUTHX"))

    result = run_program(program)
    told = {name: finding.message for name, finding in result.ledger.findings if finding.is_error}
    assert sorted(told) == ["acl (2)", "bad", "shop (2)"]
    twice = r"the program declares the IngressGatewayAttachment shop twice, at test_failing.py:\d+\."
    assert re.fullmatch(twice, told["shop (2)"])
    again = r"the program declares the WasmExtension acl at test_failing.py:\d+, and again at test_failing.py:\d+\."
    assert re.fullmatch(again, told["acl (2)"])
    assert "Duplicate" not in str(result.failure)
    assert not result.failed
    assert len(plugins(result)) == 1


class Team(pulumi.ComponentResource):
    """Something of the program's own that holds an extension."""

    def __init__(self, name: str, type_: str) -> None:
        super().__init__(f"pkg:index:{type_}", name)
        wasm.WasmExtension("acl", extension_args(), pulumi.ResourceOptions(parent=self))


def test_one_name_below_two_parents() -> None:
    """Below parents of two types these are two resources; below two of one type the engine tells them in its own words."""

    def apart() -> None:
        Team("a", "Blue")
        Team("b", "Red")

    assert run_program(apart).failure is None

    def alike() -> None:
        Team("a", "Blue")
        Team("b", "Blue")

    result = run_program(alike)
    assert result.failed
    assert result.failure == (
        "Duplicate resource URN 'urn:pulumi:dev::project::pkg:index:Blue$mesh-wasm:index:WasmExtension::acl'; "
        "give it a unique name"
    )


def missing(known: Any) -> Any:
    return known["missing"]


def test_an_error_in_an_apply_is_told_with_its_line() -> None:
    """Where the value goes into a component: the SDK hands the error on until the line is lost."""
    mode = pulumi.Output.from_input

    def program() -> None:
        broken = mode({}).apply(missing)
        attached(wasm.WasmExtension("acl", extension_args(config={"mode": broken})))

    result = run_program(program)
    assert result.failed
    assert 'return known["missing"]' in str(result.failure)
    lines = str(result.failure).splitlines()
    assert lines[-1] == "KeyError: 'missing'"
    assert "pulumi" not in "".join(lines).replace("mesh_wasm_pulumi", ""), result.failure
    assert [one.text for one in result.monitor.messages if one.severity == "error"] == [
        f"The program failed: {result.failure}"
    ]


def test_an_error_below_our_lines() -> None:
    """The program's line comes first, and its class last; what lies between is ours, and is not shown."""

    class Settings(dict[str, Any]):
        def items(self) -> Any:
            raise LookupError("no settings today")

    result = run_program(lambda: attached(wasm.WasmExtension("acl", extension_args(config=Settings(mode="x")))))
    assert result.failed
    assert "LookupError: no settings today" in str(result.failure)
    assert "mesh_wasm_pulumi" not in str(result.failure)


def failing_after_findings() -> None:
    attached(wasm.WasmExtension("acl", extension_args(phase="AUTHX")))
    missing({})


def test_an_error_is_told_beside_the_findings() -> None:
    result = run_program(failing_after_findings)
    assert [finding.rule for finding in errors(result)] == ["MW104"]
    assert result.failed
    assert "KeyError: 'missing'" in str(result.failure)
    assert any("KeyError: 'missing'" in problem for problem in source_of(result).problems)


def test_what_is_refused_is_no_failure_of_the_program() -> None:
    result = run_program(lambda: attached(wasm.WasmExtension("acl", extension_args(phase="AUTHX"))))
    assert not result.failed
    assert "Nothing is created for acl (1 error)" in str(result.failure)
    assert source_of(result).problems == ()


@pytest.mark.parametrize(("code", "failed"), [(None, False), (0, False), (3, True), ("stop here", True)])
def test_a_program_that_ends_itself(code: Any, failed: bool) -> None:
    def program() -> None:
        attached()
        raise SystemExit(code)

    result = run_program(program)
    assert result.failed is failed
    assert result.failure == (f"it ended itself: sys.exit({code!r})." if failed else None)
    assert len(plugins(result)) == 1


def test_two_objects_of_one_name() -> None:
    def program() -> None:
        provider = k8s.Provider("kube")
        for _ in range(2):
            opts = pulumi.ResourceOptions(provider=provider)
            k8s.core.v1.ConfigMap("x", metadata={"name": "x", "namespace": "n"}, opts=opts)

    result: Run = run_program(program)
    assert str(result.failure).startswith("Duplicate resource URN")
    assert len(str(result.failure).splitlines()) == 1
    assert len(of_type(result, "kubernetes:core/v1:ConfigMap")) == 1
