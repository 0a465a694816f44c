"""A stand-in for the External Secrets Operator: it does with an ExternalSecret what the operator does, and slowly.

The CRD is the part of the operator's that these tests use; the API server checks nothing else of it.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from types import TracebackType
from typing import Any

from mesh.api import Api
from mesh.cluster import Cluster

GROUP, VERSION, KIND = "external-secrets.io", "v1", "ExternalSecret"
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"externalsecrets.{GROUP}"},
    "spec": {
        "group": GROUP,
        "names": {"kind": KIND, "listKind": f"{KIND}List", "plural": "externalsecrets", "singular": "externalsecret"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": VERSION,
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                        },
                    }
                },
            }
        ],
    },
}


class OperatorStandIn:
    """Makes the Secret of each ExternalSecret some seconds after it has appeared, and says so in its status.

    :param values: What the store holds, by key and property.
    """

    def __init__(self, cluster: Cluster, values: dict[tuple[str, str], str], delay: float = 3.0) -> None:
        self._api = Api.from_kubeconfig(cluster.kubeconfig)
        self._values, self._delay = values, delay
        self._seen: dict[str, float] = {}
        self._done: set[str] = set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> OperatorStandIn:
        self._api.apply(CRD).accepted()
        deadline = time.monotonic() + 30
        while not self._api.request("GET", f"/apis/{GROUP}/{VERSION}/externalsecrets").ok:
            assert time.monotonic() < deadline, "the API server does not serve the new kind"
            time.sleep(0.1)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join(10)
        self._api.close()

    def _run(self) -> None:
        while not self._end.wait(0.2):
            for item in self._api.list(f"{GROUP}/{VERSION}", KIND):
                uid = item["metadata"]["uid"]
                first = self._seen.setdefault(uid, time.monotonic())
                if uid not in self._done and time.monotonic() - first > self._delay:
                    self._done.add(uid)
                    self._fulfil(item)

    def _fulfil(self, item: dict[str, Any]) -> None:
        namespace, spec = item["metadata"]["namespace"], item["spec"]
        values = {
            one["secretKey"]: self._values[one["remoteRef"]["key"], one["remoteRef"]["property"]]
            for one in spec["data"]
        }
        template = spec["target"]["template"]
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": spec["target"]["name"], "namespace": namespace},
            "type": template["type"],
            "stringData": {key: _rendered(text, values) for key, text in template["data"].items()},
        }
        self._api.create(secret).accepted()
        status = {"conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced", "message": "made"}]}
        path = self._api.path(f"{GROUP}/{VERSION}", KIND, namespace, item["metadata"]["name"])
        self._api.request("PATCH", f"{path}/status", {"status": status}, "application/merge-patch+json").accepted()


def _rendered(template: str, values: dict[str, str]) -> str:
    """The few expressions of the operator's template language that mesh-wasm writes."""

    def value(match: re.Match[str]) -> str:
        expression = match[1].strip()
        if plain := re.fullmatch(r"\.(\w+) \| toJson", expression):
            return json.dumps(values[plain[1]])
        if pair := re.fullmatch(r'printf "%s:%s" \.(\w+) \.(\w+) \| b64enc', expression):
            return base64.b64encode(f"{values[pair[1]]}:{values[pair[2]]}".encode()).decode()
        if whole := re.fullmatch(r"\.(\w+)", expression):
            return values[whole[1]]
        raise AssertionError(f"an expression that nobody knows: {expression}")

    return re.sub(r"\{\{(.*?)\}\}", value, template)
