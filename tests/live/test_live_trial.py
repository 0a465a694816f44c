"""The same request through `mesh-wasm try` and through the gateway of the mesh: the same answer, and the same bytes told.

Both have the echo of `try` behind them. What belongs to the route of a gateway and not to its filters is left out: the
decorator, and what differs from one request to the next.
"""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from mesh import build, realfilters
from mesh.filters import HEADER
from mesh.proxy import Proxy
from mesh.response import Response
from trial.modules import ACL

import mesh_wasm_pulumi as wasm
from mesh_wasm.modules.cache import Cache
from mesh_wasm.modules.effective import Effective
from mesh_wasm.modules.locked import Lock
from mesh_wasm.trial.asked import Asked, pods
from mesh_wasm.trial.echo import Echo
from mesh_wasm.trial.envoy import Envoy, find_envoys
from mesh_wasm.trial.filters import Runnable
from mesh_wasm.trial.planned import planned_chain
from mesh_wasm.trial.proxy import TrialProxy, dump_of
from mesh_wasm.trial.verdict import try_start
from mesh_wasm_pulumi.offline.run import run_program
from mesh_wasm_pulumi.offline.source import source_of

from .stage import Extension, Modules, Stage, chain, names, until

pytestmark = pytest.mark.live

HOST = "echo.try.internal"
_OF_REQUEST = {"date", "x-envoy-upstream-service-time", "content-length", "x-request-id", "host"}
_OF_ROUTE = {"x-envoy-decorator-operation"}
Program = Callable[[], None]


@pytest.fixture(scope="module")
def envoy() -> Envoy:
    return find_envoys([build.ensure("envoy")["envoy"]])[0]


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.close()


@pytest.fixture
def echoing(stage: Stage, echo: Echo) -> Stage:
    """A gateway whose route leads to the echo."""
    proxy = stage.proxy
    entry = {
        "hosts": [HOST],
        "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}],
        "resolution": "STATIC",
        "location": "MESH_EXTERNAL",
        "endpoints": [{"address": "127.0.0.1", "ports": {"http": echo.port}}],
    }
    route = {"name": "echo", "route": [{"destination": {"host": HOST, "port": {"number": 80}}}]}
    for kind, spec in {
        "ServiceEntry": entry,
        "VirtualService": {"hosts": ["*"], "gateways": ["probe"], "http": [route]},
    }.items():
        proxy.cluster.api.apply(proxy._object("networking.istio.io/v1", kind, **spec)).accepted()
    until(proxy, lambda answer: answer.status == 200 and "x-forwarded-proto" in answer.body, "the echo")
    return stage


def tried(stage: Stage, program: Program, envoy: Envoy, files: Mapping[str, Path]) -> TrialProxy:
    """The planned chain of the stage's gateway."""
    source = source_of(run_program(program, preview=False))
    asked = Asked(stage.clusters[0].name, pods(stage.namespace, stage.labels), "gateway", port=stage.proxy.port)
    planned = planned_chain(source, asked, Lock(absent=True), Cache(Path("/nowhere")), files)
    return TrialProxy(planned, envoy, admin=True)


def seen(answer: Response) -> tuple[Any, ...]:
    """What a client is told, and what the upstream was told; less what differs from one request to the next."""
    headers: dict[str, Any] = {name: value for name, value in answer.headers.items() if name not in _OF_REQUEST}
    if HEADER in headers:
        headers[HEADER] = chain(answer)  # Envoy tells variables in an order that differs from process to process
    try:
        told = json.loads(answer.body)
    except ValueError:
        return answer.status, headers, answer.body
    if isinstance(told, dict):
        left = {name: value for name, value in told["headers"].items() if name not in _OF_REQUEST | _OF_ROUTE}
        told = {**told, "headers": left}
    return answer.status, headers, told


def ask(proxy: TrialProxy, headers: Mapping[str, str] | None = None, path: str = "/shop?a=b") -> Response:
    from mesh.proxy import _get

    return _get(int(proxy.url.rpartition(":")[2]), path, headers)


def agree(proxy: TrialProxy, live: Proxy, figures: Counter[str], path: str = "/shop?a=b", wait: float = 60) -> Response:
    """Ask both until the mesh has come to where `try` is, and then twice more."""
    wanted = ask(proxy, {"x-ask": "1"}, path)
    deadline = time.monotonic() + wait
    answer: Any = None
    while answer is None or seen(answer) != seen(wanted):
        if time.monotonic() > deadline:
            figures["disagreements"] += 1
            raise AssertionError(f"try: {seen(wanted)}\nmesh: {seen(answer) if answer else answer}")
        time.sleep(0.1)
        try:
            answer = live.get(path, {"x-ask": "1"})
        except OSError:
            continue
    for number in ("2", "3"):
        assert seen(ask(proxy, {"x-ask": number}, path)) == seen(live.get(path, {"x-ask": number}))
    figures["requests through try and the mesh"] += 3
    return wanted


