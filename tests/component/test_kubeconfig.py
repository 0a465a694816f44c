"""Clusters that are reached by a kubeconfig: what is wrong with it is told before the provider meets it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from support.programs import errors, extension_args, gateway_args, plugins, run

import mesh_wasm_pulumi as wasm
from mesh_wasm.findings.finding import format_path
from mesh_wasm_pulumi._reading.kubeconfig import kubeconfig_finding

KUBECONFIG = """\
apiVersion: v1
kind: Config
contexts: [{name: other, context: {cluster: c, user: u}}]
users: [{user: {token: s3cr3t}}]
"""
CURRENT = KUBECONFIG + "current-context: other\n"

BAD: list[tuple[str, str, str | None, str, str]] = [
    # what is wrong, kubeconfig, context, path, part of the message
    ("another context", KUBECONFIG, "east", "context", "no context 'east'; it has other"),
    ("no context at all", "contexts: []\n", "east", "context", "it has none"),
    ("no current context", KUBECONFIG, None, "context", "no current context; it has other"),
    ("dangling current context", KUBECONFIG + "current-context: gone\n", None, "context", "no context 'gone'"),
    ("empty", "", None, "kubeconfig", "it is empty"),
    ("blank", " \n", "east", "kubeconfig", "it is empty"),
    ("path of nothing", "/no/such/file", None, "kubeconfig", "neither a kubeconfig nor the path"),
    ("home of nobody", "~no-such-user/config", None, "kubeconfig", "neither a kubeconfig nor the path"),
    ("base64", base64.b64encode(CURRENT.encode() * 9).decode(), "other", "kubeconfig", "neither a kubeconfig nor"),
    ("no YAML", "s3cr3t: [\n", None, "kubeconfig", "cannot be read as a kubeconfig"),
    ("a list", "- s3cr3t\n", None, "kubeconfig", "cannot be read as a kubeconfig"),
    ("another JSON", '{"token": "s3cr3t"}', None, "kubeconfig", "cannot be read as a kubeconfig"),
]


@pytest.mark.parametrize(("text", "context", "path", "says"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_kubeconfig(text: str, context: str | None, path: str, says: str) -> None:
    finding = kubeconfig_finding(text, context)
    assert finding is not None
    assert (finding.rule, format_path(finding.path)) == ("MW508", path)
    assert says in finding.message
    assert "s3cr3t" not in str(finding)


def test_good_kubeconfigs(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(CURRENT)
    for kubeconfig, context in [(CURRENT, None), (KUBECONFIG, "other"), (str(file), None), (None, None), (7, "x")]:
        assert kubeconfig_finding(kubeconfig, context) is None


@pytest.mark.parametrize(
    "wrap", [str, pulumi.Output.from_input, pulumi.Output.secret], ids=["plain", "output", "secret"]
)
def test_all_clusters_and_components_are_told(wrap: Callable[[str], Any]) -> None:
    def program() -> None:
        east = wasm.Cluster("east", kubeconfig=wrap(KUBECONFIG), context="east", namespaces=["edge"])
        west = wasm.Cluster("west", kubeconfig="", namespaces=["edge"])
        acl = wasm.WasmExtension("acl", extension_args(priority="ten"))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, wasm.Fleet([east, west]), clusters=None))

    result = run(program)
    assert [finding.message for finding in errors(result, "cluster east")] == [
        "the kubeconfig has no context 'east'; it has other."
    ]
    assert [finding.message for finding in errors(result, "cluster west")] == ["it is empty."]
    assert [finding.rule for finding in errors(result, "acl")] == ["MW103"]
    assert result.failure is not None
    assert "acl (1 error), cluster east (1 error), cluster west (1 error): see" in result.failure
    assert result.failure.endswith("Nor for edge, which cannot do without what is refused.")
    assert not plugins(result)
    assert not any("s3cr3t" in message.text for message in result.monitor.messages)


def test_a_cluster_declared_twice() -> None:
    def program() -> None:
        wasm.Fleet([wasm.Cluster("east", kubeconfig=CURRENT), wasm.Cluster("east", kubeconfig=CURRENT)])

    assert run(program).failure == "cluster east is declared twice; give each cluster its own name."


def test_cluster_without_a_provider() -> None:
    with pytest.raises(pulumi.RunError, match="cluster east: give either provider or kubeconfig"):
        wasm.Cluster("east")
