"""Whose credentials a module is pulled with, and that they are shown to the registry alone."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pullsecrets import debianregistry

from mesh_wasm.modules.fetching.credentials import CredentialsError, docker_credentials, secret_credentials
from mesh_wasm_pulumi.cli import main

from .pushing import Repository
from .wasmfile import wasm as build

AUTH = base64.b64encode(b"ci:pa:ss").decode()
LOGIN = ("ci", "pa:ss")
USER, PASSWORD = "puller", "pa55word-that-nobody-sees"


def _config(folder: Path, **document: object) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(
    ("auths", "registry", "login"),
    [
        ({"registry.acme.io": {"auth": AUTH}}, "registry.acme.io", LOGIN),
        ({"https://registry.acme.io/v2/": {"auth": AUTH}}, "registry.acme.io", LOGIN),
        ({"registry.acme.io": {"username": "ci", "password": "pa:ss"}}, "registry.acme.io", LOGIN),
        ({"registry.acme.io": {"auth": AUTH}}, "registry.acme.io:5000", None),
        ({"https://index.docker.io/v1/": {"auth": AUTH}}, "index.docker.io", LOGIN),
        ({"docker.io": {"auth": AUTH}}, "index.docker.io", LOGIN),
        ({}, "registry.acme.io", None),
        ({"registry.acme.io": {}}, "registry.acme.io", None),
    ],
)
def test_docker_login_is_found(
    tmp_path: Path, auths: dict[str, object], registry: str, login: tuple[str, str] | None
) -> None:
    assert docker_credentials(_config(tmp_path, auths=auths))(registry) == login


def test_a_pull_secret_is_read_by_istios_rules() -> None:
    """Which knows Docker Hub by one key only (facts A3.7)."""
    docker_hub = secret_credentials(json.dumps({"auths": {"docker.io": {"auth": AUTH}}}))
    assert docker_hub("index.docker.io") is None
    right = secret_credentials(json.dumps({"auths": {"https://index.docker.io/v1/": {"auth": AUTH}}}))
    assert right("index.docker.io") == LOGIN
    assert secret_credentials("no JSON")("registry.acme.io") is None


def _helper(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "bin" / "docker-credential-vault"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def test_a_credential_helper_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = '{"ServerURL": "x", "Username": "ci", "Secret": "pa:ss"}'
    _helper(tmp_path, monkeypatch, f'read server; [ "$1 $server" = "get registry.acme.io" ] && echo \'{told}\'')
    by_store = docker_credentials(_config(tmp_path, credsStore="vault"))
    assert (by_store("registry.acme.io"), by_store("ghcr.io")) == (LOGIN, None)
    by_host = docker_credentials(_config(tmp_path, credHelpers={"registry.acme.io": "vault"}))
    assert (by_host("registry.acme.io"), by_host("ghcr.io")) == (LOGIN, None)


@pytest.mark.parametrize(
    ("script", "says"),
    [("echo no JSON", "has answered something that is no login"), ("echo '{}'", "something that is no login")],
)
def test_a_helper_that_talks_nonsense_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, says: str
) -> None:
    _helper(tmp_path, monkeypatch, script)
    with pytest.raises(CredentialsError, match=says):
        docker_credentials(_config(tmp_path, credsStore="vault"))("registry.acme.io")


@pytest.mark.parametrize("helper", ["nowhere", "../../bin/sh"])
def test_a_helper_that_is_not_there_is_told(tmp_path: Path, helper: str) -> None:
    with pytest.raises(CredentialsError, match=r"credential helper|not on the PATH"):
        docker_credentials(_config(tmp_path, credsStore=helper))("registry.acme.io")


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_configuration_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(CredentialsError, match="docker configuration"):
        docker_credentials(tmp_path / "config.json")


real = pytest.mark.skipif(bool(debianregistry.missing()), reason=debianregistry.missing() or "-")

PROGRAM = """
import sys; sys.path[:0] = [{path!r}]
import pulumi
import mesh_wasm_pulumi as wasm
from support.programs import extension_args, fleet, gateway_args
secret = wasm.PullSecret("registry", {{
    "registry": {registry!r}, "username": {user!r}, "password": pulumi.Output.secret({password!r}),
}})
acl = wasm.WasmExtension("acl", extension_args(image="oci://{registry}/filters/acl:1.0", pull_secret=secret))
wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with debianregistry.registry(tmp_path_factory.mktemp("registry"), USER, PASSWORD) as host:
        Repository(host, "filters/acl", USER, PASSWORD).compat(build(), "1.0")
        yield host


@real
@pytest.mark.cluster
@pytest.mark.parametrize("right", [True, False])
def test_the_very_pull_secret_of_the_plugin_is_tried(
    registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: bool
) -> None:
    """Nobody has logged in here: what opens the registry is in the program, and stays in memory."""
    monkeypatch.setenv("MESH_WASM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "nothing"))
    password = PASSWORD if right else f"not-{PASSWORD}"
    path = str(Path(__file__).parents[1])
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM.format(path=path, registry=registry, user=USER, password=password))

    def lock(*more: str) -> Result:
        return CliRunner().invoke(main, ["lock", str(tmp_path), "--plain-http", registry, *more])

    without = lock()
    assert without.exit_code == 1
    assert "denies access (status 401) and no credentials were found for it" in without.output
    told = lock("--use-pull-secrets")
    assert told.exit_code == (0 if right else 1), told.output
    if not right:
        assert "denies access (status 401) with the credentials that were found" in told.output
    everything = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    lock_file = tmp_path / "mesh-wasm.lock"
    assert lock_file.exists() == right  # no empty lock
    everything += [*([lock_file.read_bytes()] if right else []), told.output.encode()]
    assert not [one for one in everything if PASSWORD.encode() in one]