def bytes_told(dump: Any) -> dict[str, Any]:
    """By filter: the text of its configuration, its root id and its environment, as Envoy has them."""
    found: dict[str, Any] = {}
    for section in dump["configs"]:
        for one in section.get("ecds_filters") or ():
            config = (one["ecds_filter"].get("typed_config") or {}).get("config")
            if config is not None:
                vm = config["vm_config"]
                found[one["ecds_filter"]["name"]] = (
                    (config.get("configuration") or {}).get("value"),
                    config.get("root_id", ""),
                    vm.get("environment_variables"),
                    config.get("failure_policy"),
                    config["name"],
                )
    return found


def compare(stage: Stage, program: Program, envoy: Envoy, files: Mapping[str, Path], figures: Counter[str]) -> Response:
    """Deploy a program and try it: the same answers, and the same bytes in both dumps."""
    stage.deploy(program)
    with tried(stage, program, envoy, files) as proxy:
        answer = agree(proxy, stage.proxy, figures)
        ours, theirs = bytes_told(dump_of(proxy)), bytes_told(stage.proxy.config_dump())
        assert ours
        assert ours == {name: told for name, told in theirs.items() if name in ours}
        # What ran in a listener that drains is still in the dump: the list of the present one is that of its filters.
        assert [name for name in stage.filter_names() if "/" in name] == [one.resource for one in proxy.chain.plugins]
        figures["configurations equal to the byte"] += len(ours)
        return answer


@pytest.fixture
def file(modules: Modules, tmp_path: Path) -> Path:
    path = tmp_path / "v1.wasm"
    path.write_bytes(modules("v1"))
    return path


def test_the_chain_of_the_reference(
    echoing: Stage, envoy: Envoy, modules: Modules, file: Path, figures: Counter[str]
) -> None:
    """openid-connect -> acl-check -> check-header, as raw plugins."""
    image = echoing.registry.push("filters/tried", modules("v1"))
    plugins = [("check-header", "AUTHZ", 10), ("acl-check", "AUTHZ", 1000), ("openid-connect", "AUTHN", None)]

    def program() -> None:
        password: Any = {"registry": echoing.registry.host, "username": "puller", "password": echoing.registry.password}
        secret = wasm.PullSecret("private-registry", password)
        fleet = echoing.fleet()
        for name, phase, priority in plugins:
            spec: Any = {
                "selector": {"match_labels": echoing.labels},
                "url": image.url,
                "phase": phase,
                "plugin_config": {"name": name},
                **({} if priority is None else {"priority": priority}),
            }
            metadata: Any = {"name": name, "namespace": echoing.namespace}
            wasm.WasmPlugin(name, {"metadata": metadata, "spec": spec, "pull_secret": secret, "fleet": fleet})

    files = {name: file for name, _, _ in plugins}
    answer = compare(echoing, program, envoy, files, figures)
    assert names(answer) == ["openid-connect", "acl-check", "check-header"]


TEXTS = ["", "plain", 'a"b\\c', "<é>&\u2028", "tab\tline\n", "日本", "\x7f"]
NUMBERS: list[Any] = [0, 1.5, -3, 1e21, 2**53, 0.000001, 1e-9, True, False, 12345678.25]


def value(rnd: random.Random, depth: int = 2) -> Any:
    if depth and rnd.random() < 0.4:
        inner = [value(rnd, depth - 1) for _ in range(rnd.randint(1, 3))]
        return inner if rnd.random() < 0.5 else {rnd.choice("zAb_") + str(i): one for i, one in enumerate(inner)}
    return rnd.choice(TEXTS + NUMBERS)


