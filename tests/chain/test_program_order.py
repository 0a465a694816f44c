"""One order across targets: generated programs run in TSB's order on every workload, however they are written down."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import pulumi_kubernetes as k8s
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.programs import IMAGE, TENANT, extension_args, findings, fleet, gateway_args, group_args, plugins, run

import mesh_wasm_pulumi as wasm
from mesh_wasm.chains.chain import chains
from mesh_wasm.chains.member import Member, members_of
from mesh_wasm.numbering.holding import hold
from mesh_wasm.numbering.numbers import Ordered
from mesh_wasm.values.enums import PluginPhase, PluginType
from mesh_wasm_pulumi.offline.run import Run, run_program

WORKSPACE = f"{TENANT}/workspaces/web"
CLUSTERS, NAMESPACES = ("east", "west"), ("edge", "shop", "pay")
LABELS = ({"app": "one"}, {"app": "two"}, {"tier": "front"})
Order = dict[tuple[str, str], list[tuple[str, str, str]]]
"""By cluster and workload: phase, extension and target of each plugin, in the order in which they run."""


@dataclass(frozen=True)
class Target:
    """A gateway, or a group of some namespaces, and the extensions that it has."""

    number: int
    is_gateway: bool
    where: int
    """Which labels, or how many namespaces."""
    extensions: tuple[int, ...]

    @property
    def fqn(self) -> str:
        kind = "gatewaygroups/g/ingressgateways" if self.is_gateway else "securitygroups"
        return f"{WORKSPACE}/{kind}/t{self.number}"


@dataclass(frozen=True)
class Program:
    """The priorities of its extensions, and its targets."""

    priorities: tuple[int, ...]
    targets: tuple[Target, ...]

    def name(self, number: int) -> str:
        return f"e{number:02}"

    def extension(self, number: int) -> wasm.WasmExtension:
        args: Any = {"organization": "acme", "image": IMAGE, "phase": "AUTHZ", "priority": self.priorities[number]}
        return wasm.WasmExtension(self.name(number), args)

    def attach(self, target: Target, made: Mapping[int, wasm.WasmExtension], clusters: Any) -> None:
        attached: Any = [{"extension": made[number]} for number in target.extensions]
        args: Any = {"extensions": attached, "fleet": clusters}
        if target.is_gateway:
            selector = {"namespace": NAMESPACES[target.where % 2], "labels": LABELS[target.where]}
            args |= {"gateway": target.fqn, "workload_selector": selector}
            wasm.IngressGatewayAttachment(f"t{target.number}", args)
        else:
            names = [f"*/{namespace}" for namespace in NAMESPACES[: target.where + 1]]
            wasm.SecurityGroupAttachment(
                f"t{target.number}", {**args, "group": target.fqn, "namespace_selector": names}
            )

    @property
    def catalogue(self) -> str:
        return json.dumps(
            [
                {"fqn": f"organizations/acme/extensions/{self.name(number)}", "phase": "AUTHZ", "priority": priority}
                for number, priority in enumerate(self.priorities)
            ]
        )


@st.composite
def programs(draw: st.DrawFn) -> Program:
    priorities = draw(st.lists(st.sampled_from([0, 0, 0, 1, 2, 50]), min_size=3, max_size=7))
    place = st.tuples(st.booleans(), st.integers(0, 2))
    if draw(st.booleans()):  # each on one target, so that none meets itself
        shared = draw(st.lists(st.integers(0, 3), min_size=len(priorities), max_size=len(priorities)))
        groups = [tuple(number for number, of in enumerate(shared) if of == target) for target in range(4)]
        targets = [(*draw(place), group) for group in groups if group]
    else:
        some = st.lists(st.sampled_from(range(len(priorities))), min_size=1, max_size=4, unique=True).map(tuple)
        targets = [(*draw(place), group) for group in draw(st.lists(some, min_size=1, max_size=5))]
    return Program(tuple(priorities), tuple(Target(number, *one) for number, one in enumerate(targets)))


def _clusters(own: tuple[str, ...]) -> dict[str, Any]:
    facts: Any = {"namespaces": list(NAMESPACES), "istio_version": "1.30"}
    return {
        name: {**facts, "provider": k8s.Provider(name, context=name)} if name in own else {**facts, "owned": False}
        for name in CLUSTERS
    }


def deploy(
    program: Program,
    chance: random.Random,
    *,
    own: tuple[str, ...] = CLUSTERS,
    first: bool = True,
    catalogue: bool | str = False,
) -> Run:
    """Run it with its parts in some order. ``first``: all extensions come before what is attached."""
    extensions, targets = list(range(len(program.priorities))), list(program.targets)
    chance.shuffle(extensions)
    chance.shuffle(targets)

    def main() -> None:
        clusters = _clusters(own)
        made = {number: program.extension(number) for number in extensions} if first else {}
        for target in targets:
            for number in target.extensions:
                if number not in made:
                    made[number] = program.extension(number)
            program.attach(target, made, clusters)

    text = program.catalogue if catalogue is True else catalogue
    result = run_program(main, config={"mesh-wasm:catalogue": text} if text else {})
    assert result.failure is None, result.failure
    return result


def members(result: Run) -> list[Member]:
    return [member for plan in result.ledger.plans.values() for member in members_of(plan.plugins)]


def order_of(*results: Run) -> Order:
    return {
        (chain.cluster, chain.workload.title): [(str(one.phase), one.fqn, one.target) for one in chain.plugins]
        for chain in chains([member for result in results for member in members(result)])
    }


def numbers(*results: Run) -> dict[tuple[str, str], int | None]:
    """By extension and target; the same in all clusters and namespaces."""
    found: dict[tuple[str, str], set[int | None]] = {}
    for member in (member for result in results for member in members(result)):
        found.setdefault((member.fqn, member.target), set()).add(member.priority)
    assert all(len(each) == 1 for each in found.values())
    return {key: each.pop() for key, each in found.items()}


def wanted(program: Program, order: Order) -> Order:
    """TSB's order of the same plugins: priority descending, extension, target."""

    def key(one: tuple[str, str, str]) -> tuple[int, str, str]:
        return -program.priorities[int(one[1][-2:])], one[1], one[2]

    return {workload: sorted(plugins, key=key) for workload, plugins in order.items()}


