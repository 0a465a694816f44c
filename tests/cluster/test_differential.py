"""Hypothesis looks for WasmPlugins on which the real servers and mesh-wasm disagree.

By default the examples are the same in each run, so that a failure speaks of the change and not of luck. To search
further: `MESH_WASM_DIFFERENTIAL=50000 pytest tests/cluster/test_differential.py` asks about that many new ones. What it
finds is shrunk and printed as a case: put it into tests/cases, record it, and mend the rule.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
import yaml
from cases import strategies
from cases.ours import disagreement
from hypothesis import HealthCheck, Phase, given, settings
from mesh.judge import Judges

pytestmark = pytest.mark.cluster

WANTED = int(os.environ.get("MESH_WASM_DIFFERENTIAL", "0"))


def profile(examples: int) -> settings:
    return settings(
        max_examples=WANTED or examples,
        derandomize=not WANTED,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def compare(judges: Judges, figures: Counter[str], spec: dict[str, Any], metadata: Any = None) -> None:
    manifest = {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "WasmPlugin",
        "metadata": metadata or {"name": "example", "namespace": "default"},
        "spec": spec,
    }
    said = judges.server(manifest)
    figures["generated plugins compared"] += 1
    figures[f"of them {'accepted' if said.accepted else 'refused'}"] += 1
    told = disagreement(manifest, said.accepted, said.message, list(said.fields))
    figures["disagreements"] += told is not None
    content = {"spec": spec} if metadata is None else {"document": {"metadata": metadata, "spec": spec}}
    case = yaml.safe_dump([{"id": "new", "why": "…", **content}], default_flow_style=None, allow_unicode=True)
    assert told is None, f"{told}\nAs a case:\n{case}"


def test_urls(judges: Judges, figures: Counter[str]) -> None:
    @profile(4000)
    @given(spec=strategies.URL_SPECS)
    def search(spec: dict[str, Any]) -> None:
        compare(judges, figures, spec)

    search()


def test_fields(judges: Judges, figures: Counter[str]) -> None:
    @profile(4000)
    @given(spec=strategies.FIELD_SPECS)
    def search(spec: dict[str, Any]) -> None:
        compare(judges, figures, spec)

    search()


def test_metadata(judges: Judges, figures: Counter[str]) -> None:
    @profile(1000)
    @given(metadata=strategies.METADATA)
    def search(metadata: dict[str, Any]) -> None:
        compare(judges, figures, {"url": "oci://ghcr.io/acme/acl:1.4.2"}, metadata)

    search()
