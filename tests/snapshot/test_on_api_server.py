"""Snapshots of a real API server, as a service account that has the rights of docs/rights/snapshot.yaml and no other."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from mesh.account import account
from mesh.cluster import Cluster
from mesh.credentials import write_private

from mesh_wasm.cli import main
from mesh_wasm.snapshot.file import read_snapshot, snapshot_text

from .filled import CANARIES, CANARY, fill

pytestmark = pytest.mark.cluster
ROLE = Path(__file__).parents[2] / "docs" / "rights" / "snapshot.yaml"


@pytest.fixture(scope="module")
def filled(cluster: Cluster) -> Cluster:
    assert len(fill(cluster.api)) >= 195
    return cluster


@pytest.fixture
def reader(filled: Cluster, tmp_path: Path) -> Path:
    return account(filled, "snapshot-reader", yaml.safe_load(ROLE.read_text())["rules"], tmp_path)


def take(config: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["snapshot", "--context", "east", "--kubeconfig", str(config), *more])


def test_the_rights_of_the_docs_are_enough_and_no_secret_value_comes_out(
    filled: Cluster, reader: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    out = tmp_path / "mesh" / "east.yaml"
    told = take(reader, "--out", str(out))
    assert told.exit_code == 0, told.output
    snapshot = read_snapshot(out)
    assert snapshot.unread == ()
    assert snapshot.is_whole
    (plane,) = snapshot.control_planes
    assert (plane.version, plane.revision, plane.tags) == ("1.30.3", "default", ("stable",))
    assert snapshot.root_namespace == "istio-config"
    assert {"hand-00", "hand-11", "istio-system"} <= set(snapshot.namespaces or ())
    ours = [one for one in snapshot.objects if str(one["metadata"].get("namespace", "")).startswith("hand-")]
    assert len(ours) == 12 * 15
    assert (pull := snapshot.find("Secret", "hand-00", "pull")) is not None
    assert pull["registries"] == ["registry.acme.io"]
    assert pull["keys"] == [".dockerconfigjson"]
    assert "unreadable" not in pull
    assert (broken := snapshot.find("Secret", "hand-00", "broken")) is not None
    assert "'*'" in broken["unreadable"]
    assert (opaque := snapshot.find("Secret", "hand-00", "password")) is not None
    assert opaque["type"] == "Opaque"
    assert (plugin := snapshot.find("WasmPlugin", "hand-00", "acl")) is not None
    assert plugin["spec"]["pluginConfig"] == {"allow": ["/"]}
    assert plugin["metadata"]["managedFields"][0]["manager"]
    for text in (out.read_text(), told.output, caplog.text):
        assert [one for one in CANARIES if one in text] == []


def test_the_same_cluster_gives_the_same_bytes(filled: Cluster, reader: Path) -> None:
    first, second = (take(reader, "--name", "east").stdout for _ in range(2))
    assert re.sub("taken: .*", "", first) == re.sub("taken: .*", "", second)
    assert first.count("\n") == second.count("\n") > 2000


def test_what_may_not_be_read_is_named_and_the_rest_is_read(filled: Cluster, tmp_path: Path) -> None:
    rules = yaml.safe_load(ROLE.read_text())["rules"]
    rules[0]["resources"].remove("secrets")
    out = tmp_path / "east.yaml"
    told = take(account(filled, "no-secrets", rules, tmp_path), "--out", str(out))
    assert told.exit_code == 0
    assert "not read: secrets: forbidden" in told.output
    snapshot = read_snapshot(out)
    assert [one.kind for one in snapshot.unread] == ["secrets"]
    assert not snapshot.surroundings.is_closed
    assert snapshot.find("Secret", "hand-00", "pull") is None
    assert snapshot.find("WasmPlugin", "hand-00", "acl") is not None


def test_only_some_namespaces(filled: Cluster, reader: Path, tmp_path: Path) -> None:
    out = tmp_path / "east.yaml"
    assert take(reader, "--out", str(out), "--namespace", "hand-03").exit_code == 0
    snapshot = read_snapshot(out)
    assert snapshot.namespaces_only == ("hand-03",)
    assert {one["metadata"].get("namespace") for one in snapshot.objects} <= {"hand-03", None}
    assert not snapshot.is_whole
    assert snapshot_text(snapshot) == out.read_text()


def test_nobody_without_rights(filled: Cluster, tmp_path: Path) -> None:
    told = take(account(filled, "nobody", [], tmp_path))
    assert told.exit_code == 2
    assert "may read nothing" in told.output


def test_where_no_cluster_can_be_asked(filled: Cluster, reader: Path, tmp_path: Path) -> None:
    wrong = CliRunner().invoke(main, ["snapshot", "--context", "west", "--kubeconfig", str(reader)])
    assert wrong.exit_code == 2
    assert "there is no context west" in wrong.output
    gone = tmp_path / "gone.kubeconfig"
    write_private(gone, reader.read_text().replace(filled.server, "https://127.0.0.1:1"))
    assert "cannot be reached" in take(gone).output
    denied = yaml.safe_load(reader.read_text())
    denied["users"][0]["user"]["token"] = f"wrong-{CANARY}"
    write_private(gone, yaml.safe_dump(denied))
    told = take(gone)
    assert "does not accept the credentials (401)" in told.output
    assert CANARY not in told.output
    gone.write_text(f"{{ users: [{CANARY}")
    told = take(gone)
    assert (told.exit_code, "cannot be used" in told.output, CANARY in told.output) == (2, True, False)
    assert "there is no such file" in take(tmp_path / "none").output
