"""One test cluster: an API server with its etcd, its controllers, the Istio CRDs and, on request, istiod's webhook."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from . import MeshError, build, istio, state
from .api import Api, Object
from .controlplane import ControlPlane
from .credentials import kubeconfig, write_private
from .istio import Istiod
from .loopback import free_ports
from .parts import AMBIENT, CLUSTER, CONTROL_PLANE, ISTIOD, NEW, Istio
from .programs import ProgramEnded, Programs
from .progress import Progress
from .state import Home

_TRIES = 3
_PORT_TAKEN = "address already in use"


class Cluster:
    """A running cluster. It ends with `close`, and with this process, unless it is told to outlive it."""

    def __init__(
        self, home: Home, programs: Programs, paths: dict[str, Path], release: Istio = NEW, *, ambient: bool = False
    ) -> None:
        """Of use only to `start`: a constructor that waited for servers would be a trap."""
        ports = free_ports(9)
        self.release = release
        self.ambient = ambient
        self.home = home
        self.programs = programs
        self.control_plane = ControlPlane(home, *ports[:3])
        self.istiod: Istiod | None = None
        self._spare = ports[3:]
        self._paths = paths
        self._token = secrets.token_urlsafe(24)
        self._api: Api | None = None

    @classmethod
    def start(
        cls,
        name: str,
        *,
        istiod: bool = True,
        crds: bool = True,
        lasting: bool = False,
        release: Istio = NEW,
        ambient: bool = False,
        progress: Progress | None = None,
    ) -> Cluster:
        """Start a cluster, building what is missing, and return it ready: what it refuses from here on, it means.

        A lasting one may be told to `outlive` this process; only one of its name can run for each user. An ambient one
        knows the Gateway API, and its istiod serves waypoints.
        """
        progress = progress or Progress()
        parts = [*CONTROL_PLANE, release.crds, *([release.discovery] if istiod else []), *(AMBIENT if ambient else ())]
        paths = build.ensure(*parts, progress=progress)

        def once() -> Cluster:
            home, lock = state.claim(state.LASTING if lasting else state.OWNED, name)
            cluster = cls(home, Programs.begin(home, lock), paths, release, ambient=ambient)
            return cluster._started(istiod=istiod, crds=crds)

        for _ in range(_TRIES - 1):
            try:
                return once()
            except ProgramEnded as ended:
                if _PORT_TAKEN not in ended.log:
                    raise
                progress.say(f"somebody was faster to take a port that {name} had chosen; choosing others")
        return once()

    def _started(self, *, istiod: bool, crds: bool) -> Cluster:
        try:
            self._bring_up(istiod=istiod, crds=crds)
            self.home.write("cluster", self._summary())
        except BaseException:
            self.close()
            raise
        return self

    @property
    def name(self) -> str:
        """Also the name of the context in the kubeconfig."""
        return self.home.name

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig whose only context has the cluster's name."""
        return self.home.kubeconfig

    @property
    def server(self) -> str:
        """The URL of the API server; the same after a restart."""
        return self.control_plane.server

    @property
    def api(self) -> Api:
        """A client of the API server."""
        if self._api is None:
            raise MeshError(f"{self.name} is not ready yet")
        return self._api

    def stop_api_server(self, *, kill: bool = False) -> None:
        """Take the API server down, in order or as a crash; etcd and all else go on.

        In order means that requests under way may finish. It would wait a minute for the watches of istiod and of the
        controllers to end, which they do not do, so it is cut short.
        """
        self.programs.stop("kube-apiserver", signal.SIGKILL if kill else signal.SIGTERM, grace=3)

    def start_api_server(self) -> None:
        """Bring the API server up, on the port and with the data that it had, and wait until it serves."""
        self.programs.start("kube-apiserver", self.control_plane.api_server(self._paths["kube-apiserver"]))
        self.programs.wait("kube-apiserver", self._serves, f"the API server of {self.name} becoming ready")
        if self.istiod is not None:
            self._wait_for_webhook()

    def install_crds(self) -> None:
        """Install the Istio CRDs in a cluster that was started without them."""
        istio.install_crds(self.api, self._paths[self.release.crds])

    def create_namespace(self, name: str, labels: Mapping[str, str] | None = None) -> Object:
        """A namespace of which nothing is known yet."""
        metadata = {"name": name, "labels": dict(labels or {})}
        return self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}).accepted()

    def outlive(self) -> None:
        """Go on when this process ends. This object is of no more use for starting and stopping things."""
        self.programs.outlive()

    def close(self) -> None:
        """End the cluster and leave nothing of it."""
        if self._api is not None:
            self._api.close()
        self.programs.end()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bring_up(self, *, istiod: bool, crds: bool) -> None:
        self.control_plane.prepare(self._token)
        self.programs.start("etcd", self.control_plane.etcd(self._paths["etcd"]))
        self.start_api_server()
        if crds:
            self.install_crds()
        if self.ambient:  # istiod looks for them once, when it starts
            istio.install_crds(
                self.api, *sorted(self._paths["gateway-api-crds"].glob("gateway.networking.k8s.io_*.yaml"))
            )
        if istiod:
            self._start_istiod()
        # Last: the garbage collector learns at once only of the kinds that exist when it starts, of others much later.
        self.programs.start("controllers", self.control_plane.controllers(self._paths["kube-controller-manager"]))

    def _start_istiod(self) -> None:
        self.create_namespace(istio.NAMESPACE)
        self.istiod = Istiod(self.home, *self._spare, ambient=self.ambient)
        self.istiod.prepare()
        self.programs.start("istiod", self.istiod.argv(self._paths[self.release.discovery]), self.istiod.env)
        self.programs.wait("istiod", lambda: istio.root_certificate(self.api), "istiod publishing its root certificate")
        self.api.apply(self.istiod.webhook(istio.root_certificate(self.api) or "")).accepted()
        self._wait_for_webhook()

    def _wait_for_webhook(self) -> None:
        if not istio.knows_wasm_plugins(self.api):  # then there is nothing that it could judge
            return
        self.programs.wait("istiod", lambda: istio.webhook_judges(self.api), "istiod's webhook answering")

    def _serves(self) -> bool:
        if self._api is None:
            if not self.control_plane.certificate.exists():
                return False
            authority = self.control_plane.certificate.read_text()
            write_private(self.kubeconfig, kubeconfig(self.name, self.server, self._token, authority))
            self._api = Api.from_kubeconfig(self.kubeconfig)
        try:
            return self.api.request("GET", "/readyz").ok
        except OSError:
            return False

    def _summary(self) -> dict[str, object]:
        return {"server": self.server, "istiod": self.istiod is not None}


def start_all(
    names: list[str], *, istiod: bool, lasting: bool = False, progress: Progress | None = None
) -> list[Cluster]:
    """Start several clusters side by side; all of them, or none.

    Lasting ones outlive this process only once each has been told to: until then a crash ends them all.
    """
    build.ensure(*CLUSTER, *(ISTIOD if istiod else ()), progress=progress)  # once, not in each thread
    with ThreadPoolExecutor(len(names) or 1) as pool:
        waiting = [
            pool.submit(Cluster.start, name, istiod=istiod, lasting=lasting, progress=progress) for name in names
        ]
    errors = [error for future in waiting if (error := future.exception())]
    if errors:
        for future in waiting:
            if not future.exception():
                future.result().close()
        raise errors[0]
    return [future.result() for future in waiting]
