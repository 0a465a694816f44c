"""A stage for live tests: clusters with a gateway each, and the way of a program to them.

The way is the product's own: the program runs against the recording monitor, and what it registers is applied as it is
to the clusters that it names. Only here are secret values laid bare, for the test's own throw-away clusters.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mesh.api import Object
from mesh.cluster import Cluster
from mesh.filters import HEADER, Ran, told
from mesh.parts import OLD_ISTIO
from mesh.proxy import Proxy, Response
from mesh.registry import USER, Registry
from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.offline.run import Run, run_program

TENANT = "organizations/acme/tenants/shop"
GATEWAY = f"{TENANT}/workspaces/web/gatewaygroups/edge/ingressgateways/shop"
PLUGIN = ("extensions.istio.io/v1alpha1", "WasmPlugin")
TRAFFIC_EXTENSION = ("extensions.istio.io/v1alpha1", "TrafficExtension")
KINDS = {"WasmPlugin": PLUGIN, "TrafficExtension": TRAFFIC_EXTENSION}
"""By kind, what the API server asks for."""


Modules = Callable[[str], bytes]
"""Modules of the test filter by their mark."""

MakeStage = Callable[..., "Stage"]


@dataclass(frozen=True)
class Extension:
    """What a test says of an extension; the rest is the same everywhere. Its config tells its name."""

    name: str
    image: str
    phase: str = "AUTHN"
    priority: int | None = None
    config: Mapping[str, Any] | None = None
    attached: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the attachment."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """More fields of the extension."""


@dataclass
class Stage:
    """One namespace of the same name in some clusters, with a gateway proxy in each."""

    namespace: str
    proxies: Mapping[str, Proxy]
    registry: Registry

    @property
    def clusters(self) -> list[Cluster]:
        """The clusters, in order."""
        return [proxy.cluster for proxy in self.proxies.values()]

    @property
    def labels(self) -> dict[str, str]:
        """Labels of the gateways. A Gateway selects across namespaces, so no two stages have the same."""
        return self.proxy.labels

    @property
    def proxy(self) -> Proxy:
        """The gateway of the first cluster."""
        return next(iter(self.proxies.values()))

    def fleet(self, emit: str | None = None) -> wasm.Fleet:
        """The clusters as a program names them; to be called within the program."""
        return wasm.Fleet(
            wasm.Cluster(
                c.name, kubeconfig=c.kubeconfig.read_text(), context=c.name, namespaces=[self.namespace], emit=emit
            )
            for c in self.clusters
        )

    def object(self, kind: str, name: str, **spec: Any) -> Object:
        """A plugin of either kind on the gateway."""
        metadata = {"name": name, "namespace": self.namespace}
        whole = {"selector": {"matchLabels": self.labels}, **spec}
        return {"apiVersion": KINDS[kind][0], "kind": kind, "metadata": metadata, "spec": whole}

    def pull_secret(self, name: str = "pull") -> Object:
        """The Secret that a plugin that is made by hand names."""
        return self.registry.pull_secret(name, self.namespace)

    def gateway_program(
        self,
        *extensions: Extension,
        password: str | None = None,
        registry: str | None = None,
        emit: str | None = None,
    ) -> Callable[[], None]:
        """A program that attaches extensions to the gateway, with the registry's pull secret."""

        def program() -> None:
            secret = wasm.PullSecret(
                "live-registry",
                {
                    "registry": registry or self.registry.host,
                    "username": USER,
                    "password": password or self.registry.password,
                },
            )
            attached: list[Any] = []
            for one in extensions:
                args: Any = {
                    "organization": "acme",
                    "url": one.image,
                    "phase": one.phase,
                    "config": {"name": one.name} if one.config is None else one.config,
                    **({} if one.priority is None else {"priority": one.priority}),
                    **({} if "image_pull_secret" in one.more else {"pull_secret": secret}),
                    **one.more,
                }
                attached.append({"extension": wasm.WasmExtension(one.name, args), **one.attached})
            wasm.IngressGatewayAttachment(
                "shop-edge",
                {
                    "gateway": GATEWAY,
                    "workload_selector": {"namespace": self.namespace, "labels": self.labels},
                    "extensions": attached,
                    "fleet": self.fleet(emit),
                },
            )

        return program

    def preview(self, program: Callable[[], None]) -> Run:
        """What `pulumi preview` would say."""
        return run_program(program, preview=True)

    def plan(self, program: Callable[[], None]) -> dict[str, list[Object]]:
        """What the program writes into each cluster."""
        run = run_program(program, preview=False)
        assert run.failure is None, run.failure
        return manifests(run)

    def deploy(self, program: Callable[[], None]) -> None:
        """Run the program and bring each cluster to what it says: what is no longer there is deleted."""
        planned = self.plan(program)
        for cluster in self.clusters:
            wanted = planned.get(cluster.name, [])
            self.apply(cluster, wanted)
            self._prune(cluster, wanted)

    def apply(self, cluster: Cluster, objects: Sequence[Object]) -> None:
        """Write objects, Secrets first, as the resource graph has it."""
        for obj in sorted(objects, key=lambda obj: obj["kind"] != "Secret"):
            cluster.api.apply(obj).accepted()

    def istio_policies(self) -> list[Object]:
        """What makes istiod put its authentication and authorization filters into the gateway's chain."""
        keys = '{"keys":[{"kty":"oct","kid":"probe","k":"AAAA"}]}'
        rule = {"issuer": "https://issuer.example.com", "jwks": keys}
        metadata = {"name": "probe", "namespace": self.namespace}
        specs = {"RequestAuthentication": {"jwtRules": [rule]}, "AuthorizationPolicy": {"rules": [{}]}}
        return [
            {"apiVersion": "security.istio.io/v1", "kind": kind, "metadata": metadata, "spec": spec}
            for kind, spec in specs.items()
        ]

    def http_filters(self) -> list[str]:
        """The HTTP filters of the gateway's one listener, as Envoy tells them; plugins by the names of their objects."""
        told = self.filter_names()
        return [name.rsplit("/")[-1].partition(".")[2].partition("~")[0] if "/" in name else name for name in told]

    def filter_names(self) -> list[str]:
        """The HTTP filters of the gateway's one listener, by their whole names."""
        (dump,) = self.proxy.config_dump("?resource=dynamic_listeners")["configs"]
        (network,) = dump["active_state"]["listener"]["filter_chains"][0]["filters"]
        return [one["name"] for one in network["typed_config"]["http_filters"]]

    def _prune(self, cluster: Cluster, wanted: Sequence[Object]) -> None:
        kept = {(obj["kind"], obj["metadata"]["name"]) for obj in wanted}
        kinds = {"WasmPlugin": PLUGIN} if cluster.release is OLD_ISTIO else KINDS
        for kind, place in kinds.items():
            for plugin in cluster.api.list(*place, self.namespace):
                if (kind, plugin["metadata"]["name"]) not in kept:
                    cluster.api.delete(*place, plugin["metadata"]["name"], self.namespace).accepted()


