"""Keys that kubectl sends otherwise than they are written: told, and written on as they are sent."""

from __future__ import annotations

from pathlib import Path

import yaml
from click.testing import CliRunner

from mesh_wasm.cli import main
from mesh_wasm.findings.examples import GOOD
from mesh_wasm.lint import lint
from mesh_wasm.yaml.file import documents

TSB = """\
apiVersion: extension.tsb.tetrate.io/v2
kind: WasmExtension
metadata: {name: x, organization: acme}
spec:
  image: oci://registry.acme.io/filters/x:0.1
  priority: 1
  config: {on: a, no: b, 0755: c, 1e3: d, 1.10: e, "off": f, name: g}
---
apiVersion: gateway.tsb.tetrate.io/v2
kind: IngressGateway
metadata: {organization: acme, name: gw, group: g, workspace: w, tenant: t}
spec:
  workloadSelector: {namespace: edge, labels: {app: gw}}
  extension: [{fqn: organizations/acme/extensions/x}]
"""
SENT = {"true": "a", "false": "b", "493": "c", "1000": "d", "1.1": "e", "off": "f", "name": "g"}


def test_the_keys_are_told_together_on_the_line_of_the_first() -> None:
    (told,) = [one for one in lint(documents(TSB, "x.yaml")).findings if one.finding.rule == "MW256"]
    assert told.line == 7
    for part in ("on as 'true'", "no as 'false'", "0755 as '493'", "1e3 as '1000'", "1.10 as '1.1'"):
        assert part in told.finding.message
    assert "off" not in told.finding.message


def test_what_translate_writes_has_the_keys_that_are_sent(tmp_path: Path) -> None:
    (tmp_path / "tsb.yaml").write_text(TSB)
    (tmp_path / "fleet.yaml").write_text('clusters: {east: {namespaces: [edge], istioVersion: "1.30"}}\n')
    arguments = ["translate", str(tmp_path / "tsb.yaml"), "--inventory", str(tmp_path / "fleet.yaml")]
    result = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    (written,) = (path for path in (tmp_path / "out").rglob("*.yaml") if "pluginConfig" in path.read_text())
    assert yaml.safe_load(written.read_text())["spec"]["pluginConfig"] == SENT


def test_keys_of_a_list_are_told_of_their_own_item() -> None:
    items = "apiVersion: v1\nkind: List\nitems:\n" + "".join(
        "- " + GOOD.replace("\n", "\n  ").rstrip() + f"\n    pluginConfig: {{{key}: a}}\n" for key in ("name", "on")
    )
    first, second = documents(items, "x.yaml")
    assert (first.changed_keys, [key.written for key in second.changed_keys]) == ((), ["on"])


def test_keys_of_other_kinds_are_not_told() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {on: a}\n"
    assert lint(documents(text, "x.yaml")).findings == ()
