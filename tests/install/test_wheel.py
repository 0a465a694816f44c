"""The wheel, installed as a user would: into a clean environment, without extras, in every interpreter at hand.

Every command works there, or names the extra that it takes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.golden import ROOT

from .interpreters import Environment, interpreters

pytestmark = pytest.mark.install

EXAMPLES = ROOT / "examples"
FOUND = interpreters()


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    told = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return folder


@pytest.fixture(scope="session", params=list(FOUND))
def clean(request: pytest.FixtureRequest, dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A clean environment of one interpreter with the wheel, without extras."""
    (wheel,) = dist.glob("*.whl")
    folder = tmp_path_factory.mktemp(f"py{request.param}") / "venv"
    return Environment.make(folder, FOUND[request.param], str(wheel))


def test_the_distributions_are_sound(dist: Path) -> None:
    files = sorted(map(str, dist.iterdir()))
    assert len(files) == 2
    told = subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *files], capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_wheel_holds_the_two_packages_and_nothing_else(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"mesh_wasm", "mesh_wasm_pulumi"}
    assert {"mesh_wasm/py.typed", "mesh_wasm_pulumi/py.typed", "mesh_wasm/explain/page.css"} <= set(names)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--version"], "mesh-wasm"),
        (["lint", "plugin.yaml"], "1 info in 1 document read"),
        (["lint", "plugin.yaml", "--diff"], "+  priority: 0"),
        (["translate", "tsb", "--inventory", "clusters.yaml"], "WasmPlugins"),
        (["explain", "tsb", "--inventory", "clusters.yaml"], "shop"),
        (["plan", "program"], "acl-check"),
        (["explain", "program"], "acl-check"),
        (["up", "program"], "acl-check"),
    ],
    ids=lambda part: " ".join(part[:1]) if isinstance(part, list) else "",
)
def test_a_command_works_without_extras(clean: Environment, tmp_path: Path, args: list[str], says: str) -> None:
    _inputs(tmp_path)
    told = clean.run("mesh-wasm", *args, cwd=tmp_path)
    assert "Traceback" not in told.stdout + told.stderr
    assert says in told.stdout + told.stderr, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("args", "extra"),
    [(["lock", "plugins"], "mesh-wasm[modules]")],
    ids=["lock"],
)
def test_or_names_its_extra(clean: Environment, tmp_path: Path, args: list[str], extra: str) -> None:
    _inputs(tmp_path)
    told = clean.run("mesh-wasm", *args, cwd=tmp_path)
    assert "Traceback" not in told.stdout + told.stderr
    assert extra in told.stdout + told.stderr
    assert told.returncode == 2


def test_the_policy_pack_names_its_extra(clean: Environment, tmp_path: Path) -> None:
    told = clean.run("python", "-c", "import mesh_wasm_pulumi.policy", cwd=tmp_path)
    assert "pip install 'mesh-wasm[policy]'" in told.stderr
    assert told.returncode == 1


def _inputs(folder: Path) -> None:
    """What a user has: a program, TSB YAML with its inventory, a manifest."""
    shutil.copytree(EXAMPLES / "tsb-yaml" / "tsb", folder / "tsb")
    shutil.copy(EXAMPLES / "tsb-yaml" / "clusters.yaml", folder)
    shutil.copytree(EXAMPLES / "istio-seed", folder / "program", ignore=shutil.ignore_patterns("golden"))
    text = (
        "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: acl, namespace: edge}\nspec:\n"
        "  url: oci://registry.example.com/filters/acl@sha256:"
        + "ab" * 32
        + "\n  selector: {matchLabels: {app: shop}}\n"
    )
    (folder / "plugin.yaml").write_text(text)
    (folder / "plugins").mkdir()
    (folder / "plugins" / "plugin.yaml").write_text(text)
