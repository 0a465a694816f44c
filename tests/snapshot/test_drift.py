"""Drift on a real API server: what others did to a plan's objects, and by whom; read with the least rights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from mesh.cluster import Cluster

from mesh_wasm_pulumi.cli import main

from .filled import CANARY, envoy_filter, secret, wasm_plugin
from .test_on_api_server import ROLE, account

pytestmark = pytest.mark.cluster
NAMESPACE = "drifting"
CONFIGURED = "in-a-configuration"
"""Snapshots keep configurations, and no report of drift shows one."""


def plugin(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "WasmPlugin",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {**wasm_plugin(), **spec},
    }


@pytest.fixture(scope="module")
def plan(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three plugins as planned, all of them applied, with the gateway that they run on."""
    folder = tmp_path_factory.mktemp("plan")
    (folder / "east").mkdir()
    cluster.create_namespace(NAMESPACE)
    template = {"metadata": {"labels": {"app": "gateway"}}, "spec": {"containers": [{"name": "x", "image": "x"}]}}
    gateway = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "gateway", "namespace": NAMESPACE},
               "spec": {"selector": {"matchLabels": {"app": "gateway"}}, "template": template}}  # fmt: skip
    cluster.api.apply(gateway).accepted()
    config = json.dumps({"auths": {"registry.acme.io": {"username": "u", "password": CANARY}}})
    pull = secret("pull", NAMESPACE, "kubernetes.io/dockerconfigjson", {".dockerconfigjson": config})
    cluster.api.apply(pull).accepted()
    planned = [
        plugin("acl"),
        plugin("jwt", url="oci://registry.acme.io/wasm/jwt:1", priority=20),
        plugin("log", url="oci://registry.acme.io/wasm/log:1", priority=5),
    ]
    for one in planned:
        (folder / "east" / f"{one['metadata']['name']}.yaml").write_text(yaml.safe_dump(one))
        cluster.api.apply(one, manager="pulumi-kubernetes-1").accepted()
    return folder


@pytest.fixture
def config(cluster: Cluster, tmp_path: Path) -> Path:
    return account(cluster, "drift-reader", yaml.safe_load(ROLE.read_text())["rules"], tmp_path)


def drift(plan: Path, config: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["drift", str(plan), "--context", "east", "--kubeconfig", str(config), *more])


def test_what_others_did_is_told_with_their_names(cluster: Cluster, plan: Path, config: Path) -> None:
    before = drift(plan, config)
    assert (before.exit_code, before.stdout) == (0, "cluster east: all is as planned\n"), before.output
    changed = plugin("acl", pluginConfig={"allow": ["/", CONFIGURED]})
    cluster.api.apply(changed, manager="kubectl-edit").accepted()
    assert cluster.api.delete("extensions.istio.io/v1alpha1", "WasmPlugin", "log", NAMESPACE).ok
    cluster.api.apply(plugin("acl-copy"), manager="helm").accepted()
    by_hand = {"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter",
               "metadata": {"name": "by-hand", "namespace": NAMESPACE}, "spec": envoy_filter()}  # fmt: skip
    cluster.api.apply(by_hand, manager="someone").accepted()
    config_json = json.dumps({"auths": {"registry.other.io": {"username": "u", "password": CANARY}}})
    cluster.api.apply(
        secret("pull", NAMESPACE, "kubernetes.io/dockerconfigjson", {".dockerconfigjson": config_json}),
        manager="rotator",
    ).accepted()
    told = drift(plan, config, "--format", "json")
    assert told.exit_code == 1
    found = [(one["kind"], one["subject"], one["path"], one["by"].split(" ")[0])
             for one in json.loads(told.stdout)["clusters"]["east"]]  # fmt: skip
    acl, copy = f"WasmPlugin {NAMESPACE}/acl", f"WasmPlugin {NAMESPACE}/acl-copy"
    assert found == [
        ("changed", acl, "spec.pluginConfig.allow", "kubectl-edit"),
        ("missing", f"WasmPlugin {NAMESPACE}/log", "", ""),
        ("pull secret", f"Secret {NAMESPACE}/pull", "data", "rotator"),
        ("foreign", copy, "", "helm"),  # beside jwt
        ("foreign", copy, "", "helm"),  # beside log
        ("same image twice", copy, "", "helm"),
        ("tie", copy, "", "helm"),
        ("foreign", f"EnvoyFilter {NAMESPACE}/by-hand", "", "someone"),
    ]
    assert f"the older one runs first on {NAMESPACE} · app=gateway." in drift(plan, config).output
    for form in ("text", "markdown", "json"):
        output = drift(plan, config, "--format", form).output
        assert CANARY not in output
        assert CONFIGURED not in output
        assert "kubectl-edit" in output
    assert cluster.api.delete("v1", "Secret", "pull", NAMESPACE).ok
    assert f"Secret {NAMESPACE}/pull: it is gone" in drift(plan, config).output


def test_a_snapshot_says_the_same_as_the_cluster(cluster: Cluster, plan: Path, config: Path, tmp_path: Path) -> None:
    out = tmp_path / "east.yaml"
    taken = CliRunner().invoke(main, ["snapshot", "--context", "east", "--kubeconfig", str(config), "--out", str(out)])
    assert taken.exit_code == 0
    live = drift(plan, config, "--format", "json")
    saved = CliRunner().invoke(main, ["drift", str(plan), "--snapshot", str(out), "--format", "json"])
    assert saved.exit_code == live.exit_code
    assert saved.stdout == live.stdout
    wrong = CliRunner().invoke(main, ["drift", str(plan), "--snapshot", f"west={out}"])
    assert (wrong.exit_code, "the plan has no cluster west; it has east" in wrong.output) == (2, True)