def told(result: Run) -> dict[str, int]:
    rules = [finding.rule for finding in findings(result) if finding.rule in {"MW705", "MW706", "MW720"}]
    return {rule: rules.count(rule) for rule in rules}


def meets_itself(result: Run) -> bool:
    return any(
        a.fqn == b.fqn and a.target != b.target and a.meets(b)
        for a, b in combinations(members(result), 2)
        if a.cluster == b.cluster and a.namespace == b.namespace
    )


seeds = st.integers(0, 2**32).map(random.Random)
"""Hypothesis' own chance prefers the order in which a list stands already, and so tests one order."""
often = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate])


@often
@given(programs(), seeds)
def test_any_order_of_declaration_gives_one_order(program: Program, chance: random.Random) -> None:
    one, other = deploy(program, chance), deploy(program, chance)
    order = order_of(one)
    if not told(one):
        assert order == wanted(program, order)
    if not meets_itself(one):
        assert not told(one)
        assert numbers(one) == numbers(other)
    if not told(one) and not told(other):
        assert order_of(other) == order
        written = [(member.cluster, member.namespace, member.priority, member.target) for member in members(one)]
        assert len(set(written)) == len(written)


@often
@given(programs(), seeds)
def test_any_split_over_stacks_gives_one_order_and_the_same_numbers(program: Program, chance: random.Random) -> None:
    """Each stack knows all clusters and writes to its own; extensions are declared wherever they are first needed."""
    whole = deploy(program, chance, catalogue=True)
    parts = [deploy(program, chance, own=(name,), first=False, catalogue=True) for name in CLUSTERS]
    if not any(map(told, (whole, *parts))):
        assert order_of(*parts) == order_of(whole)
    if not meets_itself(whole):
        assert numbers(*parts) == numbers(whole)
        assert not told(whole)
        assert order_of(whole) == wanted(program, order_of(whole))


@often
@given(programs(), seeds)
def test_numbers_that_are_held_stay_whoever_is_added(program: Program, chance: random.Random) -> None:
    """From a catalogue that holds any of the extensions: their numbers stay, and the order is TSB's, or it is told."""
    items = json.loads(program.catalogue)
    held = chance.sample(items, chance.randint(1, len(items)))
    phase = PluginPhase.AUTHZ, PluginType.HTTP
    as_written, first = chance.random() < 0.5, chance.random() < 0.5
    numbered = hold([], [Ordered(phase, item["priority"], item["fqn"]) for item in held], as_written=as_written).numbers
    text = json.dumps([{**item, "written": numbered[item["fqn"]]} for item in held])
    result = deploy(program, chance, first=first, catalogue=text)
    if not told(result):
        order = order_of(result)
        assert order == wanted(program, order)
    if not meets_itself(result):
        assert {fqn: number for (fqn, _), number in numbers(result).items() if fqn in numbered} == {
            fqn: number for fqn, number in numbered.items() if fqn in {of for of, _ in numbers(result)}
        }


