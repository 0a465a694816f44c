"""Extensions of one stack attached in another: the two-stack example, and what may go wrong between them."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
from support.golden import EXAMPLES
from support.programs import GATEWAY, IMAGE, errors, extension_args, fleet, gateway_args, plugins, secrets

import mesh_wasm_pulumi as wasm
from mesh_wasm.findings.finding import format_path
from mesh_wasm_pulumi._telling import refusal as _refusal
from mesh_wasm_pulumi.offline.run import Run, run_folder, run_program

DOCKER_CONFIG = '{"auths": {"registry.acme.io": {"username": "u", "password": "p"}}}'
SIG = "4dabf18193072939515e22adb298388d"
NAME = "organization/mesh-wasm-catalogue/dev"
FOLDER = EXAMPLES / "two-stacks"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a definition that is refused waits for good: here nobody has to watch it."""
    monkeypatch.setattr(_refusal, "PATIENCE", 0.3)


def catalogue(**changes: Any) -> dict[str, Any]:
    """The outputs of a catalogue's stack that exports the definition of the extension acl."""

    def program() -> None:
        pulumi.export("acl", wasm.WasmExtension("acl", extension_args(**changes)).definition)

    made = run_program(program, project="catalogue")
    assert made.failure is None, made.failure
    return dict(made.stack_outputs)


def team(outputs: Any, *, preview: bool = True, item: Any = None, **get: Any) -> Run:
    """A team's stack that attaches what the catalogue's stack exports."""

    def program() -> None:
        other = pulumi.StackReference(NAME)
        acl = wasm.WasmExtension.get("acl", other.get_output("acl"), **{"organization": "acme", **get})
        wasm.IngressGatewayAttachment(
            "edge", gateway_args(acl, fleet(), extensions=[{"extension": acl, **(item or {})}])
        )

    references = None if outputs is None else {NAME: outputs}
    return run_program(program, project="team", preview=preview, references=references)


def registry() -> wasm.PullSecret:
    return wasm.PullSecret("registry", {"registry": "registry.acme.io", "username": "u", "password": "p"})


# The example


def test_teams_preview_works_before_the_catalogue_exists() -> None:
    run = run_folder(FOLDER / "team", "dev")
    assert run.failure is None, run.failure
    assert [one.name for one in plugins(run)] == ["shop-edge-east-acl-check"]
    assert [one.inputs["metadata"]["name"] for one in plugins(run)] == ["shop-acl-check-88a8a2"]
    assert len(secrets(run)) == 1


def test_catalogue_and_team_together() -> None:
    first = run_folder(FOLDER / "catalogue", "dev")
    assert first.failure is None, first.failure
    assert not plugins(first)
    second = run_folder(FOLDER / "team", "dev", preview=False, references={NAME: first.stack_outputs})
    assert second.failure is None, second.failure
    (plugin,) = plugins(second)
    spec = plugin.inputs["spec"]
    assert spec["url"].startswith("oci://registry.acme.io/filters/acl-check:1.4.2@sha256:")
    assert (spec["phase"], spec["priority"]) == ("AUTHZ", 10)
    assert spec["pluginConfig"][SIG], "secret where the definition says so, and nowhere else"
    assert "change-me" not in json.dumps({key: value for key, value in spec.items() if key != "pluginConfig"})
    (secret,) = secrets(second)
    assert secret.parent.endswith("mesh-wasm:index:PullSecret::acme-registry")
    assert "registry.acme.io" in json.dumps(secret.inputs["stringData"])
    assert spec["imagePullSecret"] == secret.inputs["metadata"]["name"]


# What is known, and when


def test_definition_is_secret_only_where_its_parts_are() -> None:
    def program() -> None:
        args = extension_args(config={"token": pulumi.Output.secret("hunter2")})
        pulumi.export("acl", wasm.WasmExtension("acl", args).definition)

    outputs = run_program(program).stack_outputs
    assert outputs["acl"][SIG], "Pulumi marks the whole output"
    run = team(outputs)
    assert run.failure is None, run.failure
    for plugin in plugins(run):
        assert plugin.inputs["spec"]["url"] == IMAGE
        assert plugin.inputs["spec"]["pluginConfig"][SIG]


