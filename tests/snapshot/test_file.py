"""The file of a snapshot: read and written, and refused where it is none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesh_wasm.snapshot.file import parse_snapshot, read_snapshot, snapshot_text
from mesh_wasm.surroundings.objects import Namespace, Pods, Role, Secret
from mesh_wasm.yaml.file import Unreadable, documents

EAST = Path(__file__).parent / "east.yaml"


def test_what_is_written_reads_the_same() -> None:
    snapshot = read_snapshot(EAST)
    assert snapshot_text(snapshot) == EAST.read_text()
    assert snapshot.taken == datetime(2026, 11, 27, 2, 11, tzinfo=UTC)
    assert [plane.tags for plane in snapshot.control_planes] == [("stable",)]


def test_the_bytes_do_not_depend_on_the_order_of_objects_or_keys() -> None:
    snapshot = read_snapshot(EAST)
    turned = [dict(reversed(one.items())) for one in reversed(snapshot.objects)]
    assert snapshot_text(type(snapshot)(**{**vars(snapshot), "objects": tuple(turned)})) == EAST.read_text()


def test_what_it_holds_is_surroundings() -> None:
    around = read_snapshot(EAST).surroundings
    assert not around.is_closed  # the CronJobs were not to be read
    assert [one.name for one in around.all(Namespace)] == ["edge"]
    (secret,) = around.all(Secret)
    assert (secret.type, secret.keys) == ("kubernetes.io/dockerconfigjson", (".dockerconfigjson",))
    (pods,) = around.all(Pods)
    assert (pods.called, pods.role) == ("Deployment edge/shop-gateway", Role.GATEWAY)


def test_a_whole_snapshot_closes_the_world() -> None:
    text = EAST.read_text()
    whole = text.replace("unread:\n- kind: cronjobs.batch\n  reason: forbidden\n", "unread: []\n")
    (document,) = documents(whole, "east.yaml")
    assert parse_snapshot(document.value).surroundings.is_closed
    only = {**document.value, "namespaces": ["edge"]}
    assert not parse_snapshot(only).surroundings.is_closed
    assert parse_snapshot(only).namespaces is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "WasmPlugin"}, "this is no snapshot"),
        ({"taken": "yesterday"}, "taken is no time"),
        ({"taken": "2026-13-27T02:11:00Z"}, "there is no time"),
        ({"objects": [{"kind": "Secret"}]}, "objects that have names"),
        ({"cluster": None}, "needs cluster"),
    ],
)
def test_what_is_no_snapshot_is_refused(change: dict[str, object], says: str) -> None:
    held = {"apiVersion": "mesh-wasm/v1", "kind": "Snapshot", "cluster": "east", "taken": "2026-11-27T02:11:00Z"}
    with pytest.raises(Unreadable, match=says):
        parse_snapshot({**held, "objects": [], **change}, "mesh/east.yaml")
