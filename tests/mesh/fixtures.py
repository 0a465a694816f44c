"""The mesh for pytest: `pytest_plugins = ["mesh.fixtures"]` in the top conftest.

Clusters are shared by a session, and kept apart by namespaces: a start costs seconds, a namespace milliseconds. A test
that breaks its cluster on purpose takes one of its own from `start_cluster`. Whatever happens to the test run, its
clusters end with it.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from . import build
from .cluster import Cluster
from .parts import CLUSTER, ISTIOD, LIVE, OLD_ISTIO, SIGNING
from .proxy import module_cache_obstacle

StartCluster = Callable[..., Cluster]
MakeNamespace = Callable[[Cluster], str]


@pytest.fixture(scope="session")
def mesh_binaries(request: pytest.FixtureRequest) -> dict[str, Path]:
    """The programs and files of a cluster with istiod, by name; built, with visible progress, when missing."""
    with _uncaptured(request):
        return build.ensure(*CLUSTER, *ISTIOD)


@pytest.fixture(scope="session")
def live_binaries(request: pytest.FixtureRequest) -> dict[str, Path]:
    """What proxies, their registry and their filters need on top; skips where a proxy has nowhere to keep modules."""
    if obstacle := module_cache_obstacle():
        pytest.skip(obstacle)
    with _uncaptured(request):
        return build.ensure(*LIVE)


@pytest.fixture(scope="session")
def cosign_binary(request: pytest.FixtureRequest) -> Path:
    """Cosign: what signs images, and says which signatures it believes."""
    with _uncaptured(request):
        return build.ensure(*SIGNING)["cosign"]


@pytest.fixture(scope="session")
def cluster(mesh_binaries: dict[str, Path]) -> Iterator[Cluster]:
    """A cluster with istiod and its webhook, shared by the session. Leave it as you found it."""
    with Cluster.start("alpha") as started:
        yield started


@pytest.fixture(scope="session")
def two_clusters(cluster: Cluster) -> Iterator[tuple[Cluster, Cluster]]:
    """The shared cluster and another one like it."""
    with Cluster.start("beta") as other:
        yield cluster, other


@pytest.fixture(scope="session")
def old_cluster(request: pytest.FixtureRequest, mesh_binaries: dict[str, Path]) -> Iterator[Cluster]:
    """A cluster with the old Istio, shared by the session; its proxies are of that Istio too."""
    with _uncaptured(request):
        build.ensure(*OLD_ISTIO.control_plane, *OLD_ISTIO.proxy)
    with Cluster.start("old", release=OLD_ISTIO) as started:
        yield started


@pytest.fixture(scope="session")
def ambient_cluster(mesh_binaries: dict[str, Path]) -> Iterator[Cluster]:
    """A cluster of ambient mode, shared by the session: its istiod serves waypoints."""
    with Cluster.start("ambient", ambient=True) as started:
        yield started


@pytest.fixture(params=["newest", "1.27"], ids=lambda version: f"Istio {version}")
def each_cluster(request: pytest.FixtureRequest) -> Cluster:
    """The shared cluster of each Istio in turn, for what must hold on both."""
    found: Cluster = request.getfixturevalue("cluster" if request.param == "newest" else "old_cluster")
    return found


@pytest.fixture
def start_cluster(mesh_binaries: dict[str, Path]) -> Iterator[StartCluster]:
    """Start clusters of the test's own, to stop, break or take apart: `start_cluster("gamma", istiod=False)`."""
    with contextlib.ExitStack() as stack:

        def start(name: str = "gamma", *, istiod: bool = True, crds: bool = True) -> Cluster:
            return stack.enter_context(Cluster.start(name, istiod=istiod, crds=crds))

        yield start


@pytest.fixture
def make_namespace() -> Iterator[MakeNamespace]:
    """Make fresh namespaces in any cluster; they are deleted, in the background, when the test is over."""
    made: list[tuple[Cluster, str]] = []

    def make(where: Cluster) -> str:
        name = f"test-{secrets.token_hex(4)}"
        where.create_namespace(name)
        made.append((where, name))
        return name

    yield make
    for where, name in made:
        with contextlib.suppress(OSError):  # the test may have stopped that cluster for good
            where.api.delete("v1", "Namespace", name)


@pytest.fixture
def fresh_namespace(cluster: Cluster, make_namespace: MakeNamespace) -> str:
    """The name of an empty namespace in the shared cluster."""
    return make_namespace(cluster)


@contextlib.contextmanager
def _uncaptured(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let progress through: twenty minutes of silence look like a hang."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    if capture is None:
        yield
        return
    with capture.global_and_fixture_disabled():
        yield
