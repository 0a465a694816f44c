"""The emitted priorities: properties for any input, and the least change, against an exhaustive search."""

from __future__ import annotations

import random
import time
from collections import Counter
from itertools import combinations, pairwise

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mesh_wasm.numbering._priorities import Ranked, emitted_priorities
from mesh_wasm.values.base import INT32_MAX, INT32_MIN

near = st.integers(-4, 4)
anywhere = st.one_of(near, st.integers(INT32_MIN, INT32_MIN + 4), st.integers(INT32_MAX - 4, INT32_MAX))


def _ranked(numbers: list[int]) -> list[Ranked]:
    return [Ranked(number, f"organizations/acme/extensions/e{place:03}") for place, number in enumerate(numbers)]


def chains(numbers: st.SearchStrategy[int], most: int = 12) -> st.SearchStrategy[list[Ranked]]:
    """Plugins with distinct FQNs in any order."""
    return st.lists(numbers, max_size=most).map(_ranked).flatmap(st.permutations)


def by_fqn(ranked: list[Ranked]) -> dict[str, int]:
    return {one.fqn: number for one, number in zip(ranked, emitted_priorities(ranked), strict=True)}


@given(chains(anywhere, 40))
@example(_ranked([INT32_MIN, INT32_MIN]))
@example(_ranked([INT32_MAX, INT32_MAX, INT32_MAX - 1]))
def test_the_emitted_order_is_the_tsb_order(ranked: list[Ranked]) -> None:
    emitted = by_fqn(ranked)
    wanted = [one.fqn for one in sorted(ranked, key=lambda one: one.key)]
    assert sorted(emitted, key=lambda fqn: -emitted[fqn]) == wanted
    assert len(set(emitted.values())) == len(ranked)
    assert all(INT32_MIN <= number <= INT32_MAX for number in emitted.values())


@given(chains(anywhere, 40), st.randoms(use_true_random=False))
def test_the_order_of_declaration_does_not_matter(ranked: list[Ranked], chance: random.Random) -> None:
    shuffled = list(ranked)
    chance.shuffle(shuffled)
    assert by_fqn(shuffled) == by_fqn(ranked)


@given(chains(anywhere, 40))
def test_distinct_priorities_are_kept(ranked: list[Ranked]) -> None:
    distinct = list({one.priority: one for one in ranked}.values())
    assert emitted_priorities(distinct) == [one.priority for one in distinct]


@given(chains(anywhere, 40))
def test_it_is_done_once(ranked: list[Ranked]) -> None:
    emitted = emitted_priorities(ranked)
    again = [Ranked(number, one.fqn) for one, number in zip(ranked, emitted, strict=True)]
    assert emitted_priorities(again) == emitted


@given(chains(anywhere, 40))
def test_nothing_is_moved_to_the_number_of_unset(ranked: list[Ranked]) -> None:
    for one, number in zip(ranked, emitted_priorities(ranked), strict=True):
        assert number != INT32_MIN or one.priority == INT32_MIN


@settings(max_examples=300)
@given(chains(st.integers(-20, 20), 15), st.integers(-25, 25), st.integers(0, 20))
def test_a_new_plugin_with_a_free_number_changes_no_other(ranked: list[Ranked], number: int, name: int) -> None:
    before = by_fqn(ranked)
    assume(number not in before.values() and number not in {one.priority for one in ranked})
    after = by_fqn([*ranked, Ranked(number, f"organizations/acme/extensions/e{name:03}-new")])
    assert {fqn: after[fqn] for fqn in before} == before


@settings(max_examples=300, deadline=None)
@given(
    chains(near, 5),
    st.sampled_from([0, INT32_MAX - 4, INT32_MAX - 2, INT32_MIN + 4, INT32_MIN + 5]),
)
def test_no_other_assignment_changes_less(ranked: list[Ranked], shift: int) -> None:
    ranked = [Ranked(max(INT32_MIN, min(INT32_MAX, one.priority + shift)), one.fqn) for one in ranked]
    ordered = sorted(ranked, key=lambda one: one.key)
    declared = [one.priority for one in ordered]
    emitted = by_fqn(ranked)
    assert _price(declared, [emitted[one.fqn] for one in ordered]) == min(
        _price(declared, numbers) for numbers in _assignments(declared)
    )


def _assignments(declared: list[int]) -> list[list[int]]:
    size = len(declared)
    low = max(INT32_MIN, min(declared, default=0) - size)
    high = min(INT32_MAX, max(declared, default=0) + size)
    found = [list(numbers) for numbers in combinations(range(high, low - 1, -1), size)]
    return [
        numbers
        for numbers in found
        if not any(number == INT32_MIN != old for number, old in zip(numbers, declared, strict=True))
    ]


def _price(declared: list[int], emitted: list[int]) -> tuple[int, int, int]:
    moved = [(old, new) for old, new in zip(declared, emitted, strict=True) if old != new]
    shared = Counter(declared)
    return sum(shared[old] == 1 for old, _ in moved), len(moved), sum(abs(old - new) for old, new in moved)


@pytest.mark.parametrize(
    ("declared", "emitted"),
    [
        ([], []),
        ([7], [7]),
        ([0, 0], [0, -1]),
        ([0, 0, 0], [1, 0, -1]),
        ([5, 5, 4], [6, 5, 4]),
        ([6, 5, 5], [6, 5, 4]),
        ([6, 5, 5, 4], [6, 5, 4, 3]),
        ([4, 3, 2, 2, 1, 0, 0], [4, 3, 2, 1, 0, -1, -2]),  # as many moved as by [5, 4, 3, …], but one untied only
        ([100, 5, 5, 5, -100], [100, 6, 5, 4, -100]),
        ([INT32_MAX, INT32_MAX], [INT32_MAX, INT32_MAX - 1]),
        ([INT32_MAX, INT32_MAX, INT32_MAX - 1], [INT32_MAX, INT32_MAX - 1, INT32_MAX - 2]),
        ([INT32_MIN, INT32_MIN], [INT32_MIN + 1, INT32_MIN]),
        ([INT32_MIN + 1, INT32_MIN + 1], [INT32_MIN + 2, INT32_MIN + 1]),
    ],
)
def test_by_example(declared: list[int], emitted: list[int]) -> None:
    assert emitted_priorities(_ranked(declared)) == emitted


def test_emitted_numbers_descend_for_a_tie_pressed_from_both_sides() -> None:
    emitted = emitted_priorities(_ranked([3, 2, 2, 2, 1, 0, 0, -1]))
    assert all(a > b for a, b in pairwise(emitted))


@pytest.mark.parametrize("numbers", [[0] * 20_000, list(range(20_000, 0, -1)), [n // 2 * 100 for n in range(20_000)]])
def test_twenty_thousand_plugins_take_less_than_a_second(numbers: list[int]) -> None:
    ranked = _ranked(numbers)
    start = time.process_time()
    emitted_priorities(ranked)
    assert time.process_time() - start < 1
