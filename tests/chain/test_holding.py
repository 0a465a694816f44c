"""Numbers that a catalogue holds: they stay, whoever is added; who is moved is told, and nobody is moved without need."""

from __future__ import annotations

import time
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_wasm.numbering.holding import Holding, hold
from mesh_wasm.numbering.numbers import Group, Numbering, Ordered, Settled
from mesh_wasm.values.base import INT32_MAX, INT32_MIN
from mesh_wasm.values.enums import PluginPhase, PluginType

GROUP: Group = (PluginPhase.AUTHZ, PluginType.HTTP)
FQN = "organizations/acme/extensions/"
near = st.integers(-3, 3)
anywhere = st.one_of(near, near, st.integers(INT32_MIN, INT32_MIN + 3), st.integers(INT32_MAX - 3, INT32_MAX))


def one(priority: int, name: str) -> Ordered:
    return Ordered(GROUP, priority, FQN + name)


@st.composite
def catalogues(draw: st.DrawFn) -> list[Settled]:
    """Extensions with numbers in TSB's order, as tight or wide as can be; some without."""
    places = sorted(
        draw(st.sets(st.builds(one, anywhere, st.sampled_from("acegikmo")), max_size=8)), key=lambda e: e.key
    )
    places = list({each.fqn: each for each in places}.values())
    places.sort(key=lambda each: each.key)
    gaps = [draw(st.sampled_from([1, 1, 1, 2, 3, 20, 41])) for _ in places]
    number = draw(st.sampled_from([5, 5, INT32_MAX, INT32_MIN + sum(gaps) + 1]))
    items = []
    for each, gap in zip(places, gaps, strict=True):
        items.append(Settled(each, number if draw(st.integers(0, 5)) else None))
        number -= gap
    return items


def additions(names: str = "abcdefghijklmnop") -> st.SearchStrategy[list[Ordered]]:
    return st.dictionaries(st.sampled_from(names), anywhere, max_size=6).map(
        lambda found: [one(priority, name) for name, priority in found.items()]
    )


def check(items: list[Settled], found: list[Ordered], holding: Holding) -> None:
    """All that is promised of one run."""
    places = {each.place.fqn: each.place for each in items} | {each.fqn: each for each in found}
    assert holding.numbers.keys() == places.keys()
    for first, second in combinations(sorted(places.values(), key=lambda each: each.key), 2):
        assert holding.numbers[first.fqn] > holding.numbers[second.fqn]
    lowest = min(places.values(), key=lambda each: each.priority, default=None)
    for number in holding.numbers.values():
        assert INT32_MIN <= number <= INT32_MAX
        # Istio takes the lowest for unset.
        assert number > INT32_MIN or INT32_MIN in [*(each.written for each in items), lowest and lowest.priority]
    told = {change.place.fqn: change for change in holding.changes}
    for each in items:
        if each.place.fqn not in told:
            assert (places[each.place.fqn], holding.numbers[each.place.fqn]) == (each.place, each.written)
    for fqn, change in told.items():
        assert (change.place, change.written) == (places[fqn], holding.numbers[fqn])


@settings(max_examples=500)
@given(catalogues(), additions())
def test_held_numbers_stay_unless_it_is_told(items: list[Settled], found: list[Ordered]) -> None:
    holding = hold(items, found)
    check(items, found, holding)
    held = [Settled(place, number) for place, number in _places(items, found, holding)]
    assert hold(held, found).changes == ()  # whoever runs it again changes nothing


def _places(items: list[Settled], found: list[Ordered], holding: Holding) -> list[tuple[Ordered, int]]:
    places = {each.place.fqn: each.place for each in items} | {each.fqn: each for each in found}
    return [(place, holding.numbers[fqn]) for fqn, place in places.items()]


@settings(max_examples=400)
@given(catalogues(), additions("bdfhjlnp"))
def test_as_few_are_moved_as_can_be(items: list[Settled], found: list[Ordered]) -> None:
    """Of all choices of those that stay, none that is larger leaves room for everybody."""
    holding = hold(items, found)
    moved = sum(change.is_moved for change in holding.changes)
    order = sorted([each.place for each in items] + found, key=lambda each: each.key)
    held = {each.place.fqn: each.written for each in items if each.written is not None}
    numbers = [held.get(each.fqn) for each in order]
    lowest = (
        INT32_MIN if INT32_MIN in (order[-1].priority if order else 0, numbers[-1] if order else 0) else INT32_MIN + 1
    )
    for more in range(moved):
        for chosen in combinations([at for at, number in enumerate(numbers) if number is not None], len(held) - more):
            stays = [(at, numbers[at] or 0) for at in chosen]
            fence = [(-1, INT32_MAX + 1), *stays, (len(order), lowest - 1)]
            pairs = pairwise(fence)
            assert not all(high - low >= after - at for (at, high), (after, low) in pairs)


