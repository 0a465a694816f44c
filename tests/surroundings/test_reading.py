"""Plain objects become small models; what is broken, deferred or foreign never stops the rest."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mesh_wasm.surroundings import Surroundings, World
from mesh_wasm.surroundings.objects import (
    Gateway,
    GatewayClass,
    IstioGateway,
    Namespace,
    Pods,
    Policy,
    Role,
    Secret,
    Service,
    ServiceEntry,
    TrafficExtension,
)
from mesh_wasm.surroundings.reading import read_thing
from mesh_wasm.values.deferred import INVALID
from mesh_wasm.values.marks import UNKNOWN_MARK


def thing(text: str) -> Any:
    return read_thing(yaml.safe_load(text), "a.yaml")


def deployment(name: str, more: str = "", template: str = "{app: cart}", kind: str = "Deployment") -> str:
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop, labels: {{app: other}}}}\n"
        f"spec:\n  template:\n    metadata: {{labels: {template}}}\n{more}"
    )


def test_service() -> None:
    read = thing(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop, labels: {istio.io/use-waypoint: w}}\n"
        "spec: {selector: {app: a}, ports: [{port: 80}, {port: 443, targetPort: https, name: tls}, "
        "{port: 90, targetPort: 8090}]}"
    )
    assert isinstance(read, Service)
    assert (read.place, read.labels, read.selector) == ("shop/a", {"istio.io/use-waypoint": "w"}, {"app": "a"})
    assert [(port.number, port.target) for port in read.ports] == [(80, 80), (443, "https"), (90, 8090)]
    assert read.origin == "a.yaml"


@pytest.mark.parametrize(
    ("addresses", "manual"),
    [
        ("[]", False),
        ("[{value: 10.0.0.1}]", False),
        ("[{type: IPAddress, value: 10.0.0.1}]", False),
        ("[{type: Hostname, value: gw.istio-system.svc.cluster.local}]", True),
        ("[{value: 10.0.0.1}, {value: 10.0.0.2}]", True),
    ],
)
def test_gateway_by_hand(addresses: str, manual: bool) -> None:
    """As IsManaged of istio's gateway conversion."""
    read = thing(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: g, namespace: edge}\n"
        f"spec: {{gatewayClassName: istio, addresses: {addresses}, listeners: [{{name: h, port: 80, protocol: HTTP}}]}}"
    )
    assert isinstance(read, Gateway)
    assert read.is_manual is manual
    assert not read.is_waypoint
    assert [listener.port for listener in read.listeners] == [80]


def test_gateways_of_three_kinds() -> None:
    istio = thing(
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g, namespace: edge}\n"
        "spec: {selector: {app: gw}, servers: [{port: {number: 443, name: https, protocol: HTTPS}}]}"
    )
    assert isinstance(istio, IstioGateway)
    assert istio.selector == {"app": "gw"}
    assert istio.listeners[0].protocol == "HTTPS"
    made = thing(
        "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: GatewayClass\nmetadata: {name: eg, namespace: x}\n"
        "spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}"
    )
    assert isinstance(made, GatewayClass)
    assert made.namespace is None


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"])
def test_workload_has_the_labels_of_its_template(kind: str) -> None:
    read = thing(deployment("cart", kind=kind))
    assert isinstance(read, Pods)
    assert (read.kind, read.labels) == (kind, {"app": "cart"})


def test_pod_job_cronjob_and_virtual_machines() -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: p}}\n"
    job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {metadata: {labels: {app: j}}}}"
    cron = (
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\n"
        "spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: c}}}}}}"
    )
    group = (
        "apiVersion: networking.istio.io/v1\nkind: WorkloadGroup\nmetadata: {name: vm, labels: {app: no}}\n"
        "spec: {metadata: {labels: {app: vm}}, template: {serviceAccount: x}}"
    )
    entry = (
        "apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: {name: vm1}\n"
        "spec: {address: 1.2.3.4, labels: {app: vm1}}"
    )
    found = [thing(text) for text in (pod, job, cron, group, entry)]
    assert [one.labels["app"] for one in found] == ["p", "j", "c", "vm", "vm1"]
    assert found[3].role is Role.SIDECAR


