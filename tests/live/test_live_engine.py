"""The whole way: a program, a true `pulumi up`, and requests that pass the filters from the first to the last change."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from engine.stack import TOKEN, Outcome, Stack
from mesh.cluster import Cluster
from mesh.proxy import Response
from mesh.registry import USER, Registry

from mesh_wasm_pulumi.cli import main

from .stage import KINDS, Load, MakeStage, Modules, Stage, chain, names, until

pytestmark = [pytest.mark.live, pytest.mark.engine]


@pytest.mark.parametrize("own_provider", [False, True], ids=["Secrets in place", "Secrets replaced"])
def test_from_the_first_up_to_the_destruction_no_request_fails(
    make_stage: MakeStage, cluster: Cluster, modules: Modules, tmp_path: Path, own_provider: bool
) -> None:
    """Attach, verify, rotate the password, change the image, detach one, destroy: all under load."""
    with Registry.start("whole") as registry:
        stage = make_stage(cluster, registry=registry)
        first = registry.push("filters/whole", modules("v1"))
        stack = Stack(tmp_path / "stack", [cluster], (stage.namespace, stage.namespace), "gateway.py")
        stack.seal(password=registry.password)
        stack.want(registry=registry.host, username=USER, labels=stage.labels, image=first.url, extensions=["b", "a"])
        stack.want(own_provider=own_provider)
        until(stage.proxy, lambda answer: answer.status == 200, "the gateway")

        with Load(stage.proxy, threads=1) as load:
            stack.up().good()
            answer = until(stage.proxy, lambda answer: names(answer) == ["a", "b"], "both plugins, by FQN")
            assert {ran.config["token"] for ran in chain(answer)} == {TOKEN}
            project = str(tmp_path / "stack" / "program")
            done = CliRunner().invoke(main, ["verify", project, "--proxy", stage.proxy.admin, "--wait", "10"])
            assert (done.exit_code, done.output.splitlines()[-1]) == (0, "1 proxy: 2 loaded"), done.output
            assert TOKEN not in done.output

            registry.change_password("second-password")
            stack.seal(password="second-password")
            stack.up().good()
            second = registry.push("filters/whole", modules("v2"), "v2")
            stack.want(image=second.url)
            stack.up().good()
            until(stage.proxy, lambda answer: [ran.image for ran in chain(answer)] == ["v2", "v2"], "the new image")

            stack.want(extensions=["b"])
            stack.up().good()
            until(stage.proxy, lambda answer: names(answer) == ["b"], "the chain without the plugin")

            stack.destroy().good()
            until(stage.proxy, lambda answer: names(answer) == [], "the chain without plugins")
            load.wait_for_more()
        assert load.failed == []


def test_switching_the_kind_of_a_live_cluster_leaves_no_request_unfiltered(
    make_stage: MakeStage, cluster: Cluster, registry: Registry, modules: Modules, figures: Counter[str], tmp_path: Path
) -> None:
    """There and back: the engine creates the new objects before it deletes the old ones; Secrets stay as they are."""
    stage = make_stage(cluster)
    image = registry.push("filters/switching", modules("v1"))
    stack = Stack(tmp_path / "stack", [cluster], (stage.namespace, stage.namespace), "gateway.py")
    stack.seal(password=registry.password)
    stack.want(registry=registry.host, username=USER, labels=stage.labels, image=image.url, extensions=["b", "a"])
    stack.want(own_provider=False)
    stack.up().good()
    until(stage.proxy, lambda answer: names(answer) == ["a", "b"], "both plugins")
    with Load(stage.proxy, threads=1) as load:
        for emit in ("TrafficExtension", "WasmPlugin"):
            stack.want(emit=emit)
            outcome = stack.up().good()
            assert outcome.changes == {"create": 2, "delete": 2}
            assert _operations(outcome)[-4:] == ["create", "create", "delete", "delete"]
            assert {kind for kind, place in KINDS.items() if _there(stage, place)} == {emit}
            until(stage.proxy, lambda answer: names(answer) == ["a", "b"], f"both as {emit}")
            load.wait_for_more()
    assert load.failed == []
    passed = Counter(tuple(names(one)) for one in load.answers if isinstance(one, Response))
    assert {frozenset(order) for order in passed} == {frozenset({"a", "b"})}, passed
    figures["requests while an engine switched kinds"] += passed.total()
    figures["of them filtered twice"] += sum(number for order, number in passed.items() if len(order) > 2)


def _operations(outcome: Outcome) -> list[str]:
    """What was done to plugins, in order; `up` previews first."""
    metas = [event["resourcePreEvent"]["metadata"] for event in outcome.events if "resourcePreEvent" in event]
    return [meta["op"] for meta in metas if "extensions.istio.io" in meta["type"] and meta["op"] != "same"]


def _there(stage: Stage, place: tuple[str, str]) -> bool:
    return bool(stage.clusters[0].api.list(*place, stage.namespace))
