"""What users test their own programs with: it must say yes, and it must be able to say no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from support.golden import EXAMPLES, ROOT
from support.programs import extension_args, fleet, gateway_args

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.testing import SECRET, UNKNOWN, ProgramPlan, plan_of


def program(**extension: Any) -> Callable[[], None]:
    def declare() -> None:
        registry = wasm.PullSecret("registry", {"registry": "registry.acme.io", "username": "u", "password": "p"})
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry, **extension))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), clusters=None))

    return declare


def test_a_test_of_a_user() -> None:
    """As in the documentation."""
    plan = plan_of(program()).ok()
    plugin = plan.plugin(cluster="east", namespace="edge")
    assert plugin.spec["phase"] == "AUTHZ"
    assert plan.secret(cluster="east", namespace="edge").name == plugin.spec["imagePullSecret"]
    assert len(plan.plugins()) == 2


def test_a_test_of_a_users_folder() -> None:
    plan = plan_of(ROOT).ok()
    assert plan.plugin(cluster="east", namespace="edge").name == "shop-acl-check-88a8a2"


def test_two_stacks_in_one_test() -> None:
    catalogue = plan_of(EXAMPLES / "two-stacks" / "catalogue").ok()
    references = {"organization/mesh-wasm-catalogue/dev": catalogue.run.stack_outputs}
    team = plan_of(EXAMPLES / "two-stacks" / "team", references=references, preview=False).ok()
    assert team.plugin().spec["priority"] == 10
    assert team.plugin().spec["pluginConfig"]["token"] == SECRET


def test_secret_and_unknown_values_are_marked() -> None:
    unknown = pulumi.Output.from_input
    plan = plan_of(lambda: program(config={"token": unknown(pulumi.UNKNOWN)})()).ok()
    assert plan.plugin(cluster="east").spec["pluginConfig"]["token"] == UNKNOWN
    assert plan.secret(cluster="east").manifest["stringData"][".dockerconfigjson"] == SECRET


def test_order_is_that_of_istio() -> None:
    def declare() -> None:
        names = {
            "last": ("UNSPECIFIED_PHASE", 99),
            "late": ("STATS", 9),
            "low": ("AUTHZ", 1),
            "high": ("AUTHZ", 5),
            "first": ("AUTHN", 0),
        }
        extensions = [
            {"extension": wasm.WasmExtension(name, extension_args(phase=phase, priority=priority))}
            for name, (phase, priority) in names.items()
        ]
        wasm.IngressGatewayAttachment("edge", gateway_args(None, fleet(), extensions=extensions))

    order = plan_of(declare).ok().order("east", "edge")
    assert [name.split("-")[1] for name in order] == ["first", "high", "low", "late", "last"]


# It must be able to fail


def nothing() -> None:
    pulumi.export("x", 1)


def broken() -> None:
    raise ValueError("a mistake in the program")


@pytest.mark.parametrize(
    ("question", "says"),
    [
        pytest.param(lambda: plan_of(nothing), "declares nothing of mesh-wasm", id="nothing declared"),
        pytest.param(lambda: plan_of(broken).ok(), "a mistake in the program", id="the program fails"),
        pytest.param(lambda: plan_of(program(phase="AUTH")).ok(), "MW104", id="a broken rule"),
        pytest.param(lambda: plan_of(program()).plugin(cluster="north"), "no WasmPlugin cluster north", id="no plugin"),
        pytest.param(lambda: plan_of(program()).plugin(), "2 WasmPlugin at all", id="two plugins"),
        pytest.param(lambda: plan_of(program()).plugins(namespace="pay"), "no WasmPlugin", id="no plugins"),
        pytest.param(lambda: plan_of(program()).secrets(name="x"), "no Secret", id="no secrets"),
        pytest.param(lambda: plan_of(program()).refused("MW104"), "no error MW104", id="no error"),
        pytest.param(lambda: plan_of(program(phase="AUTH")).refused("MW104", "edge"), "on edge", id="elsewhere"),
        pytest.param(lambda: plan_of(program()).order("east", "pay"), "no WasmPlugin", id="no order"),
    ],
)
def test_question_without_answer_fails(question: Callable[[], ProgramPlan], says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        question()


def test_failed_program_can_be_asked_what_is_wrong() -> None:
    plan = plan_of(program(phase="AUTH"))
    assert plan.failure is not None
    assert plan.refused("MW104", "acl").path == ("phase",)


def test_question_by_something_else_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="ask by cluster, namespace, name, resource or kind"):
        plan_of(program()).plugins(clusters="east")


def test_programs_do_not_see_each_other() -> None:
    for _ in range(2):
        assert len(plan_of(program()).ok().plugins()) == 2
