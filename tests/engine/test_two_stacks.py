"""The two-stack example on a real engine: a catalogue's definitions in a team's stack."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from .folder import ROOT, Folder

pytestmark = pytest.mark.engine

EXAMPLE = ROOT / "examples" / "two-stacks"


def test_team_attaches_what_the_catalogue_exports(tmp_path: Path) -> None:
    catalogue, team = Folder(tmp_path, EXAMPLE / "catalogue"), Folder(tmp_path, EXAMPLE / "team")
    for folder in (catalogue, team):
        folder.pulumi("stack", "init", "dev").good()

    # The catalogue has no outputs yet: the team's preview shows its objects all the same, and an update is refused.
    assert "shop-edge-east-acl-check" in team.pulumi("preview").good().text
    early = team.pulumi("up", "--yes", "--skip-preview")
    assert early.code != 0
    assert "update that stack first" in early.text
    assert "Traceback" not in early.text

    catalogue.pulumi("up", "--yes", "--skip-preview").good()
    told = team.pulumi("preview", "--diff").good().text
    assert "oci://registry.acme.io/filters/acl-check:1.4.2@sha256:" in told, "not secret as a whole"
    assert "change-me" not in told
    team.pulumi("up", "--yes", "--skip-preview").good()
    plugin = next((team.path / "rendered").rglob("*wasmplugin*.yaml"))
    spec = yaml.safe_load(plugin.read_text())["spec"]
    assert (spec["phase"], spec["priority"], spec["imagePullSecret"]) == ("AUTHZ", 10, "acme-registry")
    assert spec["pluginConfig"] == {"mode": "enforce", "token": "change-me-too"}
    for folder in (catalogue, team):
        assert "change-me" not in folder.pulumi("stack", "export").good().text
    assert "change-me" not in team.pulumi("preview", "--diff").good().text
