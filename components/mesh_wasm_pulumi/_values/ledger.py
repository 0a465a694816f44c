"""What one run of a program has declared so far: for everything that needs more than one component to be seen.

Held in a context variable: programs that run one after the other in one process do not see each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pulumi

from mesh_wasm.chains.program_order import ProgramOrder
from mesh_wasm.findings.finding import Finding
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.modules.locked import Lock
from mesh_wasm.planning.gateways import GatewaysOfDefaults
from mesh_wasm.planning.overlaps import Overlaps
from mesh_wasm.planning.plan import Plan
from mesh_wasm.rules.waivers import Levels
from mesh_wasm.secrets.plan import PlannedSecret, rivals

T = TypeVar("T")


@dataclass
class Ledger:
    """Plans, findings and shared Secrets of a program."""

    plans: dict[str, Plan] = field(default_factory=dict)
    """By component, as far as it is known."""
    order: ProgramOrder = field(default_factory=ProgramOrder)
    """The order of all plugins, and their numbers."""
    catalogue_is_read: bool = False
    """Whether the catalogue has been looked for, or is not to be: it numbers extensions that are not declared yet."""
    unplaced: set[str] = field(default_factory=set)
    """The FQNs of extensions whose place in the order is not known yet."""
    overlaps: Overlaps = field(default_factory=Overlaps)
    """The levels of TSB's hierarchy, by namespace, for those of which one would replace the other."""
    at_gateways: GatewaysOfDefaults = field(default_factory=GatewaysOfDefaults)
    """The defaults and the gateways, by namespace."""
    findings: list[tuple[str, Finding]] = field(default_factory=list)
    """Each with the name of the component that it is reported on."""
    shared: set[Finding] = field(default_factory=set)
    """Those that have been told of what all components have in common."""
    secrets: dict[tuple[object, ...], Any] = field(default_factory=dict)
    """What stands for each pull secret, by its place."""
    groups: dict[tuple[str, str], Any] = field(default_factory=dict)
    """The IstioInternalGroups of TSB's direct mode that are written, by cluster and name."""
    retained: set[str] = field(default_factory=set)
    """The pull secrets whose Secrets the engine keeps when it deletes them (``retain_on_delete``)."""
    bearers: dict[tuple[str, str, str], PlannedSecret] = field(default_factory=dict)
    """The first pull secret of each name, by cluster, namespace and name."""
    facts: dict[str, tuple[tuple[dict[str, Any], Any], Cluster | None, list[Finding]]] = field(default_factory=dict)
    """By name of the cluster: its facts and surroundings as they were given last, the cluster that they make, and what is
    wrong with them."""
    clusters: dict[str, str] = field(default_factory=dict)
    """Name of the cluster by the logical name of its provider."""
    levels: Levels = field(default_factory=Levels)
    """The severities that the stack sets otherwise, as its components have read them."""
    components: list[pulumi.Resource] = field(default_factory=list)
    """All components, in order of declaration."""
    refused: dict[str, int] = field(default_factory=dict)
    """Number of errors of each component or cluster that is refused."""
    checks: dict[str, asyncio.Future[None]] = field(default_factory=dict)
    """For each component with deferred values: done when these have been checked."""
    hosted: bool = False
    """Whether the components run inside the provider, for a program in another language."""
    say: Callable[[str], str] = str
    """Words a sentence so that it holds in the language of the program; ours are those of Python."""
    by_urn: dict[str, pulumi.Resource] = field(default_factory=dict)
    """Inside the provider: the components that have been made. A program hands one to another by its URN."""
    awaited: list[pulumi.Output[Any]] = field(default_factory=list)
    """Inside the provider: the checks that the answer to the current Construct call waits for."""

    fault_hook: pulumi.ErrorHook | None = None
    """The error hook of this program's objects, once there is one."""
    remedies: set[str] = field(default_factory=set)
    """What the hook has told of how to mend things: once a run is enough."""
    children: dict[tuple[str, str], Any] = field(default_factory=dict)
    """What the hook has to know of each object, by kind and resource name."""
    lock: Lock | None = None
    """What is known of modules."""
    lock_is_read: bool = False
    """Whether the lock file has been looked for, or is not to be."""
    notes: dict[str, bool] = field(default_factory=dict)
    """What is to be said once in a program, and whether it has been."""
    names: dict[str, str] = field(default_factory=dict)
    """The type of the component that goes by each name."""
    places: dict[tuple[str, str, pulumi.Resource | None], list[str]] = field(default_factory=dict)
    """Where the program declares a component, by its type, name and parent."""
    witnessed: dict[int, tuple[BaseException, str]] = field(default_factory=dict)
    """The errors of the program's own applies for which a component waits, by their ids, and what is said of each."""
    witnesses: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    """Who waits for these errors, by the ids of the Outputs."""

    def name(self, component: str, type_: str) -> str:
        """What a component is called in messages: its name, with its type where another type has taken that name."""
        if self.names.setdefault(component, type_) == type_:
            return component
        return f"{component} ({type_})"

    def worded(self, finding: Finding) -> Finding:
        """The finding in the words of the program's language."""
        if self.say is str:
            return finding
        return replace(finding, message=self.say(finding.message), fix=self.say(finding.fix))

    def take_awaited(self) -> list[pulumi.Output[Any]]:
        """Hand the checks to the Construct call that has caused them."""
        taken, self.awaited = self.awaited, []
        return taken

    def expect(self, component: str) -> None:
        """A component will speak again when its deferred values are known."""
        self.checks[component] = asyncio.get_running_loop().create_future()

    def speak(self, component: str) -> None:
        """A component has spoken about its deferred values."""
        check = self.checks.get(component)
        if check is not None and not check.done():
            check.set_result(None)

    def enter(self, component: str, plan: Plan, whole: Plan | None = None) -> list[Finding]:
        """Add a component's plan; return what it has against those that were declared before.

        ``whole``: the same with the clusters of other stacks.
        """
        self.plans[component] = plan
        return [*self.order.enter(component, plan, whole), *rivals(plan.secrets, self.bearers)]

    def enter_again(self, component: str, plan: Plan) -> list[Finding]:
        """The plan again, made of values that are known now; return what could not be seen before."""
        return [] if plan.errors else self.enter(component, plan)

    def secret(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """What stands for one pull secret in one cluster and namespace, made when it is first needed."""
        if key not in self.secrets:
            self.secrets[key] = make()
        made: T = self.secrets[key]
        return made


_LEDGER: ContextVar[Ledger | None] = ContextVar("mesh_wasm_ledger", default=None)


def ledger() -> Ledger:
    """The ledger of the program that runs in this context."""
    current = _LEDGER.get()
    if current is None:
        current = Ledger()
        _LEDGER.set(current)
    return current


def open_ledger(*, locked: bool = True, catalogued: bool = True) -> Ledger:
    """Begin a new ledger in this context, for whoever runs a program in-process and wants to read it afterwards.

    ``locked``: whether the lock file counts; else the plugins stand as they are declared.
    ``catalogued``: whether the catalogue counts, which holds numbers.
    """
    current = Ledger(lock_is_read=not locked, catalogue_is_read=not catalogued)
    _LEDGER.set(current)
    return current


def use_ledger(book: Ledger) -> None:
    """Go on with a ledger in this context: the provider serves the components of one program in several calls."""
    _LEDGER.set(book)
