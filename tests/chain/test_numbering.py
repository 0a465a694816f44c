"""The numbers of a whole program: TSB's order whatever is declared when, and what has been handed out stays."""

from __future__ import annotations

import random
import time
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_wasm.numbering._priorities import Ranked, emitted_priorities
from mesh_wasm.numbering.numbers import Group, Numbering, Ordered
from mesh_wasm.values.base import INT32_MAX, INT32_MIN
from mesh_wasm.values.enums import PluginPhase, PluginType

GROUP: Group = (PluginPhase.AUTHZ, PluginType.HTTP)
FQN = "organizations/acme/extensions/"
near = st.integers(-4, 4)
anywhere = st.one_of(near, st.integers(INT32_MIN, INT32_MIN + 4), st.integers(INT32_MAX - 4, INT32_MAX))


def one(priority: int, name: str) -> Ordered:
    return Ordered(GROUP, priority, FQN + name)


def catalogues(numbers: st.SearchStrategy[int], most: int = 15) -> st.SearchStrategy[list[Ordered]]:
    """Extensions in any order of declaration."""
    listed = st.lists(numbers, max_size=most)
    return listed.map(lambda found: [one(n, f"e{i:03}") for i, n in enumerate(found)]).flatmap(st.permutations)


def numbers_of(*extensions: tuple[int, str]) -> dict[str, int]:
    numbering = Numbering()
    numbering.know(one(*each) for each in extensions)
    return {name: numbering.number(one(priority, name)) for priority, name in extensions}


@given(catalogues(anywhere), st.randoms(use_true_random=False))
def test_what_is_known_from_the_start_is_numbered_together(declared: list[Ordered], chance: random.Random) -> None:
    """Whatever is declared first, and whatever is attached first."""
    numbering = Numbering()
    numbering.know(declared)
    wanted = emitted_priorities([Ranked(each.priority, each.fqn) for each in declared])
    asked = list(zip(declared, wanted, strict=True))
    chance.shuffle(asked)
    assert all(numbering.number(each) == number for each, number in asked)


@settings(max_examples=400)
@given(catalogues(anywhere, 25), st.randoms(use_true_random=False))
def test_numbers_stay_and_whoever_comes_late_is_in_order_or_told(
    declared: list[Ordered], chance: random.Random
) -> None:
    numbering = Numbering()
    written: dict[str, int] = {}
    waiting: list[Ordered] = []
    for each in declared:
        numbering.know([each])
        waiting.append(each)
        chance.shuffle(waiting)
        while waiting and chance.random() < 0.6:
            known = waiting.pop()
            written[known.fqn] = numbering.number(known)
    written |= {each.fqn: numbering.number(each) for each in waiting}
    assert {each.fqn: numbering.number(each) for each in declared} == written
    assert len(set(written.values())) == len(declared)
    assert all(INT32_MIN <= number <= INT32_MAX for number in written.values())
    turned = {pair for each in declared for pair in numbering.turned(GROUP, each.fqn)}
    for first, second in combinations(sorted(declared, key=lambda each: each.key), 2):
        told = (first.fqn, second.fqn) in turned or (second.fqn, first.fqn) in turned
        assert (written[first.fqn] > written[second.fqn]) is not told


@settings(max_examples=300)
@given(catalogues(st.integers(-20, 20)), st.integers(-25, 25), st.integers(0, 20))
def test_one_that_is_added_with_a_free_number_changes_no_other(declared: list[Ordered], number: int, name: int) -> None:
    before = Numbering()
    before.know(declared)
    written = {each.fqn: before.number(each) for each in declared}
    if number in written.values() or number in {each.priority for each in declared}:
        return
    after = Numbering()
    after.know([one(number, f"e{name:03}-new"), *declared])
    assert {each.fqn: after.number(each) for each in declared} == written


def test_ties_are_spread_by_fqn_and_the_rest_is_kept() -> None:
    assert numbers_of((0, "c"), (0, "a"), (0, "b"), (30, "x")) == {"a": 1, "b": 0, "c": -1, "x": 30}


