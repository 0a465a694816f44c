"""Which Istio knows TrafficExtensions, as its API server says it and as mesh-wasm does."""

from __future__ import annotations

import pytest
import yaml
from mesh import MeshError
from mesh.cluster import Cluster
from mesh.parts import OLD_ISTIO

from mesh_wasm.findings.examples import GOOD, SCRIPT
from mesh_wasm.fleet.cluster import Cluster as Facts
from mesh_wasm.fleet.cluster import Fleet
from mesh_wasm.lint import lint
from mesh_wasm.yaml.file import documents

pytestmark = pytest.mark.cluster


def test_only_newer_istios_know_the_kind(each_cluster: Cluster) -> None:
    older = each_cluster.release is OLD_ISTIO
    each_cluster.create_namespace("kinds")
    extension, plugin = (text.replace("namespace: edge", "namespace: kinds") for text in (SCRIPT, GOOD))
    if older:
        with pytest.raises(
            MeshError, match="the API server knows no TrafficExtension"
        ):  # its discovery does not list it
            each_cluster.api.create(yaml.safe_load(extension), dry_run=True)
    else:
        assert each_cluster.api.create(yaml.safe_load(extension), dry_run=True).status == 201
    assert each_cluster.api.create(yaml.safe_load(plugin), dry_run=True).status == 201
    fleet = Fleet([Facts(name="one", istio_version="1.27.9" if older else None)])
    errors = [one.finding.rule for one in lint(documents(extension, "x.yaml"), fleet).findings if one.finding.is_error]
    assert errors == (["MW630"] if older else [])