def test_plain_definition_stays_plain() -> None:
    outputs = catalogue()
    assert SIG not in json.dumps(outputs)
    assert SIG not in json.dumps([one.inputs["spec"] for one in plugins(team(outputs))])


def test_local_and_referenced_extension_give_the_same_plugins() -> None:
    def local() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    assert [one.inputs for one in plugins(team(catalogue()))] == [
        one.inputs for one in plugins(run_program(local, project="team"))
    ]


def test_unknown_definition_gives_unknown_specs_and_known_names() -> None:
    run = team(None)
    assert run.failure is None, run.failure
    (plugin,) = plugins(run)
    assert plugin.inputs["spec"] == "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert plugin.inputs["metadata"]["name"] == "shop-acl-88a8a2"
    assert plugin.inputs["metadata"]["namespace"] == "edge"


@pytest.mark.parametrize("preview", [True, False])
def test_output_that_is_not_exported_is_unknown_at_preview_and_an_error_at_up(preview: bool) -> None:
    run = team({"other": 1}, preview=preview)
    if preview:
        assert run.failure is None, run.failure
        assert len(plugins(run)) == 1
    else:
        (missing,) = errors(run, "acl")
        assert (missing.rule, missing.path) == ("MW101", ("definition",))
        assert "update that stack first" in str(missing)
        assert run.failure == "Nothing is created for acl (1 error): see the messages on each of them."
        assert plugins(run) == []


def test_every_output_that_is_not_exported_is_told() -> None:
    def program() -> None:
        other = pulumi.StackReference(NAME)
        registry = wasm.PullSecret.get("registry", other.get_output("registry"))
        item = {"extension": other.get_output("acl"), "fqn": "organizations/acme/extensions/acl"}
        wasm.IngressGatewayAttachment(
            "edge", gateway_args(None, fleet(), extensions=[{**item, "pull_secret": registry}])
        )
        wasm.WasmExtension("bad", extension_args(phase="AUTHX"))

    run = run_program(program, project="team", preview=False, references={NAME: {}})
    told = {(name, finding.rule, format_path(finding.path)) for name, finding in run.ledger.findings}
    assert told >= {
        ("registry", "MW101", "definition"),
        ("edge", "MW101", "extensions[0].extension"),
        ("bad", "MW104", "phase"),
    }


@pytest.mark.parametrize("wrap", [lambda told: told, pulumi.Output.from_input], ids=["plain", "output"])
@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({"name": "regcred", "existing": True}, "holds no credentials"),
        ({"name": "x", "externalSecret": {"store": {"name": "vault"}}}, "holds no credentials"),
        ("junk", "something else was given"),
    ],
)
def test_pull_secrets_without_credentials(told: Any, text: str, wrap: Any) -> None:
    def program() -> None:
        registry = wasm.PullSecret.get("registry", wrap(told))
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    run = run_program(program, project="team")
    (problem,) = errors(run, "registry")
    assert (problem.rule, problem.path) == ("MW101", ("definition",))
    assert text in problem.message
    assert plugins(run) == []


@pytest.mark.parametrize("given", [True, False], ids=["given", "of the definition"])
def test_a_plain_definition_with_a_pull_secret(given: bool) -> None:
    credentials = {"name": "registry", "dockerConfigJson": DOCKER_CONFIG, "registries": ["registry.acme.io"]}
    definition = {"fqn": "organizations/acme/extensions/acl", "image": IMAGE, "pullSecrets": [credentials]}

    def program() -> None:
        own = {"pull_secret": registry()} if given else {}
        acl = wasm.WasmExtension.get("acl", definition, organization="acme", **own)
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    run = run_program(program, project="team")
    assert run.failure is None, run.failure
    (secret,), (plugin,) = secrets(run), plugins(run)
    assert plugin.inputs["spec"]["imagePullSecret"] == secret.inputs["metadata"]["name"]