def test_phases_and_layers_do_not_share_numbers() -> None:
    numbering = Numbering()
    groups: list[Group] = [GROUP, (PluginPhase.AUTHN, PluginType.HTTP), (PluginPhase.AUTHZ, PluginType.NETWORK)]
    extensions = [Ordered(group, 7, FQN + name) for group, name in zip(groups, "abc", strict=True)]
    numbering.know(extensions)
    assert [numbering.number(each) for each in extensions] == [7, 7, 7]


def test_one_that_comes_late_takes_the_room_of_those_not_handed_out() -> None:
    numbering = Numbering()
    numbering.know([one(0, "a"), one(0, "c")])
    assert numbering.number(one(0, "a")) == 0
    numbering.know([one(0, "b")])
    assert (numbering.number(one(0, "b")), numbering.number(one(0, "c"))) == (-1, -2)
    assert not numbering.has_strays


def test_where_no_number_is_left_the_nearest_free_one_is_written_and_told() -> None:
    numbering = Numbering()
    numbering.know([one(0, "a"), one(0, "c")])
    assert [numbering.number(one(0, name)) for name in "ac"] == [0, -1]
    numbering.know([one(0, "b")])
    assert numbering.number(one(0, "b")) == -2
    assert numbering.turned(GROUP, FQN + "b") == [(FQN + "b", FQN + "c")]
    assert numbering.turned(GROUP, FQN + "c") == [(FQN + "b", FQN + "c")]
    assert numbering.turned(GROUP, FQN + "a") == []


def test_a_catalogue_holds_numbers_and_places() -> None:
    numbering = Numbering()
    numbering.settle(one(0, "a"), 100)
    numbering.settle(one(0, "z"), 50)
    numbering.settle(one(0, "m"))
    numbering.know([one(0, "b")])
    assert [numbering.number(one(0, name)) for name in "abmz"] == [100, 82, 66, 50]
    assert numbering.settled(FQN + "m") == one(0, "m")
    assert numbering.settled(FQN + "b") is None


@pytest.mark.parametrize(
    ("target", "others", "written"),
    [
        ("t2", {"t1": 10}, 5),
        ("t0", {"t1": 10}, 15),
        ("t2", {"t3": 9}, 10),
        ("t2", {"t1": 12, "t3": 8}, 10),
        ("t2", {"t1": 9, "t3": 5}, 7),
    ],
)
def test_an_extension_that_meets_itself_runs_by_target(target: str, others: dict[str, int], written: int) -> None:
    numbering = Numbering()
    numbering.know([one(20, "first"), one(10, "acl"), one(0, "last")])
    acl = one(10, "acl")
    numbering.number(acl)
    numbering.part(GROUP, acl.fqn, target, others)
    assert numbering.number(acl, target) == written
    assert numbering.number(acl, "elsewhere") == 10


def test_an_extension_between_two_has_no_number_for_itself_again() -> None:
    numbering = Numbering()
    numbering.know([one(11, "first"), one(10, "acl"), one(9, "last")])
    assert [numbering.number(one(n, name)) for n, name in ((11, "first"), (10, "acl"), (9, "last"))] == [11, 10, 9]
    assert numbering.part(GROUP, FQN + "acl", "t2", {"t1": 10})
    assert numbering.crowded(one(10, "acl"), "t2") == ["t1"]
    assert numbering.number(one(10, "acl"), "t2") == 10


@pytest.mark.parametrize("late", [False, True], ids=["known first", "one after the other"])
@pytest.mark.parametrize("priority", [lambda _: 0, lambda number: number, lambda number: number // 3 * 7])
def test_twenty_thousand_extensions_take_less_than_three_seconds(late: bool, priority: object) -> None:
    declared = [one(priority(number), f"e{number:05}") for number in range(20_000)]  # type: ignore[operator]
    numbering = Numbering()
    start = time.process_time()
    if not late:
        numbering.know(declared)
    for each in declared:
        numbering.know([each])
        numbering.number(each)
    assert time.process_time() - start < 3
