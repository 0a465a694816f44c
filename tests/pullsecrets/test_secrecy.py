"""No secret ever shows: canaries in every secret input, looked for in everything that comes out, on every path."""

from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from click.testing import CliRunner
from support.programs import extension_args, fleet, gateway_args, group_args, plugin_args, run

import mesh_wasm_pulumi as wasm
from mesh_wasm.model.parse import parse
from mesh_wasm.model.pull_secret import PullSecret, PullSecretSource, definition_of
from mesh_wasm.rules.pull_secrets.existing import existing_findings
from mesh_wasm.rules.pull_secrets.source import secret_findings
from mesh_wasm.values.docker_config import docker_config
from mesh_wasm_pulumi.cli import main
from mesh_wasm_pulumi.offline.run import Run

from .canary import CANARY, forms, in_the_open, seen_in

AUTH = base64.b64encode(f"puller:{CANARY}".encode()).decode()
LOGIN = {"registry": "registry.acme.io", "username": "puller", "password": CANARY}


def config(**entry: Any) -> str:
    return json.dumps({"auths": {"registry.acme.io": entry}})


SOURCES: dict[str, dict[str, Any]] = {
    "password": LOGIN,
    "registries": {"registries": [LOGIN, {**LOGIN, "registry": "docker.io"}]},
    "config": {"docker_config_json": docker_config([("registry.acme.io", "puller", CANARY)])},
    "config with auth": {"docker_config_json": config(auth=AUTH)},
    "config with token": {"docker_config_json": config(identitytoken=CANARY)},
    # From here on, something is wrong.
    "for another registry": {**LOGIN, "registry": "ghcr.io"},
    "config for another registry": {"docker_config_json": docker_config([("ghcr.io", "puller", CANARY)])},
    "not json": {"docker_config_json": CANARY},
    "a json text": {"docker_config_json": json.dumps(CANARY)},
    "a json list": {"docker_config_json": json.dumps([CANARY])},
    "cut short": {"docker_config_json": config(password=CANARY)[:-9]},
    "no auths": {"docker_config_json": json.dumps({"registry.acme.io": {"auth": AUTH}})},
    "auths is no object": {"docker_config_json": json.dumps({"auths": CANARY})},
    "entry is no object": {"docker_config_json": json.dumps({"auths": {"registry.acme.io": CANARY}})},
    "auth is no base64": {"docker_config_json": config(auth=CANARY)},
    "auth overrules": {"docker_config_json": config(auth=AUTH, username="puller", password=f"{CANARY}2")},
    "helpers": {"docker_config_json": json.dumps({"credHelpers": {"registry.acme.io": CANARY}})},
    "two sources": {**LOGIN, "docker_config_json": config(password=CANARY)},
    "no user": {"registry": "registry.acme.io", "password": CANARY},
    "of a wrong type": {**LOGIN, "password": {"value": CANARY}},
    "of another wrong type": {"docker_config_json": {"auths": {"registry.acme.io": {"password": CANARY}}}},
    "in a list": {**LOGIN, "password": [CANARY]},
    "registries of a wrong type": {"registries": CANARY},
    "a login of a wrong type": {"registries": [CANARY]},
    "twice": {"registries": [LOGIN, {**LOGIN, "password": f"{CANARY}2"}]},
}


def plainly(source: dict[str, Any]) -> dict[str, Any]:
    return source


def as_outputs(source: dict[str, Any]) -> dict[str, Any]:
    hidden = ("password", "docker_config_json", "registries")
    return {key: pulumi.Output.secret(value) if key in hidden else value for key, value in source.items()}


def everything(result: Run) -> str:
    """All that a run shows: messages, findings, the end, outputs, and every property that is not marked as secret."""
    shown = [message.text for message in result.monitor.messages]
    shown += [f"{finding} {finding!r}" for _, finding in result.ledger.findings]
    shown += [str(result.failure), *in_the_open(result.stack_outputs)]
    for resource in result.monitor.resources.values():
        shown += [resource.urn, *in_the_open(resource.inputs), *in_the_open(resource.outputs)]
    shown += [repr(plan) for plan in result.ledger.plans.values()]
    return "\n".join(shown)


@pytest.mark.parametrize("given", [plainly, as_outputs], ids=["plain", "outputs"])
@pytest.mark.parametrize("preview", [True, False], ids=["preview", "up"])
@pytest.mark.parametrize("source", SOURCES)
def test_a_program_shows_nothing(source: str, preview: bool, given: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    def program() -> None:
        registry = wasm.PullSecret("registry", given(SOURCES[source]))  # type: ignore[arg-type]  # wrong on purpose
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry))
        where = fleet()
        edge = wasm.IngressGatewayAttachment("edge", gateway_args(acl, where, clusters=None))
        wasm.SecurityGroupAttachment("services", group_args(acl, where))
        wasm.WasmPlugin("raw", {**plugin_args(where), "pull_secret": registry})
        pulumi.export("definition", registry.definition)
        pulumi.export("extension", acl.definition)
        pulumi.export("plugins", edge.plugins)

    result = run(program, preview=preview)
    assert seen_in(everything(result)) == []


