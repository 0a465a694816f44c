"""Registries that Istio's agent refuses, passwords that expire, clouds that want credentials, and line breaks."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from support.programs import findings, fleet, plugin_args, run

import mesh_wasm_pulumi as wasm
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.fleet.registry_hosts import cloud_of, expires, is_distrusted
from mesh_wasm.lint import lint
from mesh_wasm.model.parse import parse
from mesh_wasm.model.pull_secret import PullSecretSource
from mesh_wasm.rules.pull_secrets.source import secret_findings
from mesh_wasm.values.docker_config import problems
from mesh_wasm.yaml.file import Document, Spot

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
ZERO = "00000000-0000-0000-0000-000000000000"


def told(rule: str, url: str, version: str | None = None, **spec: Any) -> list[Finding]:
    manifest = {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "WasmPlugin",
        "metadata": {"name": "acl", "namespace": "edge"},
        "spec": {"url": url, "priority": 0, "selector": {"matchLabels": {"app": "gw"}}, **spec},
    }
    fleet = None if version is None else Fleet([Cluster(name="east", istio_version=version)])
    found = lint([Document(manifest, "x.yaml", 0, Spot(1))], fleet).findings
    return [one.finding for one in found if one.finding.rule == rule]


@pytest.mark.parametrize(
    ("registry", "distrusted"),
    [
        *(
            ("10.0.0.5", True),
            ("172.16.0.1:5000", True),
            ("172.32.0.1", False),
            ("192.168.1.1", True),
            ("8.8.8.8", False),
        ),
        *(("127.0.0.1:5000", True), ("localhost:5000", True), ("169.254.169.254", True), ("[::1]:5000", True)),
        *(("[fd00::1]", True), ("[2001:db8::1]", False), ("100.64.0.1", False), ("registry.acme.io", False)),
        ("10.0.0.5.acme.io", False),
    ],
)
def test_which_hosts_are_no_realm(registry: str, distrusted: bool) -> None:
    """As Go's IsPrivate, IsLoopback and IsLinkLocalUnicast; Python's is_private counts more."""
    assert is_distrusted(registry) is distrusted


@pytest.mark.parametrize(
    ("version", "severity", "words"),
    [
        (None, Severity.INFO, "since Istio 1.27.8"),
        ("1.27.7", None, ""),
        ("1.27.8", Severity.INFO, "has 1.27.8)"),
        ("1.28.4", None, ""),
        ("1.28", Severity.INFO, "which patch of it is not said"),
        ("1.26", None, ""),
        ("1.30", Severity.INFO, "has 1.30)"),
    ],
)
def test_a_private_address_by_version(version: str | None, severity: Severity | None, words: str) -> None:
    found = told("MW830", "oci://192.168.10.5/library/acl:1", version)
    assert [one.severity for one in found] == ([] if severity is None else [severity])
    assert not found or words in found[0].message
    secret = told("MW830", "oci://192.168.10.5/library/acl:1", version, imagePullSecret="regcred")
    assert [one.severity for one in secret] == ([] if severity is None else [Severity.WARNING])


@pytest.mark.parametrize(
    ("url", "severity"),
    [
        (f"oci://{ECR}/wasm/acl:1", Severity.WARNING),
        ("oci://123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/wasm/acl:1", Severity.WARNING),
        ("oci://123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/wasm/acl:1", Severity.WARNING),
        ("oci://public.ecr.aws/acme/acl:1", None),
        ("oci://acme.azurecr.io/wasm/acl:1", Severity.INFO),
        ("oci://gcr.io/acme/acl:1", Severity.INFO),
        ("oci://eu.gcr.io/acme/acl:1", Severity.INFO),
        ("oci://europe-west1-docker.pkg.dev/acme/wasm/acl:1", Severity.INFO),
        ("oci://ghcr.io/acme/acl:1", None),
        ("oci://registry.acme.io/gcr.io/acl:1", None),
    ],
)
def test_a_cloud_without_a_pull_secret(url: str, severity: Severity | None) -> None:
    assert [one.severity for one in told("MW832", url)] == ([] if severity is None else [severity])
    assert told("MW832", url, imagePullSecret="regcred") == []


@pytest.mark.parametrize(
    ("registry", "user", "lives"),
    [
        (ECR, "AWS", "12 hours"),
        ("registry.acme.io", "AWS", None),
        ("gcr.io", "oauth2accesstoken", "1 hour"),
        ("gcr.io", "_json_key", None),
        ("acme.azurecr.io", ZERO, "3 hours"),
        ("acme.azurecr.io", "acme", None),
    ],
)
def test_passwords_that_expire(registry: str, user: str, lives: str | None) -> None:
    found = expires(registry, user)
    assert (None if found is None else found.lives) == lives


@pytest.mark.parametrize("in_auth", [True, False])
def test_a_secret_with_such_a_user(in_auth: bool) -> None:
    auth = base64.b64encode(b"AWS:canary").decode()
    entry = {"auth": auth} if in_auth else {"username": "AWS", "password": "canary"}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "ecr", "namespace": "edge"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": json.dumps({"auths": {ECR: entry}})},
    }
    found = [one.finding for one in lint([Document(secret, "x.yaml", 0, Spot(1))]).findings]
    assert [(one.rule, one.severity) for one in found] == [("MW831", Severity.WARNING)]
    assert "expires after 12 hours" in found[0].message
    assert "canary" not in str(found[0])


def test_a_declared_pull_secret_with_a_token_and_one_with_a_line_break() -> None:
    def rules(**source: str) -> list[tuple[str, str]]:
        declared = parse(PullSecretSource, {"secretName": "regcred", **source}).value
        return [(one.rule, str(one.path[-1])) for one in secret_findings(declared)]

    assert rules(registry=ECR, username="AWS", password="x") == [("MW831", "username")]
    assert rules(registry="ghcr.io", username="ci", password="canary\n") == [("MW802", "password")]
    assert rules(registry="ghcr.io", username="ci", password="canary") == []


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"auth": base64.b64encode(b"puller:canary\n").decode()}, "line break"),
        ({"auth": base64.b64encode(b"puller:canary").decode() + "\n"}, ""),
        ({"username": "puller", "password": "canary\n"}, "line break"),
        ({"username": "puller\r\n", "password": "canary"}, "line break"),
        ({"auth": base64.b64encode(b":canary").decode()}, "not the base64 form"),
    ],
)
def test_line_breaks_in_a_docker_configuration(entry: dict[str, str], problem: str) -> None:
    found = list(problems(json.dumps({"auths": {"registry.acme.io": entry}})))
    assert [problem in one for one in found] == ([True] if problem else [])
    assert "canary" not in "".join(found)


def test_which_cloud() -> None:
    assert cloud_of(f"{ECR}:443") is not None
    assert cloud_of("acme.io") is None


@pytest.mark.parametrize(
    ("url", "facts", "secret", "told_of"),
    [
        (f"oci://{ECR}/wasm/acl:1", {}, False, {"MW832"}),
        (f"oci://{ECR}/wasm/acl:1", {}, True, set()),
        (f"oci://{ECR}/wasm/acl:1", {"wasm_download_proxy": True}, False, set()),
        ("oci://registry.acme.io/wasm/acl:1", {"registry_mirrors": {"registry.acme.io": ECR}}, False, {"MW832"}),
        ("oci://registry.acme.io/wasm/acl:1", {"registry_mirrors": {"registry.acme.io": "10.0.0.5"}}, False, {"MW830"}),
        ("oci://10.0.0.5/wasm/acl:1", {"registry_mirrors": {"10.0.0.5": "registry.acme.io"}}, False, set()),
        ("oci://10.0.0.5/wasm/acl:1", {"istio_version": "1.26.3"}, False, set()),
    ],
)
def test_in_a_program_what_the_cluster_gets_is_judged(
    url: str, facts: dict[str, Any], secret: bool, told_of: set[str]
) -> None:
    def program() -> None:
        more: dict[str, Any] = {}
        if secret:
            more["pull_secret"] = wasm.PullSecret("ecr", {"registry": ECR, "username": "ci", "password": "x"})
        arguments = plugin_args(fleet(**facts), url=url)
        wasm.WasmPlugin("raw", {**arguments, **more})

    found = {one.rule for one in findings(run(program), "raw")}
    assert found & {"MW830", "MW832"} == told_of
