"""Extensions in places of TSB that are not translated: every front refuses them, with the resource and what it attaches."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from support.programs import findings, fleet, run

import mesh_wasm_pulumi as wasm
from mesh_wasm.tsb import Bundle
from mesh_wasm_pulumi.cli import main

from .documents import ACL, ALL, FLEET, changed, files

SECURITY = "security.tsb.tetrate.io/v2"
APPLICATION = "application.tsb.tetrate.io/v2"
LOG = "organizations/acme/extensions/log"
ATTACHED = [{"fqn": ACL}, {"fqn": LOG}]
OPENAPI = """\
openapi: 3.0.0
info:
  title: Cart
  x-tsb-wasm-extensions:
  - name: wasm-header
    config: {header: x-cart}
paths: {}
"""


def document(kind: str, spec: dict[str, Any], version: str = SECURITY) -> dict[str, Any]:
    metadata = {"organization": "acme", "tenant": "shop", "workspace": "web", "group": "services", "name": "default"}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def service(*subsets: Any, **fields: Any) -> dict[str, Any]:
    return document("ServiceSecuritySetting", {"service": "shop/cart.shop", "subsets": list(subsets), **fields})


SUBSET = service({"name": "v1", "settings": {"extension": ATTACHED}})
SAYS = (
    f"TSB attaches {ACL}, {LOG} here, and this place is not translated: no WasmPlugin would be written. "
    "Attach the extensions to the service as a whole, in settings.extension: this is translated."
)


def command(*words: str) -> str:
    """What a command says of ``tsb.yaml``; it fails."""
    result = CliRunner().invoke(main, [words[0], "tsb.yaml", "--inventory", "clusters.yaml", *words[1:]])
    assert "Traceback" not in result.output
    assert result.exit_code != 0
    return result.output


def component() -> str:
    made = run(lambda: wasm.TsbManifests("tsb", {"paths": ["tsb.yaml"], "fleet": fleet()}))
    assert made.failure
    return "\n".join(str(finding) for finding in findings(made, "tsb"))


@pytest.mark.parametrize("beside", [list(ALL), []], ids=["beside others", "alone"])
@pytest.mark.parametrize(
    "front",
    [lambda: command("translate", "--out", "out"), lambda: command("lint"), lambda: command("explain"), component],
    ids=["translate", "lint", "explain", "component"],
)
def test_every_front_refuses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, front: Callable[[], str], beside: list[Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clusters.yaml").write_text("clusters: {east: {namespaces: [edge, shop]}, west: {namespaces: [edge, shop]}}")
    Path("tsb.yaml").write_text(yaml.safe_dump_all([*beside, SUBSET]))
    said = " ".join(front().split())
    assert SAYS in said
    assert "MW556" in said
    assert not Path("out").exists()


def refused(*many: dict[str, Any]) -> list[tuple[str, str, str]]:
    bundle = Bundle(files(*many), today=datetime.date(2026, 11, 22))
    told = [one.finding for one in bundle.check(complete=False) if one.finding.rule == "MW556"]
    return [
        (str(one.severity), one.where, one.message.removeprefix("TSB attaches ").partition(" here")[0]) for one in told
    ]


API = {"openapi": OPENAPI, "workloadSelector": {"namespace": "edge", "labels": {"app": "gw"}}}
STRUCTURED = {"definition": {"info": {"x-tsb-wasm-extensions": [{"name": "a"}, {"name": "b"}]}}}


@pytest.mark.parametrize(
    ("carrying", "where", "named"),
    [
        (SUBSET, "ServiceSecuritySetting default spec.subsets[0].settings.extension", f"{ACL}, {LOG}"),
        (
            service({"name": "v1", "settings": {"extension": 7}}),
            "ServiceSecuritySetting default spec.subsets[0].settings.extension",
            "extensions",
        ),
        (document("API", API, APPLICATION), "API default spec.openapi", "wasm-header"),
        (document("API", STRUCTURED, APPLICATION), "API default spec.definition.info", "a, b"),
        (
            document("API", {"openapi": "x-tsb-wasm-extensions: ["}, APPLICATION),
            "API default spec.openapi",
            "extensions",
        ),
        (
            document("NewSetting", {"rules": [{"wasm_plugins": ATTACHED[:1]}]}, "new.tsb.tetrate.io/v3"),
            "NewSetting default spec.rules[0].wasm_plugins",
            ACL,
        ),
        (
            document("Gateway", {"http": [{"wasmPlugins": ATTACHED}]}, "gateway.tsb.tetrate.io/v2"),
            "Gateway default spec.http[0].wasmPlugins",
            f"{ACL}, {LOG}",
        ),
    ],
)
def test_what_is_attached_is_named(carrying: dict[str, Any], where: str, named: str) -> None:
    assert refused(carrying) == [("error", where, named)]


@pytest.mark.parametrize(
    "silent",
    [
        service(1, {"settings": 7}),
        document("API", {"openapi": "info: {description: about x-tsb-wasm-extensions}"}, APPLICATION),
        document("Gateway", {"http": [{"extensions": {"kong": {}}}]}, "gateway.tsb.tetrate.io/v2"),
        document("WasmExtension", {"config": {"extension": [1]}}, "extension.tsb.tetrate.io/v2"),
        document("Thing", {"extension": [{"fqn": ACL}]}, "example.com/v1"),
        document("TenantSetting", {"defaultSecuritySetting": {"extension": []}}, "api.tsb.tetrate.io/v2"),
    ],
)
def test_nothing_is_said_without_reason(silent: dict[str, Any]) -> None:
    assert refused(silent) == []


def test_it_can_be_waived() -> None:
    waived = {"mesh-wasm/waive": "MW556 until 2026-12-31: v1 is gone by then"}
    assert [severity for severity, _, _ in refused(changed(SUBSET, "metadata.annotations", waived))] == ["info"]
    other = changed(document("API", API, APPLICATION), "metadata.annotations", waived)
    assert [severity for severity, _, _ in refused(other)] == ["info"]
    plan = Bundle(files(*ALL, other), today=datetime.date(2026, 11, 22)).plan(FLEET)
    assert plan.errors == []
    assert len(plan.objects()) == 3
