"""TsbManifests for the other Pulumi languages: texts and files travel over the wire, and so do their problems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from support.plugin import Plugin
from support.programs import PLUGIN_TYPE
from tsb.documents import ALL, EXTENSION, changed


def test_documents_travel_as_texts(plugin: Plugin, fleet: Any) -> None:
    answer = plugin.construct("TsbManifests", "tsb", {"documents": [yaml.safe_dump_all(ALL)], "fleet": fleet})
    assert answer.code == "", f"{answer.message}: {answer.problems}"
    made = [one for one in plugin.monitor.resources.values() if one.type == PLUGIN_TYPE]
    assert made
    assert {one.parent for one in made} == {answer.urn}


def test_problems_name_file_and_line(plugin: Plugin, fleet: Any, tmp_path: Path) -> None:
    path = tmp_path / "tsb.yaml"
    path.write_text(yaml.safe_dump_all([changed(EXTENSION, "spec.phase", "AUTZ"), *ALL[1:]], sort_keys=False))
    answer = plugin.construct("TsbManifests", "tsb", {"paths": [str(path)], "fleet": fleet})
    assert answer.code == "INVALID_ARGUMENT"
    assert f"{path}:8: WasmExtension acl spec.phase: 'AUTZ' is not one of" in str(answer.problems)
    assert not [one for one in plugin.monitor.resources.values() if one.type == PLUGIN_TYPE]
