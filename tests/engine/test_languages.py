"""The component provider on a real engine: packages for other languages, and programs that use them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from .folder import Folder, fresh_copy
from .languages import TYPESCRIPT

pytestmark = pytest.mark.engine

PYTHON = """
import pulumi
import pulumi_kubernetes as k8s
import mesh_wasm_mesh_wasm as wasm

image = {image}
acl = wasm.WasmExtension("acl", organization="acme", image=image, phase="AUTHZ", priority=7, config={{"n": 3}})
wasm.IngressGatewayAttachment(
    "edge",
    gateway="organizations/acme/tenants/shop/workspaces/web/gatewaygroups/edge/ingressgateways/shop",
    workload_selector={{"namespace": "edge", "labels": {{"app": "shop-gateway"}}}},
    extensions=[{{"extension": acl}}],
    fleet={{"east": {{"provider": k8s.Provider("east", render_yaml_to_directory="rendered/east"), "namespaces": ["edge"]}}}},
)
"""


@pytest.fixture
def typescript(tmp_path: Path) -> Folder:
    return TYPESCRIPT.folder(tmp_path)


def test_typescript_compiles(typescript: Folder) -> None:
    typescript.run("npx", "tsc", "-p", ".").good()
    typescript.edit("index.ts", "priority: 10", "priority: 'high'")
    assert "is not assignable" in typescript.run("npx", "tsc", "-p", ".").text, "the types must be able to say no"


def test_engine_shows_property_errors_and_no_secret(typescript: Folder) -> None:
    """It prints what stands at the path of a property error; nothing secret may stand there."""
    image = 'image: "oci://registry.acme.io/filters/acl-check:1.4.2"'
    typescript.edit("index.ts", image, 'url: pulumi.secret("ftp://user:hunter2@x"), displayName: "x"')
    env = "{ name: '1BAD', valueFrom: 'INLINE', value: pulumi.secret('hunter2') }"
    typescript.edit("index.ts", 'config: { mode: "enforce" }', f"vmConfig: {{ env: [{env}] }}")
    said = typescript.pulumi("preview")
    assert said.code != 0
    assert "property vmConfig.env[0].name with value '{1BAD}' has a problem" in said.text
    assert "property url (value not shown) has a problem" in said.text
    assert "hunter2" not in said.text
    assert "Traceback" not in said.text


def test_package_is_added_from_the_folder_and_used_from_python(tmp_path: Path) -> None:
    """As the README says it, on a fresh copy: the plugin's own environment is made by Pulumi."""
    components = fresh_copy(tmp_path / "clone") / "components"
    (tmp_path / "user").mkdir()
    options = {"toolchain": "pip", "virtualenv": "venv"}
    settings = {"name": "user", "runtime": {"name": "python", "options": options}}
    (tmp_path / "user" / "Pulumi.yaml").write_text(json.dumps(settings))
    (tmp_path / "user" / "requirements.txt").write_text("")
    (tmp_path / "user" / "__main__.py").write_text(PYTHON.format(image='"oci://registry.acme.io/acl:1.4.2"'))
    user = Folder(tmp_path / "run", tmp_path / "user")
    del user.environment["PYTHONPATH"]
    user.run(sys.executable, "-m", "venv", "--system-site-packages", "venv").good()
    (user.path / "venv" / "lib").joinpath(f"python3.{sys.version_info.minor}", "site-packages", "outer.pth").write_text(
        "\n".join(path for path in sys.path if path.endswith("site-packages"))
    )
    said = user.pulumi("package", "add", str(components)).good()
    assert "mesh-wasm" in said.text
    user.pulumi("stack", "init", "dev").good()
    user.pulumi("up", "--yes", "--skip-preview").good()
    assert user.rendered() == {"east/extensions.istio.io_v1alpha1-wasmplugin-edge-shop-acl-88a8a2.yaml"}
    user.edit("__main__.py", "oci://registry.acme.io/acl:1.4.2", "ftp://registry.acme.io/acl")
    refused = user.pulumi("preview")
    assert refused.code != 0
    assert "property image with value '{ftp://registry.acme.io/acl}' has a problem" in refused.text
