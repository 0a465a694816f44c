"""The team's tests of its edge: run with `pytest examples/tried`; they take mesh-wasm[try]."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh_wasm_pulumi.testing import plan_of

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def edge() -> Iterator:
    """The chain of the gateway, with the module that stands in this repository."""
    plan = plan_of(HERE)
    with plan.proxy("east", "edge", {"app": "shop-gateway"}, modules={"shop-acl": HERE / "modules/acl.wasm"}) as proxy:
        yield proxy


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_admin_is_refused(edge) -> None:
    before = len(edge.requests)
    assert status(f"{edge.url}/admin/users") == 403
    assert edge.log("shop-acl")[-1] == "refused a request"
    assert len(edge.requests) == before  # nothing came through


def test_the_shop_is_reached(edge) -> None:
    assert status(f"{edge.url}/cart") == 200
    assert edge.requests[-1].path == "/cart"
