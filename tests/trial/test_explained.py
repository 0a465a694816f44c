"""`mesh-wasm explain --format html` leads from each plugin to what a real Envoy said of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mesh_wasm.modules.effective import Effective
from mesh_wasm.modules.facts import look_at
from mesh_wasm.modules.locked import Artifact, Lock, LockedModule, TrialVerdict
from mesh_wasm.modules.lockfile import lock_text
from mesh_wasm_pulumi.cli import main

from .modules import ACL

URL = "oci://registry.acme.io/filters/acl:1.4.2"
CONFIGS: dict[str, Any] = {"good": {"deny": "/a"}, "bad": {"mode": "<b>"}, "changed": {"deny": "/b"}}
SAYS = {
    "good": ("tried", "It starts with this configuration in Envoy 1.40.0."),
    "bad": ("refused", "It does not start with this configuration in Envoy 1.40.0: missing &lt;field&gt; deny."),
    "changed": ("not tried", "Its configuration has changed; the module was tried with 2 other configurations."),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, config in CONFIGS.items():
        spec = {"url": URL, "selector": {"matchLabels": {"app": "shop"}}, "pluginConfig": config, "priority": 1}
        whole = {
            "apiVersion": "extensions.istio.io/v1alpha1",
            "kind": "WasmPlugin",
            "metadata": {"name": name, "namespace": "edge"},
            "spec": spec,
        }
        path = tmp_path / f"plan/east/edge/{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(whole))
    return tmp_path / "plan"


def lock(folder: Path) -> None:
    verdicts = (
        TrialVerdict(Effective(CONFIGS["good"]).digest(), "1.40.0", True),
        TrialVerdict(Effective(CONFIGS["bad"]).digest(), "1.40.0", False, "missing <field> deny"),
    )
    artifact = Artifact("sha256:" + "0a" * 32, "application/vnd.oci.image.manifest.v1+json", (), "compat")
    entry = LockedModule(URL, artifact, look_at(ACL.read_bytes()), verdicts=verdicts)
    (folder / "mesh-wasm.lock").write_text(lock_text(Lock({URL: entry})))


def page(folder: Path) -> str:
    done = CliRunner().invoke(main, ["explain", str(folder), "--format", "html"])
    assert done.exit_code == 0, done.output
    return done.output


def test_each_plugin_leads_to_its_verdict(folder: Path) -> None:
    lock(folder)
    html = page(folder)
    for name, (status, says) in SAYS.items():
        section = re.search(
            rf'<li id="(v\d)"[^>]*><span class="tag">{status}</span><b>east: edge/{name}</b>: (.*)</li>', html
        )
        assert section is not None, name
        assert section[2] == says
        own = next(part for part in html.split("<details")[1:] if f"edge/{name}</dd>" in part)
        assert f'<dt>in a real Envoy</dt><dd><a href="#{section[1]}">{status}</a></dd>' in own


def test_without_a_lock_nothing_is_said_of_trials(folder: Path) -> None:
    assert "In a real Envoy" not in page(folder)
