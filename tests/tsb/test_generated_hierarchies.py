"""Generated hierarchies: what runs in each namespace is what an oracle says, that walks down from the organization.

The oracle knows nothing of targets, selectors or plugins: it asks each namespace whose it is, and what each level says.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.planning.manifests import tree
from mesh_wasm.tsb import Bundle, Choices
from mesh_wasm.values.enums import StricterLists
from mesh_wasm.values.labels import EXTENSION

from .documents import files

NAMES = ["a", "b", "c", "d"]
API = "api.tsb.tetrate.io/v2"
SECURITY = "security.tsb.tetrate.io/v2"


@dataclass
class Says:
    """What a level says."""

    names: list[str] = field(default_factory=list)
    stricter: bool = False
    defaults: list[str] = field(default_factory=list)
    mandates: list[str] = field(default_factory=list)


@dataclass
class Node:
    """A level: its metadata, what it says, and below a workspace its namespaces."""

    kind: str
    metadata: dict[str, str]
    says: Says
    below: list[Node] = field(default_factory=list)
    namespaces: list[str] = field(default_factory=list)


lists = st.lists(st.sampled_from(NAMES), unique=True, max_size=3)
says = st.builds(Says, names=lists, stricter=st.booleans(), defaults=lists, mandates=st.just([]) | lists)


@st.composite
def organizations(draw: st.DrawFn) -> Node:
    number = iter(range(1000))
    top = Node("Organization", {"organization": "acme"}, draw(says))
    for t in range(draw(st.integers(1, 2))):
        tenant = Node("Tenant", {**top.metadata, "tenant": f"t{t}"}, draw(says))
        top.below.append(tenant)
        for w in range(draw(st.integers(0, 2))):
            owned = [f"ns-{next(number)}" for _ in range(draw(st.integers(1, 3)))]
            metadata = {**tenant.metadata, "workspace": f"w{w}"}
            workspace = Node("Workspace", metadata, draw(says), namespaces=owned)
            tenant.below.append(workspace)
            for g in range(draw(st.integers(0, 2))):
                claimed = owned[g : g + 1]
                if claimed:
                    node = Node("Group", {**metadata, "group": f"g{g}"}, draw(says), namespaces=claimed)
                    workspace.below.append(node)
    return top


def fqn(metadata: dict[str, str]) -> str:
    collections = {"organization": "organizations", "tenant": "tenants", "workspace": "workspaces"}
    return "/".join(f"{collections.get(key, 'securitygroups')}/{name}" for key, name in metadata.items())


def attached(names: list[str]) -> list[dict[str, str]]:
    return [{"fqn": f"organizations/acme/extensions/{name}"} for name in names]


def documents(top: Node) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [
        {
            "apiVersion": "extension.tsb.tetrate.io/v2",
            "kind": "WasmExtension",
            "metadata": {"organization": "acme", "name": name},
            "spec": {"image": f"oci://registry.acme.io/filters/{name}:1", "priority": -ord(name)},
        }
        for name in NAMES
    ]

    def add(node: Node) -> None:
        *_, own = node.metadata
        spec: dict[str, Any] = {}
        if node.namespaces:
            spec["namespaceSelector"] = {"names": [f"*/{name}" for name in node.namespaces]}
        if node.says.defaults or node.says.mandates:
            profile = "p-" + "-".join(node.metadata.values())
            spec["profiles"] = [f"organizations/acme/profiles/{profile}"]
            lists = {"defaults": node.says.defaults, "mandates": node.says.mandates}
            sections = {key: {"wasmExtensions": attached(names)} for key, names in lists.items() if names}
            place = {"organization": "acme", "name": profile}
            made.append(
                {"apiVersion": "profile.tsb.tetrate.io/v2", "kind": "Profile", "metadata": place, "spec": sections}
            )
        home = {key: name for key, name in node.metadata.items() if key != own}
        version = SECURITY if node.kind == "Group" else API
        metadata = {**home, "name": node.metadata[own]}
        made.append({"apiVersion": version, "kind": node.kind, "metadata": metadata, "spec": spec})
        setting: dict[str, Any] = {"extension": attached(node.says.names)} if node.says.names else {}
        if node.says.stricter:
            setting["propagationStrategy"] = "STRICTER"
        kind = "SecuritySetting" if node.kind == "Group" else f"{node.kind}Setting"
        spec = setting if node.kind == "Group" else {"defaultSecuritySetting": setting}
        place = {**node.metadata, "name": "default"}
        made.append({"apiVersion": version, "kind": kind, "metadata": place, "spec": spec})
        for child in node.below:
            add(child)

    add(top)
    return made


def oracle(top: Node) -> dict[str, set[str]]:
    """By namespace, what runs there: walked from the organization down, one namespace after the other."""
    found: dict[str, set[str]] = {}

    def walk(chain: list[Node]) -> set[str]:
        running: list[str] = []
        stricter = False
        for node in chain:
            if node.says.mandates:
                return set(node.says.mandates)
            own = node.says.names or node.says.defaults
            if own:
                running = list(dict.fromkeys([*running, *own])) if stricter else own
            stricter = stricter or node.says.stricter
        return set(running)

    for tenant in top.below:
        for workspace in tenant.below:
            for namespace in workspace.namespaces:
                groups = [group for group in workspace.below if namespace in group.namespaces] or [None]
                for group in groups:
                    chain = [top, tenant, workspace, *([group] if group else [])]
                    found.setdefault(namespace, set()).update(walk(chain))
    return {namespace: names for namespace, names in found.items() if names}


def everywhere(top: Node) -> Fleet:
    names = [name for tenant in top.below for workspace in tenant.below for name in workspace.namespaces]
    return Fleet([Cluster(name="east", namespaces=names), Cluster(name="west", namespaces=names[::2])])


@given(organizations(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_what_runs_is_what_the_levels_say(top: Node, seed: random.Random) -> None:
    fleet, wanted = everywhere(top), oracle(top)
    many = documents(top)
    union = Choices(stricter=StricterLists.UNION)
    plan = Bundle(files(*many), choices=union).plan(fleet)
    unseen = {"MW553"} if not any(tenant.below for tenant in top.below) else {"MW553", "MW505"}
    assert {one.rule for one in plan.errors} <= unseen, [str(one) for one in plan.errors]
    got: dict[str, dict[str, list[str]]] = {"east": {}, "west": {}}
    for target in plan.targets:
        for one in target.plan.plugins:
            name = str(one.annotations[EXTENSION]).rsplit("/", 1)[-1]
            got[one.cluster.name].setdefault(str(one.namespace), []).append(name)
    for cluster in fleet:
        there = {name: names for name, names in wanted.items() if cluster.has_namespace(name)}
        assert {name: sorted(names) for name, names in got[cluster.name].items()} == {
            name: sorted(names) for name, names in there.items()
        }
    seed.shuffle(many)
    assert tree(Bundle(files(*many), choices=union).plan(fleet).objects()) == tree(plan.objects())


@given(organizations())
@settings(max_examples=60, deadline=None)
def test_without_a_choice_nothing_is_decided_in_silence(top: Node) -> None:
    """Where nothing is refused, the choice makes no difference."""
    fleet, many = everywhere(top), documents(top)
    without = Bundle(files(*many)).plan(fleet)
    if "MW570" not in {one.rule for one in without.errors}:
        chosen = Bundle(files(*many), choices=Choices(stricter=StricterLists.UNION)).plan(fleet)
        assert tree(chosen.objects()) == tree(without.objects())
