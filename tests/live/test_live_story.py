"""docs/start.md, typed command by command: two real clusters, their gateways, a private registry, kubectl.

Three things differ from the page: names of clusters, images and labels are those of the test mesh; the ports of the
gateways' Envoys stand in for `kubectl port-forward`, which needs a kubelet; and without an engine `pulumi up` is left out,
with one `kubectl apply` is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from mesh import build
from mesh.cluster import Cluster
from mesh.registry import USER
from support.golden import ROOT

from .stage import MakeStage, Modules, Stage, chain

PAGE = (ROOT / "docs" / "start.md").read_text()
BLOCKS = dict(re.findall(r"<!-- story: ([\w.]+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL))
ORDER = ["Pulumi.yaml", "__main__.py", "run", "lock", "secret", "pulumi", "apply", "forward", "verify"]


class Reader:
    """Somebody who types what the page says, in a folder."""

    def __init__(self, folder: Path, stage: Stage, image: str) -> None:
        self.folder, self.stage = folder, stage
        first, second = stage.clusters
        self._names = {
            "registry.acme.io/filters/acl:1.4.2": image.removeprefix("oci://"),
            "registry.acme.io": stage.registry.host,
            '"app": "shop-gateway"': ", ".join(f'"{key}": "{value}"' for key, value in stage.labels.items()),
            '"edge"': f'"{stage.namespace}"',
            "-n edge": f"-n {stage.namespace}",
            "east": first.name,
            "west": second.name,
            "http://localhost:15000": stage.proxies[first.name].admin,
            "http://localhost:15001": stage.proxies[second.name].admin,
            "username=puller": f"username={USER}",
            # The test registry speaks plain http, which a user of it has to say.
            "mesh-wasm lock .": f"mesh-wasm lock . --plain-http {stage.registry.host} --registry-config docker.json",
        }
        self.env = {**os.environ, "PASSWORD": stage.registry.password, "KUBECONFIG": str(folder / "kubeconfig")}
        programs = folder / "programs"
        programs.mkdir()
        (programs / "kubectl").symlink_to(build.ensure("kubectl")["kubectl"])
        self.env["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
        self._log_in()

    def write(self, name: str) -> None:
        (self.folder / name).write_text(self._mine(BLOCKS[name]))

    def type(self, name: str) -> str:
        """Type a block; what was said."""
        command = ["bash", "-e", "-c", self._mine(BLOCKS[name])]
        told = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=300)
        assert told.returncode == 0, f"{name}: {told.stdout}{told.stderr}"
        return told.stdout + told.stderr

    def _mine(self, text: str) -> str:
        pattern = re.compile("|".join(map(re.escape, sorted(self._names, key=len, reverse=True))))
        return pattern.sub(lambda match: self._names[match[0]], text)

    def _log_in(self) -> None:
        """What a reader has: a kubeconfig with both contexts, and `docker login` done."""
        kubeconfigs = [yaml.safe_load(cluster.kubeconfig.read_text()) for cluster in self.stage.clusters]
        merged = kubeconfigs[0]
        for key in ("clusters", "contexts", "users"):
            merged[key] += kubeconfigs[1][key]
        (self.folder / "kubeconfig").write_text(yaml.safe_dump(merged))
        secret = self.stage.pull_secret()
        (self.folder / "docker.json").write_text(secret["stringData"][".dockerconfigjson"])


def test_the_page_has_all_blocks() -> None:
    assert list(BLOCKS) == ORDER


@pytest.fixture
def reader(make_stage: MakeStage, two_clusters: tuple[Cluster, Cluster], modules: Modules, tmp_path: Path) -> Reader:
    stage = make_stage(*two_clusters)
    image = stage.registry.push("filters/story", modules("v1"))
    return Reader(tmp_path, stage, image.tagged)


@pytest.mark.live
@pytest.mark.parametrize("way", ["apply", pytest.param("pulumi", marks=pytest.mark.engine)])
def test_the_story(reader: Reader, way: str) -> None:
    for name in ("Pulumi.yaml", "__main__.py"):
        reader.write(name)
    told = reader.type("run")
    assert "2 clusters, 2 WasmPlugins" in told
    assert "1 module" in reader.type("lock")
    assert (reader.folder / "mesh-wasm.lock").is_file()
    reader.type("secret")
    if way == "pulumi":
        reader.env |= {"PULUMI_CONFIG_PASSPHRASE": "", "PULUMI_BACKEND_URL": f"file://{reader.folder}"}
        reader.env |= {"PULUMI_SKIP_CONFIRMATIONS": "true", "PULUMI_SKIP_UPDATE_CHECK": "true"}
        assert shutil.which("pulumi")
        subprocess.run(["pulumi", "stack", "init", "dev"], cwd=reader.folder, env=reader.env, check=True)
    reader.type(way)
    assert "2 proxies: 2 loaded" in reader.type("verify")
    for proxy in reader.stage.proxies.values():
        assert [ran.config for ran in chain(proxy.get())] == [{"mode": "audit"}]