@pytest.mark.parametrize("text", [CANARY, config(password=CANARY), docker_config([("registry.acme.io", "u", CANARY)])])
@pytest.mark.parametrize("whole", [True, False])
def test_a_definition_from_elsewhere_shows_nothing(text: str, whole: bool) -> None:
    def program() -> None:
        definition: Any = {"name": "regcred", "registries": ["registry.acme.io"], "dockerConfigJson": text}
        given = pulumi.Output.secret(definition) if whole else definition
        where = fleet()
        wasm.WasmPlugin("raw", {**plugin_args(where), "pull_secret": given})
        acl = wasm.WasmExtension("acl", extension_args(pull_secrets=[given]))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, where))
        pulumi.export("extension", acl.definition)

    assert seen_in(everything(run(program, preview=False))) == []


def test_a_program_that_fails_shows_nothing() -> None:
    """A traceback of the user's own mistake has no values in it, and neither has what stands in its frames."""

    def program() -> None:
        registry = wasm.PullSecret("registry", {**LOGIN})  # type: ignore[typeddict-item]  # LOGIN is a plain dict
        raise ValueError(f"a mistake beside {registry._definition!r} {registry._definition}")

    result = run(program)
    assert result.failure is not None
    assert "a mistake beside" in result.failure
    assert seen_in(everything(result)) == []


@pytest.mark.parametrize("source", SOURCES)
def test_models_and_findings_show_nothing(source: str) -> None:
    """The SDK by itself, without Pulumi's marks."""
    document = {"secretName": "regcred", **SOURCES[source]}
    parsed = parse(PullSecretSource, document)
    found = [*parsed.findings, *secret_findings(parsed.value)]
    assert seen_in(" ".join(map(str, found))) == []
    definition = definition_of(parsed.value)
    assert seen_in(f"{definition!r} {definition} {definition.identity}") == []
    text = SOURCES[source].get("docker_config_json")
    if isinstance(text, str):
        for type_ in ("Opaque", "kubernetes.io/dockerconfigjson"):
            assert seen_in(" ".join(map(str, existing_findings("Secret a/b", type_, text, "quay.io")))) == []
        assert seen_in(repr(PullSecret(name="x", docker_config_json=text))) == []


PROGRAM = """
import json
import pulumi
import pulumi_kubernetes as k8s
import mesh_wasm_pulumi as wasm

config = pulumi.Config()
fleet = wasm.Fleet([wasm.Cluster("east", provider=k8s.Provider("kube"), namespaces=["edge"])])
registry = wasm.PullSecret("registry", json.loads(config.require("source")))
wasm.WasmPlugin(
    "acl",
    {
        "metadata": {"namespace": "edge"},
        "spec": {"url": "oci://registry.acme.io/filters/acl:1.0", "priority": 1},
        "pull_secret": registry,
        "fleet": fleet,
    },
)
pulumi.export("definition", registry.definition)
"""


@pytest.mark.parametrize(
    "command",
    [
        ("plan", "--format", "text"),
        ("plan", "--format", "json"),
        ("plan", "--format", "text", "--out"),
        ("explain", "--format", "text"),
        ("explain", "--format", "json"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("source", ["password", "config with auth", "for another registry", "not json", "two sources"])
def test_a_command_shows_nothing(command: tuple[str, ...], source: str, tmp_path: Path) -> None:
    """The configuration is not even marked as secret here: a password is one, whatever the user says of it."""
    folder, out = tmp_path / "project", tmp_path / "out"
    folder.mkdir()
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: {name: python}\n")
    settings = {"config": {"shop:source": json.dumps(SOURCES[source])}}
    (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump(settings))
    verb, *options = command
    words = [verb, str(folder), *(option for option in options), *([str(out)] if "--out" in options else [])]
    result = CliRunner().invoke(main, words, prog_name="mesh-wasm")
    assert result.exit_code in (0, 1), result.output
    assert "registry" in result.output
    assert seen_in(result.output) == []
    if result.exception is not None:
        assert seen_in("".join(traceback.format_exception(result.exception))) == []
    written = list(out.rglob("*.yaml"))
    assert bool(written) == ("--out" in options and result.exit_code == 0)
    for path in written:
        assert seen_in(path.read_bytes()) == [], path


@pytest.mark.parametrize(
    "output",
    [
        f"the password is {CANARY}.",
        json.dumps({"password": CANARY}),
        base64.b64encode(f"puller:{CANARY}".encode()).decode(),
        base64.b64encode(config(password=CANARY).encode()).decode(),
        base64.b64encode(f"x{CANARY}".encode()).decode(),
        f"expected a host, got {CANARY[:12]}…",
    ],
)
def test_the_search_finds_what_it_looks_for(output: str) -> None:
    assert seen_in(output)
    assert all(len(form) >= 8 for form in forms())