@pytest.mark.parametrize(
    ("template", "more", "role"),
    [
        ("{app: a}", "", Role.UNKNOWN),
        ("{sidecar.istio.io/inject: 'false'}", "", Role.NONE),
        ("{sidecar.istio.io/inject: 'true'}", "", Role.SIDECAR),
        ("{gateway.istio.io/managed: istio.io-mesh-controller}", "", Role.WAYPOINT),
        ("{gateway.istio.io/managed: istio.io-gateway-controller}", "", Role.GATEWAY),
        ("{app: a}", "    spec: {containers: [{name: istio-proxy, args: [proxy, router, --domain]}]}\n", Role.GATEWAY),
        ("{app: a}", "    spec: {containers: [{name: istio-proxy, args: [proxy, waypoint]}]}\n", Role.WAYPOINT),
        ("{app: a}", "    spec: {containers: [{name: app, args: [router]}]}\n", Role.UNKNOWN),
    ],
)
def test_role_of_pods(template: str, more: str, role: Role) -> None:
    assert thing(deployment("a", more, template)).role is role


def test_gateway_by_injection_template() -> None:
    value = yaml.safe_load(deployment("a"))
    value["spec"]["template"]["metadata"]["annotations"] = {"inject.istio.io/templates": "sidecar, gateway"}
    value["spec"]["template"]["metadata"]["labels"]["sidecar.istio.io/inject"] = "true"
    read = read_thing(value)
    assert isinstance(read, Pods)
    assert read.role is Role.GATEWAY


EXTERNAL = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: pull, namespace: edge}\nspec:\n"
DATA = "  data: [{secretKey: .dockerconfigjson, remoteRef: {key: r}}]\n"


@pytest.mark.parametrize(
    ("spec", "name", "type_", "keys"),
    [
        (DATA, "pull", "Opaque", (".dockerconfigjson",)),
        (DATA + "  target: {name: regcred}\n", "regcred", "Opaque", (".dockerconfigjson",)),
        (
            DATA + "  target: {template: {type: kubernetes.io/dockerconfigjson}}\n",
            "pull",
            "kubernetes.io/dockerconfigjson",
            (".dockerconfigjson",),
        ),
        (DATA + "  target: {template: {data: {config: x}}}\n", "pull", "Opaque", ("config",)),
        (
            DATA + "  target: {template: {mergePolicy: Merge, data: {config: x}}}\n",
            "pull",
            "Opaque",
            (".dockerconfigjson", "config"),
        ),
        ("  dataFrom: [{extract: {key: r}}]\n", "pull", "Opaque", None),
    ],
)
def test_external_secret(spec: str, name: str, type_: str, keys: tuple[str, ...] | None) -> None:
    read = thing(EXTERNAL + spec)
    assert isinstance(read, Secret)
    assert (read.name, read.type, read.keys) == (name, type_, keys)
    assert (read.made_by, read.manifest) == ("ExternalSecret", "pull")


def test_external_secret_that_only_adds_is_none() -> None:
    assert thing(EXTERNAL + DATA + "  target: {creationPolicy: Merge}\n") is None


def test_sealed_secret() -> None:
    head = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: pull, namespace: edge}\nspec:\n"
    body = "  encryptedData: {.dockerconfigjson: AgB}\n"
    bare, typed = thing(head + body), thing(head + body + "  template: {type: kubernetes.io/dockerconfigjson}\n")
    assert (bare.type, bare.keys) == ("Opaque", (".dockerconfigjson",))
    assert typed.type == "kubernetes.io/dockerconfigjson"


