"""The examples of every language that has a host here, on a true engine: rendered, and written to real API servers."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from mesh.cluster import Cluster

from .folder import ROOT, Folder, fresh_copy
from .languages import EXPECTED, LANGUAGES, TYPESCRIPT, YAML, Language, blamed, exported, to_create

pytestmark = pytest.mark.engine

RUNS = int(os.environ.get("MESH_WASM_RUNS", "3"))
"""How often a preview is refused; docs/languages.md says what was seen with 20."""
by_language = pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)


@by_language
def test_example_is_rendered_once_and_then_unchanged(language: Language, tmp_path: Path) -> None:
    folder = language.folder(tmp_path)
    shown = to_create(folder.pulumi("preview", "--json").good())
    folder.pulumi("up", "--yes", "--skip-preview").good()
    assert folder.rendered() == EXPECTED
    assert exported(folder) == shown
    assert f"{len(shown)} unchanged" in folder.pulumi("up", "--yes", "--skip-preview").good().text
    assert "change-me" not in folder.pulumi("stack", "export").good().text


def test_quickstart_is_installed_and_brought_up_as_its_readme_says(tmp_path: Path) -> None:
    """On a fresh clone: its environment is made by `pulumi install`."""
    clone = fresh_copy(tmp_path / "clone")
    shutil.copytree(ROOT / "examples" / "quickstart", clone / "examples" / "quickstart")
    folder = Folder(tmp_path / "run", clone)
    del folder.environment["PYTHONPATH"]
    folder.pulumi("install").good()
    folder.pulumi("stack", "init", "dev").good()
    shown = to_create(folder.pulumi("preview", "--json").good())
    folder.pulumi("up", "--yes", "--skip-preview").good()
    assert exported(folder) == shown
    rendered = folder.path / "examples" / "quickstart" / "rendered"
    assert {str(one.relative_to(rendered)).replace("/1-manifest/", "/") for one in rendered.rglob("*.yaml")} == EXPECTED
    assert f"{len(shown)} unchanged" in folder.pulumi("up", "--yes", "--skip-preview").good().text
    assert "change-me" not in folder.pulumi("stack", "export").good().text


@by_language
def test_preview_shows_the_names_that_up_uses(language: Language, tmp_path: Path) -> None:
    """One leaf of the extension is unknown at preview: its plugins have their names all the same, and the other leaves."""
    folder = language.folder(tmp_path)
    language.edit(folder, language.late)
    if language.after_install:
        folder.run(*language.after_install).good()
    said = folder.pulumi("preview", "--json").good()
    shown = to_create(said)
    assert {urn.rpartition("::")[2] for urn in shown} >= {"shop-edge-east-acl-check", "acme-registry-east-edge"}
    assert "oci://registry.acme.io/filters/acl-check:1.4.2" in said.text
    folder.pulumi("up", "--yes", "--skip-preview").good()
    assert exported(folder) == shown


@by_language
def test_all_problems_of_all_components_come_in_one_preview(language: Language, tmp_path: Path) -> None:
    folder = language.folder(tmp_path)
    language.edit(folder, language.wrong)
    for run in range(RUNS):
        said = folder.pulumi("preview")
        assert said.code != 0
        assert blamed(said) == ["header", "jwt", "shop-edge"], f"run {run}: {said.text[-4000:]}"
        assert "connection is closing" not in said.text
        assert "Traceback" not in said.text


@pytest.fixture(scope="module")
def fleet(mesh_binaries: dict[str, Path]) -> Iterator[dict[str, Cluster]]:
    """Two clusters with the namespaces of the example; each test leaves them empty."""
    with contextlib.ExitStack() as stack:
        clusters = {name: stack.enter_context(Cluster.start(f"lang-{name}", istiod=False)) for name in ("east", "west")}
        for cluster in clusters.values():
            for namespace in ("edge", "shop", "pay"):
                cluster.create_namespace(namespace)
        yield clusters


def give(folder: Folder, fleet: dict[str, Cluster]) -> None:
    """Put the kubeconfigs into the configuration, each with a context that is called like the cluster."""
    for name, cluster in fleet.items():
        document = yaml.safe_load(cluster.kubeconfig.read_text())
        document["contexts"][0]["name"] = document["current-context"] = name
        folder.pulumi("config", "set", "--secret", f"kubeconfig-{name}", yaml.safe_dump(document)).good()


@by_language
@pytest.mark.cluster
def test_example_is_written_to_clusters_once_and_then_unchanged(
    language: Language, tmp_path: Path, fleet: dict[str, Cluster]
) -> None:
    folder = language.folder(tmp_path)
    language.edit(folder, language.kubeconfigs)
    give(folder, fleet)
    shown = to_create(folder.pulumi("preview", "--json").good())
    folder.pulumi("up", "--yes").good()
    try:
        assert exported(folder) == shown
        assert f"{len(shown)} unchanged" in folder.pulumi("up", "--yes", "--skip-preview").good().text
        found = {
            name: len(cluster.api.list("extensions.istio.io/v1alpha1", "WasmPlugin", namespace))
            for name, cluster in fleet.items()
            for namespace in ("shop",)
        }
        assert found == {"east": 1, "west": 1}
    finally:
        folder.pulumi("destroy", "--yes").good()


@pytest.mark.cluster
@pytest.mark.parametrize("language", [YAML, TYPESCRIPT], ids=lambda language: language.name)
def test_refusal_of_a_cluster_is_explained(language: Language, tmp_path: Path, fleet: dict[str, Cluster]) -> None:
    """The object that somebody else made: with the whole command that takes it over, and no word of Python."""
    folder = language.folder(tmp_path)
    language.edit(folder, language.kubeconfigs)
    give(folder, fleet)
    taken = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "acme-registry", "namespace": "pay"}}
    fleet["east"].api.create(taken).accepted()
    said = folder.pulumi("up", "--yes", "--skip-preview")
    try:
        assert said.code != 0
        assert "Secret pay/acme-registry exists already in cluster east" in said.text
        assert (
            "pulumi import --protect=false --generate-code=false kubernetes:core/v1:Secret acme-registry-east-pay"
            in said.text
        )
        assert "--parent 'acme-registry=urn:pulumi:dev::" in said.text
        assert "upsertExistingObjects and enablePatchForce set to true" in said.text
        assert "Alias(" not in said.text
        assert "Traceback" not in said.text
    finally:
        fleet["east"].api.delete("v1", "Secret", "acme-registry", namespace="pay")
        folder.pulumi("destroy", "--yes").good()
