"""Namespaces of a target: its group's, within its workspace's."""

from __future__ import annotations

from itertools import product

import pytest

from mesh_wasm.tsb.scope import meet


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("*/shop", "*/shop", "*/shop"),
        ("*/shop", "east/shop", "east/shop"),
        ("east/shop", "west/shop", None),
        ("*/shop", "*/pay", None),
        ("*/*", "*/shop", "*/shop"),
        ("*/*", "east/shop-*", "east/shop-*"),
        ("*/*", "*/*", "*/*"),
        ("east/*", "*/shop-*", "east/shop-*"),
        ("*/shop-*", "*/shop-web", "*/shop-web"),
        ("*/shop-*", "*/shop", None),
        ("*/shop-*", "*/shop-w*", "*/shop-w*"),
        ("*/shop-a*", "*/shop-b*", None),
        ("nonsense", "*/shop", None),
        ("a/b/c", "*/*", None),
    ],
)
def test_meet(one: str, other: str, both: str | None) -> None:
    assert meet(one, other) == both
    assert meet(other, one) == both


def selects(entry: str, cluster: str, namespace: str) -> bool:
    wanted, names = entry.split("/")
    exact = namespace == names or (names.endswith("*") and namespace.startswith(names[:-1]))
    return wanted in ("*", cluster) and exact


def test_meet_selects_what_both_select() -> None:
    entries = [f"{c}/{n}" for c in ("*", "east", "west") for n in ("*", "a", "ab", "a*", "ab*", "b*")]
    places = list(product(("east", "west", "north"), ("a", "ab", "abc", "b")))
    for one, other in product(entries, entries):
        both = meet(one, other)
        for place in places:
            wanted = selects(one, *place) and selects(other, *place)
            assert (both is not None and selects(both, *place)) == wanted, (one, other, both, place)
