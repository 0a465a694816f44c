"""TsbManifests on a real engine, from a program in another SDK: relative paths are those of the program."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml
from tsb.documents import ALL

from .folder import Folder, own_plugin

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi_kubernetes as k8s
import mesh_wasm_mesh_wasm as wasm

provider = k8s.Provider("east", render_yaml_to_directory="rendered/east")
wasm.TsbManifests("tsb", paths=["tsb"], fleet={"east": {"provider": provider, "namespaces": ["edge", "shop"]}})
"""


def test_paths_start_at_the_program(tmp_path: Path) -> None:
    project = tmp_path / "user"
    (project / "tsb").mkdir(parents=True)
    (project / "tsb" / "all.yaml").write_text(yaml.safe_dump_all(ALL, sort_keys=False))
    (project / "__main__.py").write_text(PROGRAM)
    (project / "requirements.txt").write_text("")
    options = {"toolchain": "pip", "virtualenv": "venv"}
    (project / "Pulumi.yaml").write_text(
        json.dumps({"name": "user", "runtime": {"name": "python", "options": options}})
    )
    user = Folder(tmp_path / "run", project)
    # Its own environment, that sees the packages of this one: the generated package is installed there.
    user.run(sys.executable, "-m", "venv", "--system-site-packages", "venv").good()
    packages = user.path / "venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    (packages / "outer.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    user.pulumi("package", "add", str(own_plugin(tmp_path))).good()
    user.pulumi("stack", "init", "dev").good()
    user.pulumi("up", "--yes", "--skip-preview").good()
    assert {name.rsplit("wasmplugin-", 1)[-1].rsplit("-", 1)[0] for name in user.rendered()} == {
        "edge-gw-acl",
        "shop-services-acl",
    }
    user.edit("tsb/all.yaml", "phase: AUTHZ", "phase: AUTZ")
    refused = user.pulumi("preview")
    assert refused.code != 0
    assert "all.yaml:8: WasmExtension acl spec.phase: 'AUTZ' is not one of" in refused.text