@settings(max_examples=300)
@given(catalogues(), additions(), st.data())
def test_what_a_program_writes_is_what_the_catalogue_holds(
    items: list[Settled], found: list[Ordered], data: st.DataObject
) -> None:
    """Whatever is declared and attached first; and one that is not in it yet gets a number without moving any."""
    holding = hold(items, found)
    places = _places(items, found, holding)
    new = data.draw(st.none() | st.builds(one, near, st.just("zz")))
    numbering = Numbering()
    for place, number in places:
        numbering.settle(place, number)
    asked = data.draw(st.permutations([*(place for place, _ in places), *([new] if new else [])]))
    numbering.know(asked)
    written = {each.fqn: numbering.number(each) for each in asked}
    assert {fqn: number for fqn, number in written.items() if fqn != FQN + "zz"} == holding.numbers
    if new is not None and not numbering.has_strays:
        again = hold([Settled(place, number) for place, number in places], [new])
        assert again.numbers == written  # so that it stays once it is put in


def test_ties_stand_a_step_apart_and_others_keep_their_own() -> None:
    found = [one(0, "acl"), one(0, "header"), one(0, "quota"), one(40, "geo"), one(-70, "log")]
    assert by_name(hold([], found)) == {"geo": 40, "acl": 20, "header": 0, "quota": -20, "log": -70}


def test_one_that_is_added_gets_the_middle() -> None:
    held = [Settled(one(0, "acl"), 0), Settled(one(0, "quota"), -20)]
    holding = hold(held, [one(0, "acl"), one(0, "header"), one(0, "quota"), one(0, "zoo"), one(0, "aaa")])
    assert by_name(holding) == {"aaa": 20, "acl": 0, "header": -10, "quota": -20, "zoo": -40}
    assert not any(change.is_moved for change in holding.changes)


def test_where_no_number_is_left_the_fewest_move_and_there_is_room_from_then_on() -> None:
    held = [Settled(one(0, name), 2 - at) for at, name in enumerate(["acl", "header", "quota", "trace"])]
    holding = hold(held, [*(each.place for each in held), one(0, "bbb")])
    assert by_name(holding) == {"acl": 41, "bbb": 21, "header": 1, "quota": 0, "trace": -1}
    assert [(change.place.fqn, change.is_moved) for change in holding.changes] == [
        (FQN + "acl", True),
        (FQN + "bbb", False),
    ]


def test_a_tie_passes_no_raw_plugin_where_there_is_room() -> None:
    found = [one(0, "acl"), one(0, "header"), one(0, "quota")]
    assert by_name(hold([], found, raw={GROUP: [10, 10, -5]})) == {"acl": 3, "header": 0, "quota": -3}
    assert by_name(hold([], found, raw={GROUP: [1, -1]})) == {"acl": 0, "header": -20, "quota": -40}


def test_numbers_as_they_are_written_can_be_held() -> None:
    found = [one(0, "acl"), one(0, "header"), one(0, "quota")]
    holding = hold([], found, as_written=True)
    assert by_name(holding) == {"acl": 1, "header": 0, "quota": -1}
    assert [change.unheld for change in hold([], found).changes] == [1, 0, -1]


def test_who_is_gone_keeps_its_number_and_is_told() -> None:
    held = [Settled(one(0, "acl"), 1), Settled(one(0, "gone"), 0), Settled(one(0, "seen"), -1)]
    holding = hold(held, [one(0, "acl")], seen=[FQN + "seen"])
    assert holding.changes == ()
    assert [each.place.fqn for each in holding.gone] == [FQN + "gone"]


def by_name(holding: Holding) -> dict[str, int]:
    return {fqn.removeprefix(FQN): number for fqn, number in holding.numbers.items()}


@pytest.mark.parametrize("priority", [lambda _: 0, lambda number: -number, lambda number: number // 3 * 7])
def test_twenty_thousand_extensions_take_less_than_three_seconds(priority: object) -> None:
    found = [one(priority(number), f"e{number:05}") for number in range(20_000)]  # type: ignore[operator]
    start = time.process_time()
    first = hold([], found[::2])
    hold([Settled(each, first.numbers[each.fqn]) for each in found[::2]], found)
    assert time.process_time() - start < 3