def manifests(run: Run) -> dict[str, list[Object]]:
    """The Kubernetes objects of a run by cluster, secrets in plain text."""
    found: dict[str, list[Object]] = {}
    for resource in run.monitor.resources.values():
        if resource.custom and resource.type.startswith("kubernetes:"):
            provider = resource.provider.rsplit("::", 2)[1]
            found.setdefault(run.ledger.clusters[provider], []).append(_plain(resource.inputs))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(_special_sig_key) == _special_secret_sig:
            return _plain(value.get("value"))
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def chain(response: Response) -> list[Ran]:
    """The plugins that a request passed."""
    return told(response.headers.get(HEADER))


def names(response: Response) -> list[str]:
    """The names in their configurations, in the order in which they ran."""
    return [ran.config["name"] for ran in chain(response)]


def until(proxy: Proxy, condition: Callable[[Response], object], what: str, timeout: float = 30) -> Response:
    """Ask until an answer is as it should be; what stands in its way is in the agent's log."""
    deadline = time.monotonic() + timeout
    answer: Response | str = "no answer yet"
    while time.monotonic() < deadline:
        try:
            answer = proxy.get()
        except OSError as error:  # the listener is not there yet
            answer = str(error)
        else:
            if condition(answer):
                return answer
        time.sleep(0.05)
    agent = [line for line in proxy.log.splitlines() if "\twasm\t" in line and "\tdebug\t" not in line]
    lines = "\n".join(agent[-5:])
    raise AssertionError(
        f"{what} did not come about in {timeout:.0f} s; the last answer: {answer}; the agent:\n{lines}"
    )


class Load:
    """Requests, one after the other in each of some threads, for as long as the block lasts."""

    def __init__(self, proxy: Proxy, threads: int = 2) -> None:
        self._proxy = proxy
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        self.answers: list[Response | OSError] = []

    def __enter__(self) -> Load:
        # A gateway that has just been started refuses connections until it has its listener.
        until(self._proxy, lambda answer: answer.status == 200, "the gateway")
        for thread in self._threads:
            thread.start()
        self.wait_for_more()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, count: int = 50) -> None:
        """Wait until that many more requests have been answered."""
        wanted = len(self.answers) + count
        while len(self.answers) < wanted:
            time.sleep(0.01)

    @property
    def failed(self) -> list[Response | OSError]:
        """Answers other than 200, and connections that broke."""
        return [answer for answer in self.answers if isinstance(answer, OSError) or answer.status != 200]

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self.answers.append(self._proxy.get())
            except OSError as error:
                self.answers.append(error)
