"""A real registry: with the credentials of the emitted Secret, found by Istio's key rules, an image can be fetched."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oras.client
import pytest
from support.programs import fleet, gateway_args, plugins, run, secrets

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.offline.run import Run

from . import debianregistry

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(bool(debianregistry.missing()), reason=debianregistry.missing() or "-"),
]

USER, PASSWORD = "puller", 'pa55 with "quotes": and cölons'
MODULE = b"\0asm\x01\0\0\0"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry with the image filters/acl:1.0."""
    folder = tmp_path_factory.mktemp("registry")
    with debianregistry.registry(folder, USER, PASSWORD) as host:
        module = folder / "plugin.wasm"
        module.write_bytes(MODULE)
        answer = client(USER, PASSWORD).push(
            target=f"{host}/filters/acl:1.0", files=[str(module)], disable_path_validation=True
        )
        assert answer.status_code in (200, 201)
        yield host


def client(username: str, password: str) -> Any:
    made = oras.client.OrasClient(insecure=True, auth_backend="basic")
    made.auth.set_basic_auth(username, password)
    return made


def found_by_istio(config: dict[str, Any], registry: str) -> tuple[str, str]:
    """The credentials that Istio's puller takes for a registry: written down here once more, on its own."""
    for key, entry in config["auths"].items():
        if key == registry or key.partition("://")[2].split("/")[0] == registry or key.split("/")[0] == registry:
            user, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
            return user, password
    raise AssertionError(f"Istio would pull {registry} anonymously")


def planned(host: str, source: dict[str, Any], **facts: Any) -> Run:
    def program() -> None:
        registry = wasm.PullSecret("registry", source)  # type: ignore[arg-type]  # forms of many kinds
        args: Any = {"organization": "acme", "image": "oci://registry.acme.io/filters/acl:1.0", "pull_secret": registry}
        acl = wasm.WasmExtension("acl", args)
        mirrors = {"registry.acme.io": host}
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(registry_mirrors=mirrors, **facts)))

    return run(program, preview=False)


def emitted(result: Run) -> tuple[dict[str, Any], str]:
    """The docker configuration of the Secret that the plugin names, and the image that it pulls."""
    (plugin,) = plugins(result)
    (secret,) = secrets(result)
    assert plugin.inputs["spec"]["imagePullSecret"] == secret.inputs["metadata"]["name"]
    config: dict[str, Any] = json.loads(secret.inputs["stringData"]["value"][".dockerconfigjson"])
    return config, plugin.inputs["spec"]["url"].removeprefix("oci://")


def pull(credentials: tuple[str, str], image: str, folder: Path) -> bytes:
    (file,) = client(*credentials).pull(target=image, outdir=str(folder))
    return Path(file).read_bytes()


def login(host: str, **changes: str) -> dict[str, Any]:
    return {"registry": host, "username": USER, "password": PASSWORD, **changes}


@pytest.mark.parametrize("form", ["login", "with scheme and path", "several", "ready"])
def test_the_image_is_fetched_with_what_the_secret_says(host: str, form: str, tmp_path: Path) -> None:
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    source = {
        "login": login(host),
        "with scheme and path": login(f"https://{host}/v2/"),
        "several": {"registries": [login("ghcr.io", password="other"), login(host)]},
        "ready": {"docker_config_json": json.dumps({"auths": {f"http://{host}": {"auth": auth}}})},
    }[form]
    config, image = emitted(planned(host, source))
    assert image == f"{host}/filters/acl:1.0"
    assert pull(found_by_istio(config, host), image, tmp_path) == MODULE


@pytest.mark.parametrize(
    ("credentials", "status"), [(None, 401), (f"{USER}:wrong", 401), (f"{USER}:{PASSWORD}", 200)], ids=str
)
def test_it_is_refused_without(host: str, credentials: str | None, status: int) -> None:
    """Asked in plain HTTP: a client that is refused tries again and again."""
    _, image = emitted(planned(host, login(host)))
    repository, _, tag = image.removeprefix(f"{host}/").rpartition(":")
    headers = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    if credentials is not None:
        headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("GET", f"/v2/{repository}/manifests/{tag}", headers=headers)
    assert connection.getresponse().status == status
    connection.close()


def test_credentials_without_the_port_never_reach_a_registry(host: str) -> None:
    """What Istio would not find, is refused before anything exists."""
    result = planned(host, login(host.partition(":")[0]))
    assert {one.rule for _, one in result.ledger.findings if one.is_error} == {"MW804"}
    assert plugins(result) == []
