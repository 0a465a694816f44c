"""`mesh-wasm lock` against a real registry."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from pullsecrets import debianregistry

from mesh_wasm.cli import main
from mesh_wasm.modules.lockfile import parse_lock

from .layouts import ACCEPTED, REFUSED
from .pushing import OCI_LAYER, Repository, targz
from .wasmfile import wasm

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(bool(debianregistry.missing()), reason=debianregistry.missing() or "-"),
]

USER, PASSWORD = "puller", "pa55word-that-nobody-sees"
FILTER = wasm({"env.proxy_log": "iii>i"})
OTHER = wasm({"env.proxy_log": "iii>i", "env.proxy_done": ">i"})

Lock = Callable[..., Result]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with debianregistry.registry(tmp_path_factory.mktemp("registry"), USER, PASSWORD) as host:
        yield host


@pytest.fixture
def home(tmp_path: Path, registry: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own folder: an empty cache, and the login for the registry."""
    monkeypatch.setenv("MESH_WASM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")
    (tmp_path / "docker").mkdir()
    login(tmp_path, registry, PASSWORD)
    return tmp_path


def login(home: Path, registry: str, password: str) -> None:
    entry = {"username": USER, "password": password}
    (home / "docker" / "config.json").write_text(json.dumps({"auths": {registry: entry}}))


def manifests(home: Path, *urls: str) -> Path:
    folder = home / "manifests" / "east" / "edge"
    folder.mkdir(parents=True, exist_ok=True)
    for number, url in enumerate(urls):
        (folder / f"plugin-{number}.yaml").write_text(
            "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\n"
            f"metadata: {{name: plugin-{number}, namespace: edge}}\nspec: {{url: '{url}', priority: {number}}}\n"
        )
    return home / "manifests"


def lock(folder: Path, registry: str, *more: str) -> Result:
    return CliRunner().invoke(main, ["lock", str(folder), "--plain-http", registry, *more])


def test_the_lock_says_what_each_module_is(home: Path, registry: str) -> None:
    repository = Repository(registry, "filters/acl", USER, PASSWORD)
    pushed = repository.compat(FILTER, "1.0")
    folder = manifests(home, repository.url("1.0"))
    told = lock(folder, registry)
    assert (told.exit_code, told.exception) == (0, None), told.output
    text = (folder / "mesh-wasm.lock").read_text()
    entry = parse_lock(text).modules[repository.url("1.0")]
    assert entry.digest == pushed["digest"]
    assert entry.artifact is not None
    assert entry.module is not None
    assert (entry.artifact.layout, entry.artifact.index) == ("compat", None)
    assert (entry.module.abi, entry.module.imports) == ("0.2.1", ("env.proxy_log(i32, i32, i32) -> i32",))
    assert "malloc(i32) -> i32" in entry.module.exports
    assert (home / "cache" / "modules" / f"{entry.module.sha256}.wasm").read_bytes() == FILTER
    assert PASSWORD not in text + told.output
    assert entry.resolved == "2026-11-18T11:06:40Z"
    assert lock(folder, registry).exit_code == 0
    assert (folder / "mesh-wasm.lock").read_text() == text


def test_what_is_locked_stays_until_it_is_updated(home: Path, registry: str) -> None:
    repository = Repository(registry, "filters/moving", USER, PASSWORD)
    first = repository.compat(FILTER, "1.0")["digest"]
    folder = manifests(home, repository.url("1.0"))
    assert lock(folder, registry).exit_code == 0
    assert lock(folder, registry, "--check").exit_code == 0
    second = repository.compat(OTHER, "1.0")["digest"]
    checked = lock(folder, registry, "--check")
    assert checked.exit_code == 1
    assert f"locked is {first}, and now it is {second}" in checked.output
    assert lock(folder, registry, "--check", "--offline").exit_code == 0
    assert lock(folder, registry).exit_code == 0
    assert first in (folder / "mesh-wasm.lock").read_text()
    assert lock(folder, registry, "--update", "something-else").exit_code == 0
    assert first in (folder / "mesh-wasm.lock").read_text()
    updated = lock(folder, registry, "--update", "filters/moving")
    assert f"{first} becomes {second}" in updated.output
    assert second in (folder / "mesh-wasm.lock").read_text()


def test_a_module_that_is_new_is_told_by_check_and_offline(home: Path, registry: str) -> None:
    repository = Repository(registry, "filters/new", USER, PASSWORD)
    repository.compat(FILTER, "1.0")
    folder = manifests(home, repository.url("1.0"))
    for how in ("--check", "--offline"):
        told = lock(folder, registry, how)
        assert told.exit_code == 1
        assert "it is not in the lock. It is loaded by edge/plugin-0 in cluster east." in told.output


def test_entries_of_other_stacks_stay_unless_they_are_pruned(home: Path, registry: str) -> None:
    repository = Repository(registry, "filters/stacks", USER, PASSWORD)
    repository.compat(FILTER, "1.0")
    repository.compat(OTHER, "2.0")
    folder = manifests(home, repository.url("1.0"))
    assert lock(folder, registry).exit_code == 0
    manifests(home, repository.url("2.0"))
    assert lock(folder, registry).exit_code == 0
    assert set(parse_lock((folder / "mesh-wasm.lock").read_text()).modules) == {
        repository.url("1.0"),
        repository.url("2.0"),
    }
    assert "no plugin needs it any more" in lock(folder, registry, "--prune").output
    assert set(parse_lock((folder / "mesh-wasm.lock").read_text()).modules) == {repository.url("2.0")}