def test_no_secret_value_is_held() -> None:
    read = thing(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: Opaque\ndata: {k: c2VjcmV0LXZhbHVl}\n"
        "stringData: {p: secret-value}"
    )
    assert read.keys == ("k", "p")
    assert "secret-value" not in repr(read)
    assert "c2VjcmV0" not in repr(read)


def test_policies_and_traffic_extensions() -> None:
    custom = thing(
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ext, namespace: edge}\n"
        "spec: {action: CUSTOM, provider: {name: oauth}, selector: {matchLabels: {app: gw}}, rules: [{}]}"
    )
    assert isinstance(custom, Policy)
    assert custom.is_custom
    assert custom.selector == {"app": "gw"}
    lua = thing(
        "apiVersion: extensions.istio.io/v1alpha1\nkind: TrafficExtension\nmetadata: {name: l, namespace: edge}\n"
        "spec: {selector: {matchLabels: {app: gw}}, phase: AUTHN, priority: 10, wasm: {url: 'oci://x/y', type: NETWORK}}"
    )
    assert isinstance(lua, TrafficExtension)
    assert lua.spec == {
        "selector": {"matchLabels": {"app": "gw"}},
        "phase": "AUTHN",
        "priority": 10,
        "type": "NETWORK",
    }


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: 80, selector: [a]}",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: []",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [80, {port: x}, {port: {}}]}",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: [x]}",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {metadata: null, spec: x}}",
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
            "spec: {template: {spec: {containers: [{ports: [1], args: [{}]}]}}}"
        ),
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec: {servers: [1, {port: 1}]}",
    ],
)
def test_broken_companions_are_read_as_far_as_they_go(text: str) -> None:
    assert thing(text).name == "a"


@pytest.mark.parametrize(
    "text",
    [
        "kind: Service",
        "apiVersion: v1\nkind: Service",
        "apiVersion: v1\nkind: [Service]\nmetadata: {name: a}",
        "apiVersion: v1\nkind: Service\nmetadata: {name: 7}",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}",
        "apiVersion: example.com/v1\nkind: Gateway\nmetadata: {name: a}",
        "[]",
    ],
)
def test_what_is_no_companion_is_passed_over(text: str) -> None:
    assert thing(text) is None


FIELDS = (
    *("metadata", "spec", "template", "name", "labels", "ports", "port"),
    *("selector", "type", "data", "target", "args", "containers"),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just(INVALID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from(["Service", "Secret", "Pod", "Namespace"]),
    st.dictionaries(st.sampled_from(["spec", "metadata", "data", "type", "stringData"]), VALUES),
)
def test_reading_never_fails(kind: str, parts: dict[str, Any]) -> None:
    read_thing({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}, **parts})


def test_unknown_leaves_stay_unknown() -> None:
    value = yaml.safe_load(deployment("cart"))
    value["spec"]["template"]["metadata"]["labels"] = {"app": INVALID, "tier": UNKNOWN_MARK, "v": "1"}
    read = read_thing(value)
    assert read is not None
    assert read.labels == {"app": None, "tier": None, "v": "1"}
    value["spec"]["template"]["metadata"]["labels"] = INVALID
    read = read_thing(value)
    assert read is not None
    assert read.labels is None


def test_models_are_plain_values() -> None:
    assert asdict(thing("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {a: b}}")) == {
        "name": "shop",
        "namespace": None,
        "labels": {"a": "b"},
        "origin": "a.yaml",
    }
    assert isinstance(
        thing("apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: a}"), ServiceEntry
    )


def test_worlds() -> None:
    open_world = Surroundings.read([yaml.safe_load("{apiVersion: v1, kind: Namespace, metadata: {name: a}}")])
    closed = Surroundings.read([], World.CLOSED)
    assert not open_world.is_closed
    assert closed.is_closed
    assert open_world.find(Namespace, None, "a") is not None
    assert closed.beside(open_world.things).is_closed
