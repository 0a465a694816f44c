"""Running small programs on the recording monitor, and the parts that most of them share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

import mesh_wasm_pulumi as wasm
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm_pulumi.offline.monitor import Registered
from mesh_wasm_pulumi.offline.run import Run, run_program

PLUGIN_TYPE = "kubernetes:extensions.istio.io/v1alpha1:WasmPlugin"
SECRET_TYPE = "kubernetes:core/v1:Secret"
TENANT = "organizations/acme/tenants/shop"
GATEWAY = f"{TENANT}/workspaces/web/gatewaygroups/edge/ingressgateways/shop"
GROUP = f"{TENANT}/workspaces/web/securitygroups/services"
IMAGE = "oci://registry.acme.io/filters/acl-check:1.4.2@sha256:" + "7e" * 32


def run(program: Callable[[], Any], *, preview: bool = True, **config: str) -> Run:
    """Run a program with ``project:key`` configuration given as keywords."""
    return run_program(program, config={f"project:{key}": value for key, value in config.items()}, preview=preview)


def fleet(**facts: Any) -> wasm.Fleet:
    """Two clusters: east (prod) with edge, shop and pay; west (canary) with edge and shop."""
    east = {"labels": {"env": "prod"}, "istio_version": "1.27", "namespaces": ["edge", "shop", "pay"], **facts}
    west = {"labels": {"env": "canary"}, "istio_version": "1.27", "namespaces": ["edge", "shop"], **facts}
    return wasm.Fleet(
        [
            wasm.Cluster("east", provider=k8s.Provider("east", context="east"), **east),
            wasm.Cluster("west", provider=k8s.Provider("west", context="west"), **west),
        ]
    )


def extension_args(**changes: Any) -> Any:
    """Arguments of a good extension, with changes; a change to None removes the key."""
    base = {"organization": "acme", "image": IMAGE, "phase": "AUTHZ", "priority": 10, "config": {"mode": "enforce"}}
    return _changed(base, changes)


def gateway_args(extension: Any, in_fleet: Any, **changes: Any) -> Any:
    """Arguments of a good gateway attachment, with changes; a change to None removes the key."""
    base = {
        "gateway": GATEWAY,
        "workload_selector": {"namespace": "edge", "labels": {"app": "shop-gateway"}},
        "extensions": [{"extension": extension}],
        "fleet": in_fleet,
        "clusters": {"env": "prod"},
    }
    return _changed(base, changes)


def group_args(extension: Any, in_fleet: Any, **changes: Any) -> Any:
    """Arguments of a good group attachment, with changes; a change to None removes the key."""
    base = {
        "group": GROUP,
        "namespace_selector": ["*/shop", "east/pay"],
        "extensions": [{"extension": extension}],
        "fleet": in_fleet,
    }
    return _changed(base, changes)


def plugin_args(in_fleet: Any, metadata: dict[str, Any] | None = None, **spec: Any) -> Any:
    """Arguments of a good raw plugin in the namespace edge of all clusters, with changes to its spec."""
    good = {"url": IMAGE, "priority": 5, "selector": {"match_labels": {"app": "shop"}}}
    return {"metadata": metadata or {"namespace": "edge"}, "spec": _changed(good, spec), "fleet": in_fleet}


def _changed(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def of_type(result: Run, type_: str) -> list[Registered]:
    """The registered resources of a type, in order of their names."""
    found = [resource for resource in result.monitor.resources.values() if resource.type == type_]
    return sorted(found, key=lambda resource: resource.name)


def plugins(result: Run) -> list[Registered]:
    """The registered WasmPlugins."""
    return of_type(result, PLUGIN_TYPE)


def secrets(result: Run) -> list[Registered]:
    """The registered Secrets."""
    return of_type(result, SECRET_TYPE)


def findings(result: Run, component: str | None = None, severity: Severity | None = None) -> list[Finding]:
    """What was found, on one component or on all."""
    return [
        finding
        for name, finding in result.ledger.findings
        if component in (None, name) and severity in (None, finding.severity)
    ]


def errors(result: Run, component: str | None = None) -> list[Finding]:
    """The errors, on one component or on all."""
    return findings(result, component, Severity.ERROR)


def unknown(value: str = "") -> pulumi.Output[Any]:
    """An Output that is not known at preview: what a resource that does not exist yet would give."""
    return pulumi.Output.from_input(pulumi.UNKNOWN)
