"""A planned chain in a real Envoy: requests pass it as in the mesh, and nothing of it stays."""

from __future__ import annotations

import http.client
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mesh_wasm_pulumi as wasm
from mesh_wasm.chains.workload import Workload, WorkloadKind
from mesh_wasm.modules.effective import Effective
from mesh_wasm.trial.asked import Asked, TrialError, pods, read_workload
from mesh_wasm.trial.bootstrap import Upstream
from mesh_wasm.trial.envoy import Envoy
from mesh_wasm.trial.filters import Runnable
from mesh_wasm.trial.planned import PlannedChain
from mesh_wasm.trial.process import Limits
from mesh_wasm.trial.proxy import TrialProxy
from mesh_wasm_pulumi.testing import ProgramPlan, plan_of

from . import modules
from .modules import ACL, KINDS
from .processes import children

pytestmark = pytest.mark.live

SECRET = "hunter2-is-no-password"


@pytest.fixture(autouse=True)
def nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, envoy: Envoy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """No process, and no file in the temporary folder, which is one of our own."""
    folder = tmp_path_factory.mktemp("temporary")
    for kind in KINDS:
        modules.module(kind)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("MESH_WASM_ENVOY", str(envoy.path))
    before = children()
    yield
    assert children() <= before
    assert list(folder.iterdir()) == []


def chain(*plugins: Runnable, role: str = "gateway", secrets: tuple[Any, ...] = ()) -> PlannedChain:
    asked = Asked("east", pods("edge", {"app": "shop-gateway"}))
    return PlannedChain(asked, role, plugins, "", (), secrets=secrets)


def plugin(name: str = "acl", module: Path = ACL, *, strategy: str = "FAIL_CLOSE", **config: Any) -> Runnable:
    return Runnable("edge", name, Effective(config), module, strategy=strategy)


def get(proxy: TrialProxy, path: str = "/") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", int(proxy.url.rpartition(":")[2]), timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_requests_pass_the_chain(envoy: Envoy) -> None:
    with TrialProxy(chain(plugin("one", deny="/a"), plugin("two", deny="/b")), envoy) as proxy:
        assert [get(proxy, path)[0] for path in ("/a", "/b/c", "/x")] == [403, 403, 200]
        assert [one.path for one in proxy.requests] == ["/x"]
        assert proxy.log("one") == proxy.log("edge/two") == ["refused a request"]
        assert proxy.requests[0].headers["x-envoy-attempt-count"] == "1"
    with pytest.raises(TrialError, match="No plugin of this chain is called three; there is edge/one, edge/two"):
        proxy.log("three")
    with pytest.raises(OSError, match="refused"):
        get(proxy)


@pytest.mark.parametrize("strategy", ["FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"])
def test_a_module_that_does_not_start_costs_what_it_costs_in_the_mesh(envoy: Envoy, strategy: str) -> None:
    """A 500 on every request, even under FAIL_OPEN (docs/measured.md)."""
    with TrialProxy(chain(plugin("bad", strategy=strategy), plugin("good", deny="/a")), envoy) as proxy:
        assert get(proxy)[0] == 500
        assert proxy.refused == {"edge/bad": "missing field deny"}


def test_a_port_that_is_taken(envoy: Envoy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TrialError, match=f"Port {port} is taken"), TrialProxy(chain(plugin()), envoy, port=port):
            raise AssertionError("it has started")


def test_a_module_that_loops_is_told_and_ended(envoy: Envoy, module: Callable[[str], Path]) -> None:
    limits = Limits(seconds=3)
    with (
        pytest.raises(TrialError, match="It has not started within 3 s: one of edge/loops"),
        TrialProxy(chain(plugin("loops", module("loops"))), envoy, limits=limits),
    ):
        raise AssertionError("it has started")


def test_ctrl_c_while_it_starts_leaves_nothing(envoy: Envoy, monkeypatch: pytest.MonkeyPatch) -> None:
    """As at any other moment: the block has not begun, and there is nothing to end later."""

    def interrupted(_: TrialProxy) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("mesh_wasm.trial.proxy.time.sleep", interrupted)
    with pytest.raises(KeyboardInterrupt), TrialProxy(chain(plugin(deny="/a")), envoy):
        raise AssertionError("it has started")


def test_an_envoy_that_ends_by_itself(envoy: Envoy) -> None:
    with TrialProxy(chain(plugin(deny="/a")), envoy) as proxy:
        assert proxy.ended() == ""
        assert proxy._process is not None
        os.kill(proxy._process.pid, 11)
        while not proxy.ended():
            pass
        assert proxy.ended().startswith("Envoy has ended by itself (")


def test_a_secret_reads_as_a_mark_wherever_it_comes_to(envoy: Envoy, module: Callable[[str], Path]) -> None:
    with TrialProxy(chain(plugin("acl", deny=f"/{SECRET}"), secrets=(SECRET,)), envoy) as proxy:
        assert get(proxy, f"/x?{SECRET}")[0] == 200
        assert proxy.requests[0].path == "/x?<secret>"
    repeats = Runnable("edge", "says", Effective({"token": SECRET}), module("repeats"))
    with TrialProxy(chain(repeats, secrets=(SECRET,)), envoy) as proxy:
        said = "\n".join(line.text for line in proxy.lines)
        assert '"token":"<secret>"' in said
        assert SECRET not in said + repr(proxy.requests) + repr(proxy.chain)


