"""What happens when an image cannot be pulled, and what preview says before it comes to that."""

from __future__ import annotations

import pytest
from mesh.cluster import Cluster
from mesh.registry import Registry

from .stage import PLUGIN, Extension, Load, MakeStage, Modules, Stage, names, until

pytestmark = pytest.mark.live

STRATEGIES = [("FAIL_CLOSE", 403), ("FAIL_OPEN", 200), ("FAIL_RELOAD", 403)]


@pytest.mark.parametrize(("strategy", "status"), STRATEGIES)
def test_a_wrong_password_denies_or_passes_as_the_fail_strategy_has_it(
    stage: Stage, modules: Modules, strategy: str, status: int
) -> None:
    image = stage.registry.push("filters/denied", modules("v1"))
    extension = Extension("denied", image.url, more={"fail_strategy": strategy})
    stage.deploy(stage.gateway_program(extension, password="not-the-password"))
    until(stage.proxy, lambda _: "could not fetch Wasm OCI image" in stage.proxy.log, "the refusal of the registry")
    answer = until(stage.proxy, lambda answer: answer.status == status, f"status {status}")
    assert names(answer) == []
    assert "not-the-password" not in stage.proxy.log

    stage.deploy(stage.gateway_program(extension))  # the Secret is all that changes
    until(stage.proxy, lambda answer: names(answer) == ["denied"], "the plugin, once the password is right")


@pytest.mark.parametrize(("strategy", "status"), STRATEGIES)
def test_a_missing_secret_denies_or_passes_and_preview_says_that_nobody_makes_it(
    stage: Stage, modules: Modules, strategy: str, status: int
) -> None:
    """Istio never falls back to an anonymous pull: a Secret that is named must be there."""
    image = stage.registry.push("filters/secretless", modules("v1"))
    extension = Extension(
        "secretless", image.url, more={"fail_strategy": strategy, "image_pull_secret": "nobody-made-it"}
    )
    preview = stage.preview(stage.gateway_program(extension))
    told = {finding.rule: str(finding) for _, finding in preview.ledger.findings}
    assert "which has to exist beside every plugin" in told["MW806"]
    stage.deploy(stage.gateway_program(extension))
    until(stage.proxy, lambda _: "missing image pulling secret" in stage.proxy.log, "the agent's complaint")
    answer = until(stage.proxy, lambda answer: answer.status == status, f"status {status}")
    assert names(answer) == []


def test_credentials_for_another_registry_are_refused_at_preview(stage: Stage, modules: Modules) -> None:
    """They would be a Secret in which the agent finds nothing for the image: the anonymous pull is denied."""
    image = stage.registry.push("filters/elsewhere", modules("v1"))
    program = stage.gateway_program(Extension("elsewhere", image.url), registry="registry.example.com")
    preview = stage.preview(program)
    assert preview.failure is not None
    assert [finding.rule for _, finding in preview.ledger.findings if finding.is_error] == ["MW804"]


def test_a_digest_that_does_not_match_denies(stage: Stage, modules: Modules) -> None:
    """The checksum is that of the image's manifest; a module that was changed behind the tag is not run."""
    pinned = stage.registry.push("filters/moved", modules("v1"))
    moved = stage.registry.push("filters/moved", modules("v2"))
    checksum = {"sha256": pinned.digest.removeprefix("sha256:")}
    assert moved.tagged == pinned.tagged
    stage.deploy(stage.gateway_program(Extension("moved", moved.tagged, more=checksum)))
    until(stage.proxy, lambda answer: answer.status == 403, "the refusal")
    assert f"has checksum {moved.digest.removeprefix('sha256:')}, which does not match" in stage.proxy.log

    stage.deploy(stage.gateway_program(Extension("moved", pinned.url)))
    until(stage.proxy, lambda answer: names(answer) == ["moved"], "the pinned module")


def test_a_password_is_changed_while_requests_run_and_none_fails(
    make_stage: MakeStage, cluster: Cluster, modules: Modules
) -> None:
    """First the registry's, then ours: what a proxy has fetched it keeps, and the Secret is changed in place."""
    with Registry.start("rotated") as registry:
        stage = make_stage(cluster, registry=registry)
        image = registry.push("filters/rotated", modules("v1"))
        stage.deploy(stage.gateway_program(Extension("rotated", image.url)))
        until(stage.proxy, lambda answer: names(answer) == ["rotated"], "the plugin")
        before = cluster.api.get(*PLUGIN, _only(stage), stage.namespace).accepted()["metadata"]["uid"]
        with Load(stage.proxy) as load:
            registry.change_password("second-password")
            load.wait_for_more()
            stage.deploy(stage.gateway_program(Extension("rotated", image.url)))
            load.wait_for_more()
            newer = registry.push("filters/rotated", modules("v2"), "v2")
            stage.deploy(stage.gateway_program(Extension("rotated", newer.url)))
            until(stage.proxy, lambda answer: '"image":"v2"' in answer.headers["x-chain"], "the new image")
            load.wait_for_more()
        assert load.failed == []
        assert cluster.api.get(*PLUGIN, _only(stage), stage.namespace).accepted()["metadata"]["uid"] == before


def _only(stage: Stage) -> str:
    (plugin,) = stage.clusters[0].api.list(*PLUGIN, stage.namespace)
    name: str = plugin["metadata"]["name"]
    return name
