"""Clusters are kept apart: by the folders of `plan --out`, by those called after clusters, and by what is stated of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.fleet.inventory import read_inventory
from mesh_wasm.lint import lint
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.surroundings.files import cluster_in
from mesh_wasm.tsb import Bundle
from mesh_wasm.yaml.file import Document, documents

from .objects import custom, deployment, gateway, plugin, pods, ref, text


def parts(**files: Any) -> list[Document]:
    return [one for name, value in files.items() for one in documents(text(value), name)]


def rules(read: list[Document], fleet: Fleet | None = None) -> list[tuple[str, str | None]]:
    return [
        (one.finding.rule, one.finding.cluster) for one in lint(read, fleet).findings if one.finding.rule != "MW303"
    ]


def test_folders_of_plan_are_clusters() -> None:
    apart = {
        "out/east/shop/WasmPlugin-filter.yaml": plugin(**ref()),
        "out/west/infra/Gateway-front.yaml": gateway("front", "infra"),
    }
    assert rules(parts(**apart)) == []
    together = {
        "out/east/shop/WasmPlugin-filter.yaml": plugin(**ref()),
        "out/east/infra/Gateway-front.yaml": gateway("front", "infra"),
    }
    assert rules(parts(**together)) == [("MW220", "east")]


def test_what_lies_in_no_cluster_may_be_in_any() -> None:
    loose = {"k8s/front.yaml": gateway("front", "infra"), "out/east/shop/WasmPlugin-filter.yaml": plugin(**ref())}
    assert rules(parts(**loose)) == [("MW220", "east")]


def test_folders_called_after_clusters() -> None:
    fleet = Fleet([Cluster(name="east"), Cluster(name="west")])
    read = parts(**{"a/east/g.yaml": gateway("front", "infra"), "a/p.yaml": plugin(**ref())})
    assert rules(read, fleet) == [("MW220", "east")]
    assert cluster_in("a/east/west/b.yaml", fleet.names) is None


def test_an_inventory_states_objects_and_files(tmp_path: Path) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "front.yaml").write_text(text(gateway("front", "infra"), deployment("cart")))
    stated = {"clusters": {"east": {"surroundings": ["k8s", gateway("other", "infra")]}, "west": {}}}
    (tmp_path / "clusters.yaml").write_text(yaml.safe_dump(stated))
    fleet, found = read_inventory(tmp_path / "clusters.yaml")
    assert found == ()
    assert rules(parts(p=plugin(**ref())), fleet) == [("MW220", "east")]
    assert rules(parts(p=plugin(**ref("other"))), fleet) == [("MW220", "east")]


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        (["nowhere.yaml"], "no such file or folder"),
        (["broken.yaml"], "this is no YAML"),
        ([{"metadata": {}}], "is no Kubernetes object"),
        ([7], "is no Kubernetes object"),
        ("k8s", "expected a list"),
        ({"objects": [], "complet": True}, "there is no field 'complet' here"),
        ({"complete": True}, "expected a list"),
    ],
    ids=str,
)
def test_what_is_stated_wrongly_is_told_with_its_line(tmp_path: Path, stated: Any, words: str) -> None:
    (tmp_path / "broken.yaml").write_text("a: [")
    (tmp_path / "clusters.yaml").write_text(yaml.safe_dump({"clusters": {"east": {"surroundings": stated}}}))
    _, (found,) = read_inventory(tmp_path / "clusters.yaml")
    assert words in str(found)
    assert found.line in (3, 4)


def test_equal_surroundings_are_equal_and_keep_the_bytes() -> None:
    one, two = (Surroundings.read([deployment("a"), gateway()]) for _ in range(2))
    assert one == two
    assert one != Surroundings.read([deployment("a")])
    many = parts(**{f"f{index}.yaml": deployment(f"d{index}", tier="t", app=f"a{index}") for index in range(9)})
    read = [*many, *parts(p=plugin(**pods(tier="t")))]
    assert [str(one) for one in lint(read).findings] == [str(one) for one in lint(read[::-1]).findings]


TENANCY = {"organization": "acme", "tenant": "t", "workspace": "w", "group": "g"}
TSB: list[dict[str, Any]] = [
    {
        "apiVersion": "extension.tsb.tetrate.io/v2",
        "kind": "WasmExtension",
        "metadata": {"name": "acl", "organization": "acme"},
        "spec": {"url": "oci://registry.acme.io/acl@sha256:" + "7e" * 32, "priority": 1, "phase": "AUTHN"},
    },
    {
        "apiVersion": "gateway.tsb.tetrate.io/v2",
        "kind": "IngressGateway",
        "metadata": {"name": "gw", **TENANCY},
        "spec": {
            "workloadSelector": {"namespace": "shop", "labels": {"app": "web"}},
            "extension": [{"fqn": "organizations/acme/extensions/acl"}],
        },
    },
]


def test_documents_beside_tsb_tell_of_what_they_become() -> None:
    """As translate and TsbManifests read them; the component gives the same bundle the same documents."""
    fleet = Fleet([Cluster(name="east", namespaces=["shop"]), Cluster(name="west", namespaces=["shop"])])
    beside = {"k8s/east/d.yaml": deployment("web", component="front"), "k8s/auth.yaml": custom()}
    planned = Bundle(parts(tsb=TSB[0], more=TSB[1], **beside)).plan(fleet)
    found = {(one.finding.rule, one.finding.cluster) for one in planned.findings}
    assert ("MW406", "east") in found
    assert ("MW406", "west") not in found
    assert ("MW711", None) in found, "of both clusters, so told once"
    alone = Bundle(parts(tsb=TSB[0], more=TSB[1])).plan(fleet)
    assert not {one.finding.rule for one in alone.findings} & {"MW406", "MW711"}