@often
@given(programs(), seeds)
def test_without_a_catalogue_a_late_extension_is_in_order_or_told(program: Program, chance: random.Random) -> None:
    result = deploy(program, chance, first=False)
    order = order_of(result)
    assert order == wanted(program, order) or told(result)


def _numbers(program: Callable[[], Any], **config: str) -> dict[str, int]:
    result = run_program(program, config={f"mesh-wasm:{key}": value for key, value in config.items()})
    assert result.failure is None, result.failure
    written = {one.inputs["metadata"]["annotations"]["mesh-wasm/extension"]: one for one in plugins(result)}
    return {fqn.rpartition("/")[2]: one.inputs["spec"]["priority"] for fqn, one in written.items()}


def _late(**second: Any) -> Callable[[], Any]:
    """Two extensions of one priority on a gateway; then a third, of a name between theirs, on the gateway's namespace."""

    def program() -> None:
        clusters = fleet()
        first, third = (wasm.WasmExtension(name, extension_args()) for name in ("first", "third"))
        both: Any = [{"extension": first}, {"extension": third}]
        wasm.IngressGatewayAttachment("front", gateway_args(first, clusters, extensions=both))
        second_one = wasm.WasmExtension("second", extension_args(**second))
        wasm.SecurityGroupAttachment("all", group_args(second_one, clusters, namespace_selector=["*/edge"]))

    return program


def test_an_extension_that_comes_late_changes_no_other_and_is_told_where_it_meets_them() -> None:
    assert _numbers(_late()) == {"first": 10, "third": 9, "second": 8}
    (finding,) = [one for one in findings(run(_late()), "all") if one.rule == "MW720"]
    assert finding.message == (
        "organizations/acme/extensions/second was declared after numbers had been given to its neighbours, and none was "
        "left between them: priority 8 is written. It can meet organizations/acme/extensions/third (9) on one workload in "
        "cluster east, where TSB has them the other way round."
    )


def test_an_extension_that_comes_late_and_has_room_is_silent() -> None:
    assert _numbers(_late(priority=30)) == {"first": 10, "third": 9, "second": 30}
    assert not told(run(_late(priority=30)))


CATALOGUE = [
    {"fqn": f"organizations/acme/extensions/{name}", "phase": "AUTHZ", "priority": 10}
    for name in ("first", "second", "third")
]


def test_a_catalogue_makes_room_for_what_comes_late() -> None:
    assert _numbers(_late(), catalogue=json.dumps(CATALOGUE)) == {"first": 11, "second": 10, "third": 9}


def test_a_number_of_the_catalogue_stays_whoever_is_added() -> None:
    held = [{**CATALOGUE[0], "written": 100}, {**CATALOGUE[2], "written": 50}]
    written = _numbers(_late(), catalogue=json.dumps(held))
    assert (written["first"], written["third"]) == (100, 50)
    assert 50 < written["second"] < 100


def test_a_catalogue_may_be_the_extensions_of_tsb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    documents = [
        {
            "apiVersion": "extension.tsb.tetrate.io/v2",
            "kind": "WasmExtension",
            "metadata": {"name": name, "organization": "acme"},
            "spec": {"url": IMAGE, "phase": "AUTHZ", "priority": 10},
        }
        for name in ("first", "second", "third")
    ]
    (tmp_path / "extensions.yaml").write_text("\n---\n".join(json.dumps(one) for one in documents))
    assert _numbers(_late(), catalogue="extensions.yaml") == {"first": 11, "second": 10, "third": 9}


@pytest.mark.parametrize(
    ("catalogue", "says"),
    [
        ("{", "mesh-wasm:catalogue: it is no JSON"),
        ("{}", "expected a list of extensions"),
        ("nowhere.yaml", "nowhere.yaml"),
        ('[{"priority": 1}]', "[0].fqn: this field is required"),
        ('[{"fqn": "acl"}]', "acl"),
        (json.dumps([{**CATALOGUE[0], "written": 1}, {**CATALOGUE[2], "written": 2}]), "its number must be lower"),
        (json.dumps([CATALOGUE[0], {**CATALOGUE[0], "priority": 3}]), "with different values"),
    ],
)
def test_a_bad_catalogue_ends_the_program_with_a_sentence(catalogue: str, says: str) -> None:
    result = run_program(_late(), config={"mesh-wasm:catalogue": catalogue})
    assert result.failure is not None
    assert says in str(result.failure)
    assert "Traceback" not in str(result.failure)


