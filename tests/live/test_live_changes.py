"""Changes of what runs already, under load: nobody's request may pay for them."""

from __future__ import annotations

import pytest

from .stage import Extension, Load, Modules, Stage, chain, names, until

pytestmark = pytest.mark.live


def test_detaching_removes_the_filter_and_requests_go_on(stage: Stage, modules: Modules) -> None:
    image = stage.registry.push("filters/detached", modules("v1"))
    both = [Extension("stays", image.url, priority=2), Extension("goes", image.url, priority=1)]
    stage.deploy(stage.gateway_program(*both))
    until(stage.proxy, lambda answer: names(answer) == ["stays", "goes"], "both plugins")
    with Load(stage.proxy) as load:
        stage.deploy(stage.gateway_program(both[0]))
        until(stage.proxy, lambda answer: names(answer) == ["stays"], "the chain without the plugin")
        load.wait_for_more()
    assert load.failed == []


def test_an_image_is_changed_under_load_and_no_request_fails(stage: Stage, modules: Modules) -> None:
    """Envoy swaps the filter once the new module is there; until then requests pass the old one."""
    old = stage.registry.push("filters/changed", modules("v1"))
    new = stage.registry.push("filters/changed", modules("v2"), "v2")
    stage.deploy(stage.gateway_program(Extension("changed", old.url)))
    until(stage.proxy, lambda answer: names(answer) == ["changed"], "the plugin")
    with Load(stage.proxy) as load:
        for image, mark in [(new, "v2"), (old, "v1"), (new, "v2")]:
            stage.deploy(stage.gateway_program(Extension("changed", image.url)))
            until(stage.proxy, lambda answer: chain(answer)[0].image == mark, f"the image {mark}")  # noqa: B023
        load.wait_for_more()
    assert load.failed == []
    unfiltered = [answer for answer in load.answers if not isinstance(answer, OSError) and len(chain(answer)) != 1]
    assert unfiltered == []


def test_a_plugin_and_its_secret_go_under_load_and_no_request_fails(stage: Stage, modules: Modules) -> None:
    """In the order of the resource graph: the plugin first. The Secret may follow at once."""
    image = stage.registry.push("filters/leaves", modules("v1"))
    cluster, program = stage.clusters[0], stage.gateway_program(Extension("leaves", image.url))
    planned = stage.plan(program)[cluster.name]
    with Load(stage.proxy) as load:
        for _ in range(3):
            stage.deploy(program)
            until(stage.proxy, lambda answer: names(answer) == ["leaves"], "the plugin")
            for obj in sorted(planned, key=lambda obj: obj["kind"] == "Secret"):
                cluster.api.delete(obj["apiVersion"], obj["kind"], obj["metadata"]["name"], stage.namespace).accepted()
            until(stage.proxy, lambda answer: names(answer) == [], "the chain without the plugin")
            load.wait_for_more()
    assert load.failed == []


def test_a_secret_that_is_deleted_takes_a_working_plugin_down(stage: Stage, modules: Modules) -> None:
    """Though the module is there and runs. So credentials are changed in place, never by another Secret object."""
    image = stage.registry.push("filters/orphaned", modules("v1"))
    program = stage.gateway_program(Extension("orphaned", image.url))
    stage.deploy(program)
    until(stage.proxy, lambda answer: names(answer) == ["orphaned"], "the plugin")

    stage.deploy(stage.gateway_program(Extension("orphaned", image.url), password="wrong"))
    stage.deploy(stage.gateway_program(Extension("orphaned", image.url, config={"name": "later"}), password="wrong"))
    until(stage.proxy, lambda answer: names(answer) == ["later"], "the new configuration: the module is in the cache")

    (secret,) = [obj for obj in stage.plan(program)[stage.clusters[0].name] if obj["kind"] == "Secret"]
    stage.clusters[0].api.delete("v1", "Secret", secret["metadata"]["name"], stage.namespace).accepted()
    until(stage.proxy, lambda answer: answer.status == 403, "the refusal")


def test_a_change_to_an_image_that_is_not_there_takes_a_working_plugin_down(stage: Stage, modules: Modules) -> None:
    """Istio does not keep what ran: from the change on, every request is denied."""
    image = stage.registry.push("filters/vanished", modules("v1"))
    stage.deploy(stage.gateway_program(Extension("vanished", image.url)))
    until(stage.proxy, lambda answer: names(answer) == ["vanished"], "the plugin")
    stage.deploy(stage.gateway_program(Extension("vanished", image.url[:-8] + "00000000")))
    until(stage.proxy, lambda answer: answer.status == 403, "the refusal")
