"""A module that Istio fetches and Envoy refuses: what requests get, by fail strategy. The rules' own words say it."""

from __future__ import annotations

import pytest
from mesh.registry import USER
from modules.pushing import Repository
from modules.wasmfile import wasm

from .stage import Stage, until

pytestmark = pytest.mark.live

MODULES = {
    "lacks": wasm({"env.abort": "iiii>"}),
    "no-abi": wasm({}, {"malloc": "i>i"}),
    "cut": wasm({"env.proxy_log": "iii>i"})[:60],
}


@pytest.mark.parametrize("strategy", ["FAIL_OPEN", "FAIL_CLOSE", "FAIL_RELOAD"])
@pytest.mark.parametrize("name", MODULES)
def test_every_request_fails_whatever_the_fail_strategy_says(stage: Stage, name: str, strategy: str) -> None:
    repository = Repository(stage.registry.host, f"refused/{name}-{strategy.lower()}", USER, stage.registry.password)
    repository.compat(MODULES[name], "v1")
    api = stage.proxy.cluster.api
    api.apply(stage.registry.pull_secret("registry", stage.namespace)).accepted()
    until(stage.proxy, lambda answer: answer.status == 200, "the gateway without a plugin")
    spec = {
        "selector": {"matchLabels": stage.labels},
        "url": repository.url("v1"),
        "imagePullSecret": "registry",
        "failStrategy": strategy,
    }
    metadata = {"name": "refused", "namespace": stage.namespace}
    kinds = {"apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin"}
    api.apply({**kinds, "metadata": metadata, "spec": spec}).accepted()
    answer = until(stage.proxy, lambda answer: answer.status != 200, f"a refusal of {name} with {strategy}", timeout=45)
    print(name, strategy, answer.status, answer.body[:200])
    assert answer.status in (403, 500, 503)
