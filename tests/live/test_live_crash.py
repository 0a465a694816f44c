"""A plugin that traps while a request passes: what becomes of the requests after it is for the fail strategy to say."""

from __future__ import annotations

import time

import pytest
from mesh.proxy import Response

from mesh_wasm.verify._agentlog import AgentLog

from .stage import Extension, Modules, Stage, names, until

pytestmark = pytest.mark.live

BOTH = ["crashing", "bystander"]


@pytest.mark.parametrize(
    ("strategy", "afterwards", "healed"),
    [
        ("FAIL_CLOSE", (503, []), (503, [])),
        ("FAIL_OPEN", (200, []), (200, [])),
        ("FAIL_RELOAD", (503, []), (200, BOTH)),
    ],
)
def test_one_crash_takes_the_vm_down_for_good_unless_it_is_reloaded(
    stage: Stage, modules: Modules, strategy: str, afterwards: tuple[int, list[str]], healed: tuple[int, list[str]]
) -> None:
    """With it goes every plugin of the same module, for they share the VM."""
    image = stage.registry.push("filters/crashing", modules("v1"))
    more = {"fail_strategy": strategy}
    stage.deploy(
        stage.gateway_program(*(Extension(name, image.url, priority=9 - i, more=more) for i, name in enumerate(BOTH)))
    )
    until(stage.proxy, lambda answer: names(answer) == BOTH, "both plugins")

    assert stage.proxy.get(headers={"x-crash": "now"}).status == 503
    assert _seen(stage.proxy.get()) == afterwards
    time.sleep(3)  # a reload waits for a second
    assert _seen(stage.proxy.get()) == healed
    assert AgentLog.read(stage.proxy.log).crashed


def _seen(answer: Response) -> tuple[int, list[str]]:
    return answer.status, names(answer)