@pytest.mark.parametrize("name", [*ACCEPTED, *REFUSED])
def test_each_layout(home: Path, registry: str, name: str) -> None:
    repository = Repository(registry, f"layouts/{name}", USER, PASSWORD)
    {**ACCEPTED, **REFUSED}[name](repository, FILTER, "v1")
    folder = manifests(home, repository.url("v1"))
    told = lock(folder, registry)
    entry = parse_lock((folder / "mesh-wasm.lock").read_text()).modules[repository.url("v1")]
    assert entry.artifact is not None
    assert entry.usable is (name in ACCEPTED), told.output
    assert told.exit_code == (0 if name in ACCEPTED else 1)
    if name in ACCEPTED:
        assert entry.module is not None
        assert entry.module.abi == "0.2.1"
    else:
        assert entry.artifact.refused
        assert f"error: {repository.url('v1')}: {entry.artifact.refused}." in told.output


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("wrong", r"denies access \(status 401\) with the credentials"),
        ("", r"denies access \(status 401\) and no credentials were found"),
    ],
)
def test_denied_access_is_a_sentence_without_credentials(home: Path, registry: str, password: str, says: str) -> None:
    repository = Repository(registry, "filters/closed", USER, PASSWORD)
    repository.compat(FILTER, "1.0")
    if password:
        login(home, registry, f"{password}-{PASSWORD}")
    else:
        (home / "docker" / "config.json").write_text("{}")
    told = lock(manifests(home, repository.url("1.0")), registry)
    assert told.exit_code == 1
    assert re.search(says, told.output), told.output
    assert PASSWORD not in told.output


def test_what_is_not_there_is_told_with_the_plugin(home: Path, registry: str) -> None:
    told = lock(manifests(home, f"oci://{registry}/filters/none:1.0"), registry)
    assert not (home / "manifests" / "mesh-wasm.lock").exists()
    assert told.exit_code == 1
    assert (
        "the registry has no such image, tag or digest. It is loaded by edge/plugin-0 in cluster east." in told.output
    )


def test_a_registry_is_asked_over_http_only_where_the_user_says_so(home: Path, registry: str) -> None:
    folder = manifests(home, f"oci://{registry}/filters/acl:1.0")
    told = CliRunner().invoke(main, ["lock", str(folder), "--timeout", "2"])
    assert told.exit_code == 1
    assert "certificate" in told.output or "cannot be reached" in told.output or "does not speak" in told.output


def test_the_digest_that_a_plugin_names_is_looked_at_whatever_the_tag_says(home: Path, registry: str) -> None:
    repository = Repository(registry, "filters/pinned", USER, PASSWORD)
    old = repository.compat(FILTER, "1.0")["digest"]
    repository.compat(OTHER, "1.0")
    url = f"{repository.url('1.0')}@{old}"
    folder = manifests(home, url)
    assert lock(folder, registry).exit_code == 0
    entry = parse_lock((folder / "mesh-wasm.lock").read_text()).modules[url]
    assert entry.digest == old


SCHEMA = {"type": "object", "required": ["mode"], "properties": {"mode": {"enum": ["audit", "enforce"]}}}
SPEC = {"apiVersion": "1.0.0", "spec": {"configSchema": {"openAPIV3Schema": {**SCHEMA, "example": {"mode": "on"}}}}}


def _higress(repository: Repository) -> None:
    spec = repository.blob(yaml.safe_dump(SPEC).encode(), "application/vnd.module.wasm.spec.v1+yaml")
    repository.image(spec, repository.blob(targz({"plugin.wasm": FILTER}), OCI_LAYER), tag="v1")


def _in_the_tar(repository: Repository) -> None:
    repository.compat(FILTER, "v1", config__schema__json=json.dumps(SCHEMA).encode())


def _referrer(repository: Repository) -> None:
    image = repository.compat(FILTER, "v1")
    document = repository.blob(json.dumps(SCHEMA).encode(), "application/schema+json")
    made = repository.image(document, artifactType="application/schema+json", subject=image)
    listed = {**made, "artifactType": "application/schema+json"}
    repository.index(listed, tag=image["digest"].replace(":", "-"))


@pytest.mark.parametrize(
    ("push", "source"),
    [
        (_higress, "spec.yaml of the image (Higress)"),
        (_in_the_tar, "config.schema.json in the image"),
        (_referrer, "a referrer of the image"),
    ],
)
def test_the_schema_of_an_image_is_found(
    home: Path, registry: str, push: Callable[[Repository], None], source: str
) -> None:
    repository = Repository(registry, f"schemas/{push.__name__.strip('_')}", USER, PASSWORD)
    push(repository)
    folder = manifests(home, repository.url("v1"))
    told = lock(folder, registry)
    assert told.exit_code == 0, told.output
    schema = parse_lock((folder / "mesh-wasm.lock").read_text()).modules[repository.url("v1")].schema
    assert schema is not None
    assert schema.source == source
    assert {key: schema.document[key] for key in SCHEMA} == SCHEMA
    assert ("refuses its own example" in told.output) is (push is _higress)
    linted = CliRunner().invoke(main, ["lint", str(folder), "--lock-file", str(folder / "mesh-wasm.lock")])
    assert "warning MW017: spec.pluginConfig.mode: this field is required." in linted.output
