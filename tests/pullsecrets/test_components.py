"""Pull secrets in programs: sources, places, names, and what is refused before anything exists."""

from __future__ import annotations

import base64
import json
from typing import Any

import pulumi
import pytest
from pulumi.runtime.rpc import UNKNOWN
from support.programs import (
    errors,
    extension_args,
    fleet,
    gateway_args,
    group_args,
    of_type,
    plugin_args,
    plugins,
    run,
    secrets,
    unknown,
)

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.offline.objects import planned_objects
from mesh_wasm_pulumi.offline.run import Run

SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"
EXTERNAL = "kubernetes:external-secrets.io/v1:ExternalSecret"
LOGIN = {"registry": "registry.acme.io", "username": "puller", "password": "pa55"}
MIRROR = {"registry": "mirror.io:5000", "username": "mirror", "password": "m1rror"}


def program(source: Any, **facts: Any) -> Any:
    """One extension with a pull secret, on a gateway of all clusters and on a group."""

    def declare() -> None:
        registry = wasm.PullSecret("registry", source() if callable(source) else source)
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry))
        where = fleet(**facts)
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, where, clusters=None))
        wasm.SecurityGroupAttachment("services", group_args(acl, where))

    return declare


def text_of(secret: Any) -> dict[str, Any]:
    wrapped = secret.inputs["stringData"]
    assert wrapped[SECRET_SIGNATURE], "the whole of it is secret"
    content: dict[str, Any] = json.loads(wrapped["value"][".dockerconfigjson"])
    return content


def test_each_secret_once_before_its_plugins_below_its_pull_secret() -> None:
    result = run(program(LOGIN, secrets_mutable=True), preview=False)
    assert errors(result) == []
    assert [one.name for one in secrets(result)] == [
        "registry-east-edge",
        "registry-east-pay",
        "registry-east-shop",
        "registry-west-edge",
        "registry-west-shop",
    ]
    urns = {one.urn for one in secrets(result)}
    for one in secrets(result):
        assert one.parent.endswith("PullSecret::registry")
        assert one.inputs["metadata"]["name"] == "registry"
        assert text_of(one)["auths"]["registry.acme.io"]["password"] == "pa55"
    for plugin in plugins(result):
        assert plugin.inputs["spec"]["imagePullSecret"] == "registry"
        (needed,) = urns & set(plugin.dependencies)
        assert needed.endswith(f"-{plugin.inputs['metadata']['namespace']}")


def test_the_password_makes_one_output_whatever_the_number_of_plugins() -> None:
    """Nothing is worked out for each plugin: ten groups need as many applies as one."""

    def with_groups(count: int) -> int:
        applies = 0
        original = pulumi.Output.apply

        def counting(self: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal applies
            applies += 1
            return original(self, *args, **kwargs)

        def declare() -> None:
            registry = wasm.PullSecret("registry", {**LOGIN, "password": pulumi.Output.secret("pa55")})
            acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry))
            where = fleet(namespaces=[f"n{index}" for index in range(count)], secrets_mutable=False)
            args = group_args(acl, where, namespace_selector=[f"*/n{index}" for index in range(count)])
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(pulumi.Output, "apply", counting)
                wasm.SecurityGroupAttachment("services", args)

        result = run(declare, preview=False)
        assert len(plugins(result)) == 2 * count
        return applies

    assert with_groups(12) - with_groups(2) <= 4 * 10, "Secrets may cost a few; plugins none"


@pytest.mark.parametrize("preview", [True, False])
def test_a_password_that_is_not_known_defers_the_name_only(preview: bool) -> None:
    def source() -> dict[str, Any]:
        return {**LOGIN, "password": pulumi.Output.secret(unknown() if preview else "pa55")}

    result = run(program(source), preview=preview)
    assert errors(result) == []
    for plugin in plugins(result):
        spec = dict(plugin.inputs["spec"])
        name = spec.pop("imagePullSecret")
        assert name == UNKNOWN if preview else name.startswith("registry-")
        assert UNKNOWN not in json.dumps(spec)
        assert SECRET_SIGNATURE not in json.dumps(plugin.inputs), "the name is no secret, and hides nothing beside it"
    for secret in secrets(result):
        assert (secret.inputs["metadata"]["name"] == UNKNOWN) is preview


def test_mirrors_choose_the_secret_and_rewrite_the_image() -> None:
    def declare() -> None:
        origin, mirror = wasm.PullSecret("origin", LOGIN), wasm.PullSecret("mirror", MIRROR)
        acl = wasm.WasmExtension("acl", extension_args(pull_secrets=[origin, mirror]))
        where = fleet(secrets_mutable=True)
        where["west"] = {**where["west"], "registry_mirrors": {"registry.acme.io": "mirror.io:5000"}}
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, where, clusters=None))

    result = run(declare)
    assert errors(result) == []
    east, west = (one.inputs["spec"] for one in plugins(result))
    assert (east["imagePullSecret"], west["imagePullSecret"]) == ("origin", "mirror")
    assert west["url"] == east["url"].replace("registry.acme.io", "mirror.io:5000")
    assert [one.name for one in secrets(result)] == ["mirror-west-edge", "origin-east-edge"]