def test_an_upstream_of_ones_own(envoy: Envoy) -> None:
    with TrialProxy(chain(plugin("behind", deny="/no")), envoy) as behind:
        port = behind.url.rpartition(":")[2]
        with TrialProxy(chain(plugin("front", deny="/a")), envoy, upstream=behind.url) as proxy:
            assert get(proxy, "/no")[0] == 403
            assert get(proxy, "/yes")[0] == 200
            assert proxy.requests == []
        assert behind.requests[0].headers["host"] == f"127.0.0.1:{port}"


@pytest.mark.parametrize("url", ["localhost:80", "ftp://a", "http://a/path", "http://a:x", ""])
def test_what_is_no_upstream(url: str) -> None:
    with pytest.raises(TrialError, match="is no upstream"):
        Upstream.parse(url)


def test_what_is_a_workload() -> None:
    assert read_workload("edge/app=a,v=1") == Workload(WorkloadKind.PODS, "edge", (("app", "a"), ("v", "1")))
    assert read_workload("edge/Gateway/shop") == Workload(WorkloadKind.GATEWAY, "edge", name="shop")
    for text in ("edge", "edge/", "edge/app", "/app=a", "edge/Deployment/a", "edge/=a"):
        with pytest.raises(TrialError, match="names no workload"):
            read_workload(text)


GATEWAY = "organizations/acme/tenants/shop/workspaces/web/gatewaygroups/edge/ingressgateways/shop"
KUBECONFIG = "{kind: Config, current-context: east, contexts: [{name: east, context: {cluster: east, user: u}}]}"


def planned(*names: str, **spec: Any) -> ProgramPlan:
    """Raw plugins on the gateway, in this order of priority."""

    def program() -> None:
        fleet = wasm.Fleet([wasm.Cluster("east", kubeconfig=KUBECONFIG, namespaces=["edge"], istio_version="1.32")])
        for rank, name in enumerate(names):
            whole: Any = {
                "selector": {"match_labels": {"app": "shop-gateway"}},
                "url": "oci://registry.acme.io/filters/acl:1",
                "plugin_config": {"deny": f"/{name}"},
                "priority": 10 - rank,
                **spec,
            }
            wasm.WasmPlugin(name, {"metadata": {"name": name, "namespace": "edge"}, "spec": whole, "fleet": fleet})

    return plan_of(program)


LABELS = {"app": "shop-gateway"}


def test_a_plan_is_asked_in_a_test() -> None:
    files = {"a": ACL, "edge/b": ACL}
    with planned("b", "a").proxy("east", "edge", {**LABELS, "more": "labels"}, modules=files) as proxy:
        assert [one.name for one in proxy.chain.plugins] == ["b", "a"]
        assert [get(proxy, path)[0] for path in ("/a", "/b", "/c")] == [403, 403, 200]


@pytest.mark.parametrize(
    ("where", "says"),
    [
        (("west", "edge", LABELS), "There is no cluster west; there is east."),
        (
            ("east", "shop", LABELS),
            "No plugin runs on shop · app=shop-gateway in cluster east.\nPlugins are aimed at edge",
        ),
        (("east", "edge", LABELS), "is not known: there is no lock. Run mesh-wasm lock, or give its file."),
    ],
)
def test_what_cannot_be_had_is_told(where: Any, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrialError) as told:
        planned("a").proxy(*where)
    assert says in str(told.value)


def test_a_module_for_nobody_and_one_that_is_not_there() -> None:
    with pytest.raises(TrialError, match=r"No plugin is called c; there is edge/a\."):
        planned("a").proxy("east", "edge", LABELS, modules={"a": ACL, "c": ACL})
    with pytest.raises(TrialError, match=r"There is no nowhere\.wasm, which was given for edge/a\."):
        planned("a").proxy("east", "edge", LABELS, modules={"a": "nowhere.wasm"})


def test_plugins_that_choose_their_traffic() -> None:
    """By direction as the proxy is, by port only where the listener's is said."""
    files = {"a": ACL}
    ports = planned("a", match=[{"mode": "CLIENT", "ports": [{"number": 8080}]}])
    with pytest.raises(TrialError, match="edge/a runs on port 8080 only; say which port the listener has"):
        ports.proxy("east", "edge", LABELS, modules=files)
    assert len(ports.proxy("east", "edge", LABELS, listener_port=8080, modules=files).chain.plugins) == 1
    with pytest.raises(TrialError, match="No plugin runs on"):
        ports.proxy("east", "edge", LABELS, listener_port=8081)
    inbound = planned("a", match=[{"mode": "SERVER"}])
    assert inbound.proxy("east", "edge", LABELS, role="sidecar", modules=files).chain.role == "sidecar"
    with pytest.raises(TrialError, match="it takes no outbound traffic of this listener"):
        inbound.proxy("east", "edge", LABELS, role="gateway", modules=files)


def test_a_plan_with_errors_is_no_plan() -> None:
    with pytest.raises(AssertionError, match="the program is refused"):
        planned("a", phase="LAST").proxy("east", "edge", LABELS)
