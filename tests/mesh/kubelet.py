"""A stand-in for the kubelet of one node: the API server hands port-forwards and logs on to it, as to a real one.

No kubelet can run here, for it needs a container runtime. So the pods of its node are objects in the API server, and a
file says which program of this machine stands for each. All else is real: the API server with its rights and its proxy,
the protocol (Kubernetes' own code, modules/kubelet), and Envoy with the configuration of istiod.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import build
from .api import Object
from .cluster import Cluster
from .loopback import free_ports
from .parts import KUBELET
from .proxy import Proxy

ADMIN, DEBUG = 15000, 15014
"""The ports of a pod that Envoy's admin endpoint and istiod's debug page have."""


class Kubelet:
    """One node of a cluster, whose pods are programs of this machine. It ends with its cluster, or with `stop`."""

    def __init__(self, cluster: Cluster) -> None:
        """Of use only to `start`."""
        self.cluster = cluster
        self.node = f"node-{secrets.token_hex(3)}"
        self._pods: dict[str, dict[str, Any]] = {}
        (self._port,) = free_ports(1)

    @classmethod
    def start(cls, cluster: Cluster) -> Kubelet:
        """Start it, and make its node known."""
        program = build.ensure(*KUBELET)["kubelet-stand-in"]
        kubelet = cls(cluster)
        kubelet._write()
        argv: list[str | Path] = [program, f"--address=127.0.0.1:{kubelet._port}", f"--pods={kubelet._file}"]
        cluster.programs.start(kubelet.node, argv)
        cluster.programs.wait(kubelet.node, kubelet._listens, "the stand-in of a kubelet becoming ready")
        kubelet._make_node()
        return kubelet

    def stop(self) -> None:
        """End it; its node stays, as one that does not answer."""
        self.cluster.programs.stop(self.node, grace=1)

    def run(self, proxy: Proxy, name: str, labels: Mapping[str, str] | None = None, **more: Any) -> Object:
        """A pod in which a proxy runs, under a name; see `pod` for what else can be said of it."""
        ports = {ADMIN: proxy.admin_port}
        log = str(self.cluster.programs.log(proxy.name))
        return self.pod(proxy.namespace, name, proxy.labels if labels is None else labels, ports, log=log, **more)

    def pod(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str],
        ports: Mapping[int, int] | None = None,
        *,
        log: str = "",
        delay: float = 0,
        container: str = "istio-proxy",
        phase: str = "Running",
        replica_set: str = "",
    ) -> Object:
        """A pod of the node.

        :param ports: Its ports, and those here that stand for them; on others nobody listens. None: the pod is in the
            API server only, and the kubelet knows nothing of it.
        :param delay: Seconds that each connection takes.
        :param replica_set: The name of its controller, which is made where it is missing; empty: it has none.
        """
        metadata: dict[str, Any] = {"name": name, "namespace": namespace, "labels": dict(labels)}
        if replica_set:
            metadata["ownerReferences"] = [self._owner(namespace, replica_set)]
        spec = {
            "nodeName": self.node,
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": container, "image": "none"}],
        }
        api = self.cluster.api
        made = api.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}).accepted()
        place = f"{api.path('v1', 'Pod', namespace, name)}/status"
        api.request("PATCH", place, {"status": {"phase": phase}}, "application/merge-patch+json").accepted()
        if ports is not None:
            held = {str(port): here for port, here in ports.items()}
            self._pods[f"{namespace}/{name}"] = {"ports": held, "log": log, "delay": delay}
            self._write()
        return made

    def _owner(self, namespace: str, name: str) -> Object:
        """A ReplicaSet without pods of its own. It has to be there: pods of one that is gone are collected as garbage."""
        labels = {"replicas-of": name}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "none"}]}}
        spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
        metadata = {"name": name, "namespace": namespace}
        made = self.cluster.api.apply(
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}
        ).accepted()
        uid = made["metadata"]["uid"]
        return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": uid, "controller": True}

    def forget(self, namespace: str, name: str) -> None:
        """The pod has ended, and the API server does not know it yet."""
        del self._pods[f"{namespace}/{name}"]
        self._write()

    @property
    def _file(self) -> Path:
        return self.cluster.home.path / f"{self.node}.json"

    def _write(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(self._pods))
        new.replace(self._file)  # at once: it is read for each request

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def _make_node(self) -> None:
        api = self.cluster.api
        api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.node}}).accepted()
        status = {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._port}},
        }
        place = f"{api.path('v1', 'Node', '', self.node)}/status"
        api.request("PATCH", place, {"status": status}, "application/merge-patch+json").accepted()
