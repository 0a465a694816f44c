"""What an extension and its attachment say reaches the filter: configuration and environment."""

from __future__ import annotations

import pytest
from mesh.cluster import Cluster

from .stage import Extension, MakeStage, Modules, Stage, chain, names, until

pytestmark = pytest.mark.live


def test_the_config_of_an_attachment_replaces_that_of_the_extension(stage: Stage, modules: Modules) -> None:
    """Whole: a key that only the extension's has is gone."""
    image = stage.registry.push("filters/config", modules("v1"))
    extension = {"name": "general", "mode": "enforce", "nested": {"only": "here"}}
    stage.deploy(
        stage.gateway_program(
            Extension("kept", image.url, priority=2, config=extension),
            Extension("replaced", image.url, priority=1, config=extension, attached={"config": {"name": "own"}}),
        )
    )
    answer = until(stage.proxy, lambda answer: len(chain(answer)) == 2, "both plugins")
    assert [ran.config for ran in chain(answer)] == [extension, {"name": "own"}]


def test_env_inline_and_host_reach_the_vm(make_stage: MakeStage, cluster: Cluster, modules: Modules) -> None:
    """Each plugin sees its own, though both are of one module; a HOST variable that is not there is left out."""
    stage = make_stage(cluster, env={"TRUST_ZONE": "blue"})
    image = stage.registry.push("filters/env", modules("v1"))
    host = [{"name": name, "value_from": "HOST"} for name in ("TRUST_ZONE", "NOT_THERE")]
    first = {"env": [{"name": "REGION", "value_from": "INLINE", "value": "eu-1"}, *host]}
    second = {"env": [{"name": "REGION", "value_from": "INLINE", "value": "us-2"}]}
    stage.deploy(
        stage.gateway_program(
            Extension("first", image.url, priority=2, more={"vm_config": first}),
            Extension("second", image.url, priority=1, more={"vm_config": second}),
        )
    )
    answer = until(stage.proxy, lambda answer: names(answer) == ["first", "second"], "both plugins")
    assert [ran.env for ran in chain(answer)] == [{"REGION": "eu-1", "TRUST_ZONE": "blue"}, {"REGION": "us-2"}]


def test_server_on_a_gateway_never_runs_and_preview_says_so(stage: Stage, modules: Modules) -> None:
    """The product refuses it. Written past it, Istio takes it and leaves it out of the chain without a word."""
    image = stage.registry.push("filters/server", modules("v1"))
    server = Extension("server", image.url, priority=2, attached={"match": [{"mode": "SERVER"}]})
    client = Extension("client", image.url, priority=1, attached={"match": [{"mode": "CLIENT"}]})

    preview = stage.preview(stage.gateway_program(server, client))
    assert preview.failure is not None
    assert [(str(f.path[-1]), f.rule) for _, f in preview.ledger.findings if f.is_error] == [("mode", "MW201")]

    stage.deploy(stage.gateway_program(Extension("server", image.url, priority=2), client))
    until(stage.proxy, lambda answer: names(answer) == ["server", "client"], "both plugins")
    for plugin in stage.clusters[0].api.list("extensions.istio.io/v1alpha1", "WasmPlugin", stage.namespace):
        if plugin["spec"]["pluginConfig"]["name"] == "server":
            written = {key: plugin[key] for key in ("apiVersion", "kind", "spec")}
            written["metadata"] = {"name": plugin["metadata"]["name"], "namespace": stage.namespace}
            written["spec"]["match"] = [{"mode": "SERVER"}]
            answer = stage.clusters[0].api.apply(written)
            assert (answer.ok, answer.warnings) == (True, ())
    until(stage.proxy, lambda answer: names(answer) == ["client"], "the chain without the plugin")