def extension(rnd: random.Random, number: int, url: str, port: int) -> Extension:
    """Any of the fields that decide what a plugin is started with, and whether it runs."""
    more: dict[str, Any] = {}
    if rnd.random() < 0.5:
        pairs = [
            {"name": f"V{i}", "value_from": "INLINE", "value": rnd.choice(["", "x", "a=b", "é"])} for i in range(2)
        ]
        more["vm_config"] = {"env": pairs}
    attached: dict[str, Any] = {}
    if rnd.random() < 0.4:
        attached["config"] = {"name": f"e{number}", "of": "the attachment", "v": value(rnd)}
    if rnd.random() < 0.4:
        mode = rnd.choice(["CLIENT", "CLIENT_AND_SERVER"])
        ports = rnd.choice([[], [port], [port + 1]])
        attached["match"] = [{"mode": mode, **({"ports": [{"number": one} for one in ports]} if ports else {})}]
    phase = rnd.choice(["AUTHN", "AUTHZ", "STATS", "UNSPECIFIED_PHASE"])
    config = {"name": f"e{number}", "v": value(rnd)}
    return Extension(f"e{number}", url, phase, rnd.choice([None, 5, 5, -1, 2000]), config, attached, more)


def test_generated_plans(echoing: Stage, envoy: Envoy, modules: Modules, file: Path, figures: Counter[str]) -> None:
    """Ties, replaced configurations, matches, environments: what `try` says, the mesh then does."""
    image = echoing.registry.push("filters/generated", modules("v1"))
    for seed in range(8):
        rnd = random.Random(seed)
        ones = [extension(rnd, number, image.url, echoing.proxy.port) for number in range(rnd.randint(1, 5))]
        ones.append(Extension("always", image.url, "STATS", 1))
        files = {one.name: file for one in ones}
        answer = compare(echoing, echoing.gateway_program(*ones), envoy, files, figures)
        assert "always" in names(answer)


@pytest.mark.parametrize("strategy", ["FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"])
def test_after_a_crash(
    echoing: Stage, envoy: Envoy, modules: Modules, file: Path, figures: Counter[str], strategy: str
) -> None:
    """One request traps; the next ones fare as the strategy says, here as there."""
    image = echoing.registry.push("filters/crashing", modules("v1"))
    ones = [Extension(name, image.url, priority=1, more={"fail_strategy": strategy}) for name in ("one", "two")]
    program = echoing.gateway_program(*ones)
    echoing.deploy(program)
    with tried(echoing, program, envoy, {"one": file, "two": file}) as proxy:
        agree(proxy, echoing.proxy, figures)
        crash = {"x-crash": "now"}
        assert seen(ask(proxy, crash))[0] == seen(echoing.proxy.get("/shop?a=b", crash))[0] == 503
        assert seen(ask(proxy)) == seen(echoing.proxy.get("/shop?a=b"))
        time.sleep(3)
        agree(proxy, echoing.proxy, figures)


REAL = {
    "go": ("", {"a": 1}, {"refuse": 1}),
    "rust": ("", {"a": 1}, {"refuse": 1}),
    "as": ("as_filter", {"a": 1}, None),
    "wat": ("", {"deny": "/admin"}, {"mode": 1}),
}
"""Root id, a configuration that the module takes, and one that it does not (None: another root id)."""


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("name", REAL)
def test_our_verdict_is_what_the_mesh_then_does(
    echoing: Stage, envoy: Envoy, tmp_path: Path, figures: Counter[str], name: str, good: bool
) -> None:
    """Real modules of three languages, and one written by hand: 200 where it starts, 500 on every request where not."""
    if name != "wat" and (lacks := realfilters.missing(name)):
        pytest.skip(f"{lacks}: the {name} filter cannot be built here")
    module = ACL if name == "wat" else realfilters.module(name)
    root_id, takes, refuses = REAL[name]
    config: Any = takes if good else refuses or takes
    root_id = "another" if not good and refuses is None else root_id
    plugin_here = Runnable(echoing.namespace, "one", Effective(config, root_id=root_id), module)
    verdict = try_start(envoy, [plugin_here])
    assert verdict.accepted is good, verdict
    assert bool(verdict.says) is not good

    image = echoing.registry.push(f"filters/{name}-{good}".lower(), module.read_bytes())
    spec: Any = {"url": image.url, "imagePullSecret": "pull", "pluginConfig": config, "phase": "AUTHN"}
    spec |= {"pluginName": root_id} if root_id else {}
    plugin = echoing.object("WasmPlugin", "one", **spec)
    echoing.apply(echoing.clusters[0], [echoing.pull_secret(), plugin])
    deadline = time.monotonic() + 120
    status = 0
    while status != (200 if good else 500) or not (bytes_told(_dump(echoing.proxy)) or not good):
        assert time.monotonic() < deadline, status
        time.sleep(0.2)
        with contextlib.suppress(OSError):  # a large module keeps Envoy busy
            status = echoing.proxy.get().status
    figures["verdicts on configurations"] += 1


def _dump(proxy: Proxy) -> Any:
    try:
        return proxy.config_dump()
    except OSError:
        return {"configs": []}
