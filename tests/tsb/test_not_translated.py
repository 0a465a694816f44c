"""Extensions in kinds of TSB that are passed over: every front says so, with the resource and with what it attaches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from support.programs import findings, fleet, run

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.cli import main

from .documents import ACL, ALL

API = "api.tsb.tetrate.io/v2"
SECURITY = "security.tsb.tetrate.io/v2"
LOG = "organizations/acme/extensions/log"
ATTACHED = [{"fqn": ACL}, {"fqn": LOG}]


def document(kind: str, spec: dict[str, Any], version: str = API) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"organization": "acme", "name": "default"}, "spec": spec}


SETTING = document("OrganizationSetting", {"defaultSecuritySetting": {"extension": ATTACHED}})
SAYS = (
    f"TSB attaches {ACL}, {LOG} here; the kind OrganizationSetting is not translated, so no WasmPlugin is written. "
    "Attach the extensions to the gateways and security groups that are meant: these are translated."
)


def command(*words: str) -> str:
    """What a command says of ``tsb.yaml``."""
    result = CliRunner().invoke(main, [words[0], "tsb.yaml", "--inventory", "clusters.yaml", *words[1:]])
    assert "Traceback" not in result.output
    return result.output


def component() -> str:
    made = run(lambda: wasm.TsbManifests("tsb", {"paths": ["tsb.yaml"], "fleet": fleet()}))
    return "\n".join(str(finding) for finding in findings(made, "tsb"))


@pytest.mark.parametrize("beside", [list(ALL), []], ids=["beside others", "alone"])
@pytest.mark.parametrize(
    "front",
    [lambda: command("translate", "--out", "out"), lambda: command("lint"), lambda: command("explain"), component],
    ids=["translate", "lint", "explain", "component"],
)
def test_every_front_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, front: Callable[[], str], beside: list[Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clusters.yaml").write_text("clusters: {east: {namespaces: [edge, shop]}, west: {namespaces: [edge, shop]}}")
    Path("tsb.yaml").write_text(yaml.safe_dump_all([*beside, SETTING]))
    said = " ".join(front().split())
    assert SAYS in said
    assert "MW556" in said


@pytest.mark.parametrize(
    ("carrying", "named"),
    [
        (document("TenantSetting", {"defaultSecuritySetting": {"extension": [{"fqn": ACL}]}}), ACL),
        (document("WorkspaceSetting", {"defaultSecuritySetting": {"extension": [{}]}}), "extensions"),
        (document("Profile", {"mandates": {"wasmExtensions": ATTACHED}}, "profile.tsb.tetrate.io/v2"), f"{ACL}, {LOG}"),
        (document("Profile", {"defaults": {"wasmExtensions": {"fqn": ACL}}}), ACL),
        (document("ServiceSecuritySetting", {"settings": {"extension": ATTACHED}}, SECURITY), f"{ACL}, {LOG}"),
        (
            document("ServiceSecuritySetting", {"subsets": [{"settings": {"extension": ATTACHED[:1]}}] * 2}, SECURITY),
            ACL,
        ),
        (document("ServiceSecuritySetting", {"subsets": [{"settings": {"extension": 7}}]}, SECURITY), "extensions"),
    ],
)
def test_what_is_attached_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, carrying: dict[str, Any], named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clusters.yaml").write_text("clusters: {east: {}}")
    Path("tsb.yaml").write_text(yaml.safe_dump(carrying))
    said = command("lint")
    assert f"{carrying['kind']} default spec." in said
    assert f"TSB attaches {named} here; the kind {carrying['kind']} is not translated" in said