@pytest.mark.parametrize("wrap", [lambda told: told, pulumi.Output.from_input], ids=["plain", "output"])
def test_a_definition_without_a_module(wrap: Any) -> None:
    def program() -> None:
        nothing = wrap({"fqn": "organizations/acme/extensions/acl"})
        acl = wasm.WasmExtension.get("acl", nothing, organization="acme", pull_secret=registry())
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    run = run_program(program, project="team")
    assert [(one.rule, one.path) for one in errors(run, "acl")] == [("MW101", ("definition", "image"))]
    assert run.failure is not None
    assert run.failure.startswith("Nothing is created for ")


@pytest.mark.parametrize("junk", ["junk", 5, ["x"]], ids=str)
def test_what_is_no_definition(junk: Any) -> None:
    run = run_program(lambda: wasm.WasmExtension.get("acl", junk, organization="acme") and None, project="team")
    (problem,) = errors(run, "acl")
    assert "something else was given" in problem.message


# The rules, as soon as it is known


@pytest.mark.parametrize(
    ("change", "get", "rule", "component"),
    [
        pytest.param({"allowed_in": ["organizations/acme/tenants/pay"]}, {}, "MW502", "edge", id="tenant"),
        pytest.param({}, {"fqn": "organizations/acme/extensions/other"}, "MW534", "acl", id="another extension"),
        pytest.param({}, {"fqn": "acl"}, "MW501", "acl", id="no FQN"),
        pytest.param({}, {"organization": "other"}, "MW513", "edge", id="another organization"),
    ],
)
def test_rules_are_applied_when_the_definition_is_known(
    change: dict[str, Any], get: dict[str, Any], rule: str, component: str
) -> None:
    run = team(catalogue(**change), **get)
    assert rule in [finding.rule for finding in errors(run, component)]
    assert run.failure is not None
    assert plugins(run) == []


def test_bad_definition_is_reported_on_the_reference() -> None:
    outputs = catalogue()
    outputs["acl"] = {**outputs["acl"], "image": "ftp://x", "phase": "AUTH"}
    run = team(outputs)
    assert {finding.path for finding in errors(run, "acl")} == {("definition", "image"), ("definition", "phase")}
    assert not errors(run, "edge"), "told once, not at each attachment"
    assert plugins(run) == []


def test_newer_definition_is_refused() -> None:
    outputs = catalogue()
    outputs["acl"] = {**outputs["acl"], "version": 2}
    assert [finding.rule for finding in errors(team(outputs), "acl")] == ["MW530"]


def test_pull_secret_that_preview_could_not_see_is_an_error() -> None:
    def program() -> None:
        pulumi.export("acl", wasm.WasmExtension("acl", extension_args(pull_secret=registry())).definition)

    outputs = run_program(program).stack_outputs
    run = team(outputs)
    assert "MW531" in [finding.rule for finding in errors(run, "edge")]
    assert plugins(run) == []


@pytest.mark.parametrize("known", [True, False])
def test_pull_secret_of_the_reference_is_planned(known: bool) -> None:
    def program() -> None:
        secret = registry()
        other = pulumi.StackReference(NAME)
        acl = wasm.WasmExtension.get("acl", other.get_output("acl"), organization="acme", pull_secret=secret)
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    run = run_program(program, references={NAME: catalogue()} if known else None)
    assert run.failure is None, run.failure
    (secret,) = secrets(run)
    (plugin,) = plugins(run)
    assert secret.urn in plugin.dependencies


def test_get_needs_to_know_the_fqn() -> None:
    def program() -> None:
        wasm.WasmExtension.get("acl", {"fqn": "organizations/acme/extensions/acl"})

    run = run_program(program)
    assert run.failure is not None
    assert "give organization or fqn" in run.failure


def test_definition_may_be_a_plain_document() -> None:
    def program() -> None:
        acl = wasm.WasmExtension.get(
            "acl", {"fqn": "organizations/acme/extensions/acl", "image": IMAGE}, organization="acme"
        )
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), gateway=GATEWAY))

    run = run_program(program)
    assert run.failure is None, run.failure
    assert [one.inputs["spec"]["url"] for one in plugins(run)] == [IMAGE]
