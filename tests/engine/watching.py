"""A watcher on a real API server: at every moment, does the Secret exist that a plugin names?"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from types import TracebackType

from mesh.api import Api
from mesh.cluster import Cluster

WASM = "extensions.istio.io/v1alpha1"
DOCKER_CONFIG = "kubernetes.io/dockerconfigjson"


@dataclass
class Watch:
    """What was seen while it ran; use it as a context manager.

    A look is three questions: which Secrets there are, which plugins, and which Secrets again. A Secret counts as present
    if either answer has it, so only an absence that lasts as long as a look is told.
    """

    cluster: Cluster
    namespace: str
    looks: int = 0
    """How often it looked."""
    gaps: list[str] = field(default_factory=list)
    """Each look at which a plugin named a Secret that was absent or of another type."""
    named: list[str] = field(default_factory=list)
    """The names that plugins gave to their secret, in the order in which they were first seen."""
    longest: float = 0.0
    """The longest time between two looks, in seconds."""

    def __enter__(self) -> Watch:
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join(10)

    def _run(self) -> None:
        api = Api.from_kubeconfig(self.cluster.kubeconfig)
        last = time.monotonic()
        while not self._end.is_set():
            self._look(api)
            now = time.monotonic()
            self.longest, last = max(self.longest, now - last), now
        api.close()

    def _look(self, api: Api) -> None:
        before = self._secrets(api)
        plugins = api.list(WASM, "WasmPlugin", self.namespace)
        there = before | self._secrets(api)
        self.looks += 1
        for plugin in plugins:
            name = plugin["spec"].get("imagePullSecret")
            if name is not None and name not in self.named:
                self.named.append(name)
            if name not in there:
                self.gaps.append(
                    f"look {self.looks}: {plugin['metadata']['name']} names {name}, there is {sorted(there)}"
                )

    def _secrets(self, api: Api) -> set[str]:
        items = api.list("v1", "Secret", self.namespace)
        return {item["metadata"]["name"] for item in items if item["type"] == DOCKER_CONFIG}
