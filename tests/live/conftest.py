"""Fixtures of the live tests: a registry for the session, and a stage of its own for each test."""

from __future__ import annotations

import contextlib
import functools
import secrets
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from mesh import filters
from mesh.cluster import Cluster
from mesh.proxy import Proxy
from mesh.registry import Registry

from .stage import MakeStage, Modules, Stage
from .tcp import Backend


@pytest.fixture(scope="session")
def registry(live_binaries: dict[str, Path]) -> Iterator[Registry]:
    """A private registry, shared by the session; a test that changes its password starts one of its own."""
    with Registry.start() as started:
        yield started


@pytest.fixture(scope="session")
def modules(live_binaries: dict[str, Path]) -> Modules:
    """Modules by their mark, each compiled once."""
    return functools.cache(filters.module)


@pytest.fixture
def make_stage(registry: Registry) -> Iterator[MakeStage]:
    """Make stages; their proxies and namespaces end with the test."""
    with contextlib.ExitStack() as stack:

        def make(*clusters: Cluster, registry: Registry = registry, env: dict[str, str] | None = None) -> Stage:
            namespace = f"live-{secrets.token_hex(4)}"
            proxies = {}
            for cluster in clusters:
                cluster.create_namespace(namespace)
                stack.callback(cluster.api.delete, "v1", "Namespace", namespace)
                labels = {"app": "shop-gateway", "stage": namespace}
                proxy = Proxy.start(cluster, namespace, labels, insecure_registries=registry.host, env=env)
                stack.callback(proxy.stop)
                for obj in proxy.gateway_objects():
                    cluster.api.apply(obj).accepted()
                proxies[cluster.name] = proxy
            return Stage(namespace, proxies, registry)

        yield make


@pytest.fixture
def stage(make_stage: MakeStage, cluster: Cluster) -> Stage:
    """A gateway in the shared cluster."""
    return make_stage(cluster)


@pytest.fixture(scope="session")
def backend() -> Iterator[int]:
    """The port of a TCP server on loopback that speaks first, and then says what it is told."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Backend) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