def test_an_extension_that_the_catalogue_has_elsewhere_is_an_error() -> None:
    result = run_program(_late(priority=30), config={"mesh-wasm:catalogue": json.dumps(CATALOGUE)})
    (finding,) = [one for one in findings(result) if one.rule == "MW722"]
    assert finding.message == (
        "organizations/acme/extensions/second has priority 30 in phase AUTHZ, and the catalogue says priority 10 in phase "
        "AUTHZ: by one of them it would run elsewhere."
    )


def test_an_extension_that_meets_itself_runs_by_target() -> None:
    def program(turned: bool) -> Callable[[], Any]:
        def main() -> None:
            clusters = fleet()
            acl = wasm.WasmExtension("acl", extension_args())
            for kind in ("group", "gateway") if turned else ("gateway", "group"):
                if kind == "gateway":
                    wasm.IngressGatewayAttachment("front", gateway_args(acl, clusters))
                else:
                    wasm.SecurityGroupAttachment("all", group_args(acl, clusters, namespace_selector=["*/edge"]))

        return main

    one, other = run(program(False)), run(program(True))
    assert order_of(one) == order_of(other)
    assert not told(one)
    (finding,) = [finding for finding in findings(one) if finding.rule == "MW721"]
    assert "runs on some workload from organizations/acme/tenants/shop" in finding.message


@pytest.mark.parametrize("turned", [False, True], ids=["front first", "all first"])
def test_extensions_are_numbered_together_whatever_is_attached_first(turned: bool) -> None:
    """What is declared before it is attached has its number from all, not from those that were attached before."""

    def program() -> None:
        clusters = fleet()
        first, second, third = (wasm.WasmExtension(name, extension_args()) for name in ("first", "second", "third"))
        both: Any = [{"extension": first}, {"extension": third}]
        for kind in ("all", "front") if turned else ("front", "all"):
            if kind == "front":
                wasm.IngressGatewayAttachment("front", gateway_args(first, clusters, extensions=both))
            else:
                wasm.SecurityGroupAttachment("all", group_args(second, clusters, namespace_selector=["*/edge"]))

    assert _numbers(program) == {"first": 11, "second": 10, "third": 9}
    assert not told(run(program))


@pytest.mark.parametrize("near", [(), (11, 9)], ids=["with room", "between two that leave none"])
def test_an_extension_that_meets_itself_on_three_targets_runs_alike_in_any_order_of_declaration_or_is_told(
    near: tuple[int, ...],
) -> None:
    """A gateway and two groups of one namespace: all six orders."""

    def program(order: tuple[str, ...]) -> Callable[[], Any]:
        def main() -> None:
            clusters = fleet()
            acl = wasm.WasmExtension("acl", extension_args())
            others = [wasm.WasmExtension(f"near{number}", extension_args(priority=number)) for number in near]
            if others:
                beside: Any = [{"extension": one} for one in others]
                where = {"namespace_selector": ["*/edge"], "extensions": beside}
                fqn = "organizations/acme/tenants/shop/workspaces/web/securitygroups/near"
                wasm.SecurityGroupAttachment("near", group_args(acl, clusters, group=fqn, **where))
            for name in order:
                if name == "front":
                    wasm.IngressGatewayAttachment("front", gateway_args(acl, clusters))
                else:
                    fqn = f"organizations/acme/tenants/shop/workspaces/web/securitygroups/{name}"
                    args = group_args(acl, clusters, group=fqn, namespace_selector=["*/edge"])
                    wasm.SecurityGroupAttachment(name, args)

        return main

    runs = [run(program(order)) for order in permutations(("front", "one", "two"))]
    if near:
        assert all(told(one) for one in runs), (
            "no number is free, so each says that the order is not that of the targets"
        )
        return
    first = order_of(runs[0])
    assert all(order_of(one) == first for one in runs)
    assert not any(told(one) for one in runs)
    assert all([one.rule for one in findings(each)].count("MW721") == 2 for each in runs)
