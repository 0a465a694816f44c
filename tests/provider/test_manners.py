"""Resource options through components, as the engine gets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from support.programs import errors, extension_args, fleet, gateway_args, plugin_args, plugins, secrets

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.offline.monitor import Registered
from mesh_wasm_pulumi.offline.run import Run, run_program

Options = pulumi.ResourceOptions


def run(opts: Callable[[], Options]) -> Run:
    """An attachment and a pull secret with these options."""

    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry(opts())))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()), opts())

    made = run_program(program)
    assert made.failure is None, made.failure
    assert errors(made) == []
    assert plugins(made)
    assert secrets(made)
    return made


def registry(opts: Options | None = None) -> wasm.PullSecret:
    return wasm.PullSecret("registry", {"registry": "registry.acme.io", "username": "u", "password": "p"}, opts)


def component(made: Run, name: str = "edge") -> Registered:
    return next(
        one for one in made.monitor.resources.values() if one.name == name and one.type.startswith("mesh-wasm:")
    )


class Platform(pulumi.ComponentResource):
    def __init__(self, name: str, opts: Options | None = None) -> None:
        super().__init__("acme:index:Platform", name, {}, opts)


def test_children_stand_below_their_component() -> None:
    made = run(Options)
    assert all(one.parent == component(made).urn for one in plugins(made))
    assert all(one.parent == component(made, "registry").urn for one in secrets(made))


def test_parent_of_a_component() -> None:
    assert component(run(Options)).parent.endswith("pulumi:pulumi:Stack::project-dev")

    def program() -> None:
        platform = Platform("platform")
        acl = wasm.WasmExtension("acl", extension_args(), Options(parent=platform))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()), Options(parent=platform))

    nested = run_program(program)
    assert component(nested).parent.endswith("acme:index:Platform::platform")
    (plugin,) = plugins(nested)
    assert plugin.urn.split("::")[2].startswith("acme:index:Platform$mesh-wasm:index:IngressGatewayAttachment$")


def test_protect_reaches_what_is_in_the_clusters() -> None:
    made = run(lambda: Options(protect=True))
    assert all(one.request.protect for one in [*plugins(made), *secrets(made), component(made)])


def test_nothing_is_protected_without_it() -> None:
    made = run(Options)
    assert not any(one.request.protect for one in [*plugins(made), *secrets(made), component(made)])


def test_retain_on_delete_is_on_the_component_from_which_the_engine_hands_it_on() -> None:
    made = run(lambda: Options(retain_on_delete=True))
    assert component(made).request.retainOnDelete
    assert all(not one.request.HasField("retainOnDelete") for one in plugins(made)), "unset: the engine inherits it"


def test_depends_on_is_recorded_on_the_children_too() -> None:
    """Only so does destroying honour it: the engine keeps no order between the children of two components."""

    def program() -> None:
        earlier = pulumi.CustomResource("random:index/randomId:RandomId", "earlier", {})
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry()))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()), Options(depends_on=[earlier]))

    made = run_program(program)
    urns = [one.urn for one in made.monitor.resources.values() if one.name == "earlier"]
    assert made.failure is None, made.failure
    for one in [*plugins(made), *secrets(made)]:
        assert set(urns) <= set(one.dependencies)


@pytest.mark.parametrize(
    "alias",
    [
        pytest.param(lambda: pulumi.Alias(name="old"), id="renamed"),
        pytest.param(lambda: pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE), id="moved"),
    ],
)
def test_aliases_of_a_component_reach_the_engine(alias: Callable[[], Any]) -> None:
    made = run(lambda: Options(aliases=[alias()]))
    (told,) = component(made).request.aliases
    assert told.spec.name == "old" or told.spec.noParent


def test_names_of_children_follow_the_component() -> None:
    """So an alias of the component suffices: the engine applies it to the children, whose names begin with it."""
    made = run(Options)
    assert all(one.name.startswith("edge-") for one in plugins(made))
    assert all(one.name.startswith("registry-") for one in secrets(made))


def test_transforms_see_every_child() -> None:
    seen: list[str] = []

    def label(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        seen.append(args.type_)
        if not args.type_.startswith("kubernetes:"):
            return None
        metadata = dict(args.props["metadata"])
        labels = {**metadata.get("labels", {}), "team": "edge"}
        return pulumi.ResourceTransformationResult(
            {**args.props, "metadata": {**metadata, "labels": labels}}, args.opts
        )

    made = run(lambda: Options(transformations=[label]))
    for one in [*plugins(made), *secrets(made)]:
        assert one.inputs["metadata"]["labels"]["team"] == "edge"
        assert one.inputs["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "mesh-wasm"
    assert len(seen) >= 4


def test_transforms_of_the_engine_are_registered_with_the_component() -> None:
    def leave(args: pulumi.ResourceTransformArgs) -> None:
        return None

    made = run(lambda: Options(transforms=[leave]))
    assert len(component(made).request.transforms) == 1


@pytest.mark.parametrize("name", ["a", "b"])
def test_two_components_never_share_a_urn(name: str) -> None:
    """A URN holds the types of the parents and not their names, so names of children begin with those of components."""

    def program() -> None:
        where = fleet()
        for one in ("a", "b"):
            wasm.WasmPlugin(one, plugin_args(where))

    made = run_program(program)
    assert made.failure is None, made.failure
    assert {one.name for one in plugins(made)} >= {f"{name}-east", f"{name}-west"}


def test_every_object_names_its_provider() -> None:
    made = run(Options)
    assert all(one.provider for one in [*plugins(made), *secrets(made)])
