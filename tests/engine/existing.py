"""Plugins that were there before any program: made by the tools of their owners, or as these make them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from mesh import build
from mesh.api import Object
from mesh.cluster import Cluster

from .folder import IMPORTS, ROOT
from .stack import Stack

TARGETS = "**:providers:kubernetes::*"
API_VERSION = "extensions.istio.io/v1alpha1"
ACL: dict[str, Any] = {
    "url": "oci://registry.acme.io/filters/acl:1.4.2",
    "phase": "AUTHZ",
    "priority": 10,
    "failStrategy": "FAIL_CLOSE",
    "pluginConfig": {
        "mode": "enforce",
        "limits": {"perMinute": 600, "burst": 1.5},
        "paths": ["/a", "${b}"],
        "none": None,
    },
}
"""What is one extension, wherever it stands."""


def plugin(name: str, namespace: str, spec: dict[str, Any], kind: str = "WasmPlugin", **metadata: Any) -> Object:
    """A manifest."""
    named = {"name": name, "namespace": namespace, **metadata}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": named, "spec": spec}


class Owners:
    """Those who made what is there, in one cluster."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self._folder = folder
        self._programs = build.ensure("kubectl", "helm")

    def kubectl(self, *words: str, given: object = None) -> str:
        """The real kubectl."""
        return self._run("kubectl", *words, given=None if given is None else json.dumps(given))

    def helm(self, release: str, manifest: Object) -> None:
        """A release of a chart of one template, installed by the real Helm."""
        chart = self._folder / f"chart-{self.cluster.name}-{release}"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": release, "version": "0.1.0"}))
        (chart / "templates" / "plugin.yaml").write_text(yaml.safe_dump(manifest))
        self._run("helm", "install", release, str(chart), "--namespace", manifest["metadata"]["namespace"])

    def tsb(self, manifest: Object) -> None:
        """As TSB's control plane writes it: labels, annotations, and a field manager of its own. TSB itself is not here."""
        metadata = manifest["metadata"]
        metadata["labels"] = {"app.kubernetes.io/managed-by": "tsb", "xcp.tetrate.io/workspace": "web"}
        metadata["annotations"] = {"tsb.tetrate.io/etag": '"abc="', "xcp.tetrate.io/contentHash": "0f" * 16}
        path = self.cluster.api.path(API_VERSION, manifest["kind"], metadata["namespace"])
        self.cluster.api.request("POST", path, manifest, fieldManager="xcp-edge").accepted()

    def _run(self, program: str, *words: str, given: str | None = None) -> str:
        command = [str(self._programs[program]), "--kubeconfig", str(self.cluster.kubeconfig), *words]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, f"{program} {words[0]}: {done.stderr}"
        return done.stdout


def settle(owners: Owners, edge: str, shop: str, *, nulls: bool = True) -> list[Object]:
    """Fill two namespaces: every owner, both kinds, defaults that are written, and no priority where there is none."""
    config = {key: value for key, value in ACL["pluginConfig"].items() if nulls or value is not None}
    acl = {**ACL, "pluginConfig": config}
    bare = {key: value for key, value in acl.items() if key != "priority"}
    at_edge = {**acl, "selector": {"matchLabels": {"istio": "ingressgateway"}}, "match": [{"mode": "CLIENT"}]}
    raw = {"url": "registry.acme.io/filters/stats:2", "priority": 0, "match": [], "phase": "UNSPECIFIED_PHASE"}
    marks = {"labels": {"team": "shop"}, "annotations": {"note": 'two\nlines "quoted"'}}
    script = {
        "lua": {"inlineCode": "function envoy_on_request(h)\nend\n"},
        "priority": 3,
        "selector": {"matchLabels": {"app": "x"}},
    }
    owners.kubectl("apply", "-f", "-", given=plugin("by-apply", shop, acl, **marks))
    owners.kubectl("apply", "--server-side", "-f", "-", given=plugin("by-server-side-apply", edge, acl))
    owners.kubectl("create", "-f", "-", given=plugin("by-create", shop, bare))
    owners.kubectl("create", "-f", "-", given=plugin("script", shop, script, kind="TrafficExtension"))
    owners.helm("by-helm", plugin("by-helm", edge, at_edge))
    owners.tsb(plugin("by-tsb", shop, {**raw, "selector": {"matchLabels": {"app": "shop"}}}))
    return list(held(owners.cluster, edge, shop))


def held(cluster: Cluster, *namespaces: str) -> Iterator[Object]:
    """Every plugin of either kind, as the API server has it, field managers included."""
    for kind in ("WasmPlugin", "TrafficExtension"):
        for namespace in namespaces:
            yield from cluster.api.list(API_VERSION, kind, namespace)


def versions(
    clusters: Iterator[Cluster] | tuple[Cluster, ...], *namespaces: str
) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """Generation and resource version of each: the one changes with the spec, the other with anything."""
    return {
        (cluster.name, one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]): (
            one["metadata"]["generation"],
            one["metadata"]["resourceVersion"],
            one["metadata"]["uid"],
        )
        for cluster in clusters
        for one in held(cluster, *namespaces)
    }


def mesh_wasm(*words: str, code: int = 0) -> str:
    """What the command says, as it is installed; it has to end with this code."""
    environment = {**os.environ, "PYTHONPATH": IMPORTS, "PULUMI_CONFIG_PASSPHRASE": "of the tests"}
    command = [str(Path(sys.executable).with_name("mesh-wasm")), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def imported(stack: Stack, project: Path) -> Stack:
    """The stack, after the commands that `mesh-wasm adopt` names for the project that it wrote."""
    program = stack.folder / "program"
    for file in project.iterdir():
        (program / file.name).write_text(file.read_text())
    manifest = yaml.safe_load((program / "Pulumi.yaml").read_text())
    if isinstance(manifest["runtime"], dict):
        manifest["runtime"]["options"]["virtualenv"] = sys.prefix
    (program / "Pulumi.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False))
    if not isinstance(manifest["runtime"], dict):
        stack.command("install")
    stack.up("--target", TARGETS).good()
    stack.run("import", "--file", "import.json", "--protect=false", "--generate-code=false", "--yes").good()
    return stack
