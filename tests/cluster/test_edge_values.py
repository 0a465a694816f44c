"""The field case 57 on the real API servers of both Istios: which of its edge values they take, and which not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from mesh.cluster import Cluster
from mesh.judge import Judges

pytestmark = pytest.mark.cluster

CASES = Path(__file__).parents[1] / "field" / "cases"


def documents(name: str) -> list[dict[str, Any]]:
    read = list(yaml.safe_load_all((CASES / name).read_text()))
    return [{**one, "metadata": {**one["metadata"], "namespace": "default"}} for one in read]


def test_what_is_told_as_accepted_is(each_cluster: Cluster) -> None:
    with Judges(each_cluster) as judges:
        told = [judges.server(one) for one in documents("57-valid-edge-values.yaml")]
    assert [one.accepted for one in told] == [True, True, True], told


@pytest.mark.parametrize("field", ["imagePullSecret", "pluginName"])
def test_an_empty_text_is_refused(each_cluster: Cluster, field: str) -> None:
    """Case 57 as it was told had both beside what is accepted."""
    plugin = documents("57-valid-edge-values.yaml")[0]
    with Judges(each_cluster) as judges:
        told = judges.server({**plugin, "spec": {**plugin["spec"], field: ""}})
        webhook = judges.webhook({**plugin, "spec": {**plugin["spec"], field: ""}})
    assert (told.accepted, told.fields) == (False, (f"spec.{field}",))
    assert "should be at least 1 chars long" in told.message
    assert webhook.accepted, "it is the CRD that refuses it"
