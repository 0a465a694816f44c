"""What istiod answers of proxies, from files: a thousand in a moment, those behind, and what is no answer of it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from mesh_wasm_pulumi.cli import main

_LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener"


def proxy(number: int, namespace: str = "edge", **listener: str) -> dict[str, Any]:
    """One proxy as istiod of Istio 1.30 writes it."""
    held = {"sent": "n1", "acked": "n1", "sentTime": "2026-11-27T02:00:00Z", **listener}
    return {"cluster_id": "Kubernetes", "proxy": f"gateway-{number}.{namespace}", "istio_version": "1.30.3",
            "listener_sent": held["sent"], "listener_acked": held["acked"], "resources": {_LISTENER: held}}  # fmt: skip


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    folder = tmp_path / "plan" / "east"
    folder.mkdir(parents=True)
    plugin = {"apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin",
              "metadata": {"name": "acl", "namespace": "edge"}, "spec": {"url": "oci://registry.acme.io/acl:1"}}  # fmt: skip
    (folder / "acl.yaml").write_text(yaml.safe_dump(plugin))
    return folder.parent


def ask(plan: Path, answer: Any, *options: str) -> Result:
    path = plan.parent / "syncz.json"
    path.write_text(answer if isinstance(answer, str) else json.dumps(answer))
    return CliRunner().invoke(main, ["verify", str(plan), "--istiod", str(path), *options])


def test_a_thousand_proxies_are_answered_in_seconds(plan: Path) -> None:
    began = time.monotonic()
    told = ask(plan, [proxy(number) for number in range(1000)] + [proxy(1, "shop")])
    assert told.exit_code == 0
    assert "1000 proxies that the plan may touch: 1000 have taken everything" in told.output
    assert time.monotonic() - began < 5


def test_who_refuses_and_who_is_behind_are_named(plan: Path) -> None:
    told = ask(plan, [proxy(1), proxy(2, lastError="bad\nfilter"), proxy(3, sent="n2")])
    assert told.exit_code == 1
    assert "edge/gateway-2: refuses listeners: bad filter" in told.output
    assert "edge/gateway-3: has not taken listeners yet" in told.output
    assert "1 have taken everything, 1 are behind, 1 refuse something" in told.output


def test_of_many_the_first_are_named(plan: Path) -> None:
    told = ask(plan, [proxy(number, sent="n2") for number in range(50)])
    assert "and 30 more" in told.output


def test_an_older_istiod_says_it_without_resources(plan: Path) -> None:
    old = [{key: value for key, value in proxy(1, sent="n2").items() if key != "resources"}]
    assert "has not taken listeners yet" in ask(plan, old).output


def test_no_proxy_is_no_proof(plan: Path) -> None:
    told = ask(plan, [proxy(1, "shop")])
    assert (told.exit_code, "serves no proxy that the plan touches (1 others)" in told.output) == (1, True)


@pytest.mark.parametrize("answer", ["no JSON", "{}"])
def test_what_is_no_answer_of_istiod(plan: Path, answer: str) -> None:
    told = ask(plan, answer)
    assert (told.exit_code, "not what istiod answers" in told.output) == (2, True)


def test_somebody_has_to_be_asked(plan: Path) -> None:
    told = CliRunner().invoke(main, ["verify", str(plan)])
    assert (told.exit_code, "name whom to ask" in told.output) == (2, True)