def test_with_the_download_proxy_it_stands_in_istio_system() -> None:
    result = run(program(LOGIN, secrets_mutable=True, wasm_download_proxy=True), preview=False)
    assert errors(result) == []
    assert [one.name for one in secrets(result)] == ["registry-east-istio-system", "registry-west-istio-system"]
    urns = {one.urn for one in secrets(result)}
    for plugin in plugins(result):
        assert "imagePullSecret" not in plugin.inputs["spec"]
        assert plugin.inputs["spec"]["url"].startswith("http://wasmfetcher.istio-system.svc.cluster.local/fetch/")
        assert len(urns & set(plugin.dependencies)) == 1, "it is there before the plugin all the same"


def test_several_registries_in_one_secret() -> None:
    source = {"registries": [LOGIN, {**MIRROR, "registry": "docker.io"}]}
    result = run(program(source, secrets_mutable=True))
    assert errors(result) == []
    auths = text_of(secrets(result)[0])["auths"]
    assert sorted(auths) == ["https://index.docker.io/v1/", "registry.acme.io"]
    assert base64.b64decode(auths["registry.acme.io"]["auth"]) == b"puller:pa55"


def test_a_ready_docker_configuration() -> None:
    ready = json.dumps({"auths": {"registry.acme.io": {"auth": base64.b64encode(b"u:p").decode()}}})
    result = run(program({"docker_config_json": ready}))
    assert errors(result) == []
    assert secrets(result)[0].inputs["stringData"]["value"][".dockerconfigjson"] == ready


def test_an_existing_secret_is_read_and_never_written() -> None:
    result = run(program({"existing_secret": "regcred"}), preview=True)
    assert errors(result) == []
    assert {one.inputs["spec"]["imagePullSecret"] for one in plugins(result)} == {"regcred"}
    assert {one.id for one in secrets(result)} == {UNKNOWN}, "at preview nobody asks for it"
    result = run(program({"existing_secret": "regcred"}), preview=False)
    assert [one.id for one in secrets(result)] == [
        "edge/regcred", "pay/regcred", "shop/regcred", "edge/regcred", "shop/regcred",
    ]  # fmt: skip
    assert all("stringData" not in one.inputs for one in secrets(result))
    assert {one.kind for one in planned_objects(result)} == {"WasmPlugin"}, "a plan holds what is to be written"


def test_an_external_secret_is_waited_for() -> None:
    source = {
        "registry": "registry.acme.io",
        "external_secret": {
            "store": {"name": "vault"},
            "username": {"key": "registry", "property": "user"},
            "password": {"key": "registry", "property": "password", "version": "3"},
        },
    }
    result = run(program(source), preview=False)
    assert errors(result) == []
    assert secrets(result) == []
    made = of_type(result, EXTERNAL)
    assert [one.name for one in made][:2] == ["registry-east-edge", "registry-east-pay"]
    inputs = made[0].inputs
    assert inputs["metadata"]["annotations"] == {"pulumi.com/waitFor": "condition=Ready"}
    spec = inputs["spec"]
    assert spec["secretStoreRef"] == {"name": "vault", "kind": "ClusterSecretStore"}
    assert spec["target"]["name"] == "registry"
    assert spec["target"]["template"]["type"] == "kubernetes.io/dockerconfigjson"
    assert spec["data"][1] == {
        "secretKey": "password",
        "remoteRef": {"key": "registry", "property": "password", "version": "3"},
    }
    template = spec["target"]["template"]["data"][".dockerconfigjson"]
    filled = template.replace("{{ .username | toJson }}", '"u"').replace("{{ .password | toJson }}", '"p"')
    filled = filled.replace('{{ printf "%s:%s" .username .password | b64enc }}', "dTpw")
    assert sorted(json.loads(filled)["auths"]["registry.acme.io"]) == ["auth", "password", "username"]
    urns = {one.urn for one in made}
    assert all(len(urns & set(plugin.dependencies)) == 1 for plugin in plugins(result))


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("nothing", {}, "registry", "required"),
    ("no password", {"registry": "a.io", "username": "u"}, "password", "required"),
    ("two sources", {**LOGIN, "existing_secret": "x"}, "existing_secret", "exclude one another"),
    ("two more", {"docker_config_json": "{}", "registries": [LOGIN]}, "registries", "exclude one another"),
    ("empty list", {"registries": []}, "registries", "empty"),
    ("twice", {"registries": [LOGIN, {**LOGIN, "username": "other"}]}, "registries[1].registry", "given already"),
    ("bad host", {**LOGIN, "registry": "*.acme.io"}, "registry", "no registry host"),
    ("user in host", {**LOGIN, "registry": "u:p@acme.io"}, "registry", "no registry host"),
    ("bad name", {**LOGIN, "secret_name": "Not_A_Name"}, "secret_name", "no name for a Secret"),
    ("bad existing", {"existing_secret": "a/b"}, "existing_secret", "no name for a Secret"),
    ("not json", {"docker_config_json": "pa55"}, "docker_config_json", ""),
    ("helpers", {"docker_config_json": '{"credsStore":"x"}'}, "docker_config_json", "credsStore"),
    ("store without keys", {"external_secret": {"store": {"name": "v"}}}, "external_secret.username", "required"),
    (
        "store without registry",
        {"external_secret": {"store": {"name": "v"}, "username": {"key": "a"}, "password": {"key": "b"}}},
        "registry",
        "which one is not said",
    ),
    ("misspelt", {**LOGIN, "pasword": "x"}, "pasword", "did you mean 'password'"),
]


