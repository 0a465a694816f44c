"""`retain_on_delete` of what has plugins, and of the pull secrets that these need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from support.programs import (
    IMAGE,
    extension_args,
    findings,
    fleet,
    gateway_args,
    group_args,
    plugin_args,
    plugins,
    run,
    secrets,
    unknown,
)

import mesh_wasm_pulumi as wasm
from mesh_wasm.findings.finding import Finding, Severity

LOGIN = {"registry": "registry.acme.io", "username": "puller", "password": "pa55"}
MIRROR = {"registry": "mirror.io:5000", "username": "mirror", "password": "m1rror"}
EXTERNAL = {
    "registry": "registry.acme.io",
    "external_secret": {"store": {"name": "vault"}, "docker_config_json": {"key": "registry"}},
}
TSB = f"""
apiVersion: extension.tsb.tetrate.io/v2
kind: WasmExtension
metadata: {{organization: acme, name: acl}}
spec: {{image: "{IMAGE}", phase: AUTHZ, priority: 10, imagePullSecret: registry}}
---
apiVersion: gateway.tsb.tetrate.io/v2
kind: IngressGateway
metadata: {{organization: acme, tenant: shop, workspace: web, group: edge, name: shop}}
spec:
  workloadSelector: {{namespace: edge, labels: {{app: shop-gateway}}}}
  extension: [{{fqn: organizations/acme/extensions/acl}}]
"""


def keeping(wanted: bool = True) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(retain_on_delete=wanted)


def acl(*pull_secrets: Any, **changes: Any) -> wasm.WasmExtension:
    return wasm.WasmExtension("acl", extension_args(pull_secrets=list(pull_secrets), **changes))


def gateway(opts: pulumi.ResourceOptions, *pull_secrets: Any) -> None:
    wasm.IngressGatewayAttachment("edge", gateway_args(acl(*pull_secrets), fleet(), clusters=None), opts)


def group(opts: pulumi.ResourceOptions, *pull_secrets: Any) -> None:
    wasm.SecurityGroupAttachment("edge", group_args(acl(*pull_secrets), fleet()), opts)


def raw(opts: pulumi.ResourceOptions, *pull_secrets: Any) -> None:
    wasm.WasmPlugin("edge", {**plugin_args(fleet()), "pull_secrets": list(pull_secrets)}, opts)


def manifests(opts: pulumi.ResourceOptions, pull_secret: Any) -> None:
    named = {"registry": pull_secret}
    wasm.TsbManifests("edge", {"documents": [TSB], "pull_secrets": named, "fleet": fleet()}, opts)


ALL = [gateway, group, raw, manifests]


def lost(program: Callable[[], Any], **options: Any) -> list[Finding]:
    """What is said of secrets that are lost; all of the program's objects are made in spite of it."""
    made = run(program, **options)
    assert made.failure is None, made.failure
    assert plugins(made)
    return [one for one in findings(made, "edge") if one.rule == "MW812"]


@pytest.mark.parametrize("declare", ALL)
def test_one_warning_whatever_the_number_of_clusters(declare: Any) -> None:
    (one,) = lost(lambda: declare(keeping(), wasm.PullSecret("registry", LOGIN)))
    assert one.severity is Severity.WARNING
    assert str(one).startswith("retain_on_delete: it keeps the WasmPlugins, but not the Secrets of 'registry' that")


@pytest.mark.parametrize("declare", ALL)
@pytest.mark.parametrize(
    ("plugins_kept", "secret_kept"), [(True, True), (False, True), (False, False)], ids=["both", "secret", "neither"]
)
def test_no_word_where_no_plugin_outlives_its_secret(declare: Any, plugins_kept: bool, secret_kept: bool) -> None:
    assert lost(lambda: declare(keeping(plugins_kept), wasm.PullSecret("registry", LOGIN, keeping(secret_kept)))) == []


@pytest.mark.parametrize(
    ("source", "is_lost"),
    [
        pytest.param(EXTERNAL, True, id="the operator deletes the Secret together with its ExternalSecret"),
        pytest.param({"existing_secret": "regcred"}, False, id="a Secret that nobody here writes stays"),
    ],
)
def test_sources_of_credentials(source: Any, is_lost: bool) -> None:
    assert bool(lost(lambda: gateway(keeping(), wasm.PullSecret("registry", source)))) is is_lost


def test_only_the_secret_that_is_put_there_counts() -> None:
    """The mirror's credentials serve no image here, so its PullSecret makes nothing that could be lost."""

    def declare() -> None:
        gateway(keeping(), wasm.PullSecret("registry", LOGIN, keeping()), wasm.PullSecret("mirror", MIRROR))

    assert lost(declare) == []


def test_a_definition_from_elsewhere_has_to_be_taken_over_first() -> None:
    text = '{"auths": {"registry.acme.io": {"auth": "dTpw"}}}'
    foreign = {"name": "registry", "registries": ["registry.acme.io"], "dockerConfigJson": text}
    (one,) = lost(lambda: gateway(keeping(), foreign))
    assert "PullSecret.get" in one.fix
    assert lost(lambda: gateway(keeping(), wasm.PullSecret.get("registry", foreign, keeping()))) == []


@pytest.mark.parametrize(("mirror_kept", "names"), [(True, []), (False, ["mirror"])])
def test_a_merged_secret_is_retained_if_all_of_its_parts_are(mirror_kept: bool, names: list[str]) -> None:
    """It is the child of none of them, so the engine does not do it by itself."""

    def declare() -> None:
        both = wasm.PullSecret("registry", LOGIN, keeping()), wasm.PullSecret("mirror", MIRROR, keeping(mirror_kept))
        extension = acl(*both, image=unknown())
        wasm.IngressGatewayAttachment("edge", gateway_args(extension, fleet()), keeping())

    found = lost(declare)
    assert [name for name in ("registry", "mirror") if any(f"'{name}'" in one.message for one in found)] == names
    (secret,) = secrets(run(declare))
    assert secret.request.retainOnDelete is mirror_kept


def test_it_can_be_waived() -> None:
    def declare() -> None:
        extension = acl(wasm.PullSecret("registry", LOGIN))
        waived = {"waivers": ["MW812 until 2999-12-31: the stack that comes next brings the Secret"]}
        wasm.IngressGatewayAttachment("edge", {**gateway_args(extension, fleet()), **waived}, keeping())

    (one,) = lost(declare)
    assert one.severity is Severity.INFO