@pytest.mark.parametrize(("source", "path", "says"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_sources(source: dict[str, Any], path: str, says: str) -> None:
    from mesh_wasm.findings.finding import format_path

    result = run(program(source))
    found = errors(result, "registry")
    assert [format_path(one.path) for one in found if says in one.message][:1] == [path], [str(one) for one in found]
    assert plugins(result) == []
    assert secrets(result) == []
    assert result.failure is not None
    assert "Traceback" not in result.failure


@pytest.mark.parametrize(
    "source", [{**LOGIN, "registry": "ghcr.io"}, {"docker_config_json": '{"auths":{"ghcr.io":{"auth":"dTpw"}}}'}]
)
def test_credentials_for_another_registry_are_refused_before_anything_exists(source: dict[str, Any]) -> None:
    result = run(program(source), preview=False)
    assert {one.rule for one in errors(result)} == {"MW804"}
    assert {name for name, _ in result.ledger.findings} >= {"edge", "services"}
    assert plugins(result) == []


def test_an_attachment_may_have_secrets_of_its_own() -> None:
    def declare() -> None:
        registry, own = wasm.PullSecret("registry", LOGIN), wasm.PullSecret("own", LOGIN)
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry))
        where = fleet(secrets_mutable=True)
        item: Any = {"extension": acl, "pull_secret": own}
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, where, extensions=[item]))
        bare: Any = {"extension": acl, "pull_secrets": []}
        wasm.SecurityGroupAttachment("services", group_args(acl, where, extensions=[bare]))

    result = run(declare)
    assert errors(result) == []
    assert [one.name for one in secrets(result)] == ["own-east-edge"]
    names = {one.name: one.inputs["spec"].get("imagePullSecret") for one in plugins(result)}
    assert [names[name] for name in sorted(names)] == ["own", None, None, None]


def test_two_pull_secrets_of_one_name_in_one_namespace() -> None:
    def declare() -> None:
        one = wasm.PullSecret("one", {**LOGIN, "secret_name": "regcred"})
        two = wasm.PullSecret("two", {**MIRROR, "secret_name": "regcred"})
        where = fleet()
        wasm.WasmPlugin("first", {**plugin_args(where), "pull_secret": one})
        other = plugin_args(where, url="oci://mirror.io:5000/x:1")
        wasm.WasmPlugin("second", {**other, "pull_secret": two})

    result = run(declare)
    assert [finding.rule for finding in errors(result)] == ["MW805", "MW805"]
    assert {name for name, finding in result.ledger.findings if finding.is_error} == {"second"}


def spread(result: Run) -> list[tuple[str, str]]:
    return [(name, one.rule) for name, one in result.ledger.findings if one.rule in ("MW807", "MW808")]


def test_least_spread() -> None:
    def declare() -> None:
        registry = wasm.PullSecret("registry", LOGIN)
        where = fleet(namespaces=["edge", "istio-system"])
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry))
        wasm.IngressGatewayAttachment("gateway", gateway_args(acl, where))
        wasm.SecurityGroupAttachment("group", group_args(acl, where, namespace_selector=["*/edge"]))
        for name, namespace, selector in (
            ("mesh", "istio-system", None),
            ("whole", "edge", None),
            ("some", "istio-system", {"match_labels": {"app": "shop"}}),
        ):
            args = plugin_args(where, {"namespace": namespace}, selector=selector)
            wasm.WasmPlugin(name, {**args, "pull_secret": registry})

    assert spread(run(declare)) == [("group", "MW808"), ("mesh", "MW807"), ("mesh", "MW807"), ("whole", "MW808")]


def test_a_definition_of_another_stack_names_its_own_secret() -> None:
    """Two attachments that read one definition from a stack output cannot know of each other: two Secrets."""

    def declare() -> None:
        whole = pulumi.Output.secret(
            {
                "name": "regcred",
                "registries": ["registry.acme.io"],
                "dockerConfigJson": '{"auths":{"registry.acme.io":{"auth":"dTpw"}}}',
                "secretFields": ["dockerConfigJson"],
            }
        )
        where = fleet(secrets_mutable=True)
        for name in ("one", "two"):
            args = plugin_args(where, {"namespace": "edge", "name": name})
            wasm.WasmPlugin(name, {**args, "pull_secret": whole.apply(lambda value: value)})

    result = run(declare, preview=False)
    assert errors(result) == []
    names = {one.inputs["metadata"]["name"] for one in secrets(result)}
    assert len(names) == 2
    assert {one.inputs["spec"]["imagePullSecret"] for one in plugins(result)} == names
