"""A private OCI registry: what it holds can be pulled with the one user name and password that it knows, and not without.

The password can be changed while it runs, as in a rotation. Images hold one Wasm module, packed the way Istio's agent
unpacks it.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import http.client
import io
import json
import os
import shutil
import signal
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import bcrypt
import yaml

from . import MeshError, build, state
from .api import Object
from .loopback import free_ports
from .programs import Programs
from .proxy import module_directory
from .state import Home

USER = "puller"
REALM = "https://registry.example.com/"
"""An agent refuses a challenge whose realm is no http(s) URL with a public host: since 1.27.8, 1.28.5, 1.29.1 and 1.30.0."""

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True)
class Image:
    """A pushed image."""

    repository: str
    """Host, port and path, without a scheme."""
    tag: str
    digest: str
    """Of the manifest, ``sha256:…``."""

    @property
    def url(self) -> str:
        """Pinned by digest."""
        return f"oci://{self.repository}@{self.digest}"

    @property
    def tagged(self) -> str:
        """By its tag, which may move."""
        return f"oci://{self.repository}:{self.tag}"


class Registry:
    """A running registry; it ends with `close`, and with this process."""

    def __init__(self, home: Home, programs: Programs, port: int, password: str) -> None:
        """Of use only to `start`."""
        self._home = home
        self._programs = programs
        self._port = port
        self._pid = 0
        self.password = password
        self._repositories: set[str] = set()

    @classmethod
    def start(cls, name: str = "registry", password: str = "first-password") -> Registry:
        """Start an empty registry and return it ready."""
        program = build.ensure("registry")["registry"]
        home, lock = state.claim(state.OWNED, name)
        registry = cls(home, Programs.begin(home, lock), free_ports(1)[0], password)
        try:
            registry.change_password(password)
            registry._configuration.write_text(yaml.safe_dump(registry._settings()))
            registry._pid = registry._programs.start("registry", [program, "serve", registry._configuration])
            registry._programs.wait("registry", registry._answers, "the registry answering")
        except BaseException:
            registry.close()
            raise
        return registry

    @property
    def host(self) -> str:
        """Host and port: the key of its credentials, and the beginning of each image."""
        return f"127.0.0.1:{self._port}"

    def pull_secret(self, name: str, namespace: str) -> Object:
        """A Secret with the credentials, as somebody who does not use mesh-wasm would write it."""
        credentials = {"username": USER, "password": self.password}
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/dockerconfigjson",
            "metadata": {"name": name, "namespace": namespace},
            "stringData": {".dockerconfigjson": json.dumps({"auths": {self.host: credentials}})},
        }

    def change_password(self, password: str) -> None:
        """From now on only the new password opens it; the registry reads the file again when it has changed."""
        self.password = password
        hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=4)).decode()
        scratch = self._home.path / ".htpasswd"
        scratch.write_text(f"{USER}:{hashed}\n")
        scratch.replace(self._passwords)

    def push(self, path: str, module: bytes, tag: str = "v1") -> Image:
        """Push an image that holds a module; pushing to a tag that exists moves it."""
        self._repositories.add(f"{self.host}/{path}")
        layer_tar = _tar(module)
        layer = gzip.compress(layer_tar, mtime=0)
        root = {"type": "layers", "diff_ids": [_digest(layer_tar)]}
        config = json.dumps({"architecture": "wasm", "os": "wasi", "config": {}, "rootfs": root}).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": {"mediaType": _CONFIG, **self._blob(path, config)},
            "layers": [{"mediaType": _LAYER, **self._blob(path, layer)}],
        }
        body = json.dumps(manifest).encode()
        self._ask("PUT", f"/v2/{path}/manifests/{tag}", body, {"Content-Type": _MANIFEST})
        return Image(f"{self.host}/{path}", tag, _digest(body))

    def requests(self) -> str:
        """What it has been asked so far, as its log tells it."""
        return self._programs.log("registry").read_text(errors="replace")

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """For as long as the block lasts it takes connections and answers nothing."""
        os.kill(self._pid, signal.SIGSTOP)
        threads = Path(f"/proc/{self._pid}/task")
        try:
            # On a busy machine a thread may still answer before it learns that it is to stop.
            while any(_state(thread) != "T" for thread in threads.iterdir()):
                time.sleep(0.01)
            yield
        finally:
            os.kill(self._pid, signal.SIGCONT)

    def close(self) -> None:
        """End it and leave nothing of it, nor of what agents have fetched from it."""
        self._programs.end()
        for repository in self._repositories:
            shutil.rmtree(module_directory(repository), ignore_errors=True)

    def __enter__(self) -> Registry:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _passwords(self) -> Path:
        return self._home.path / "htpasswd"

    @property
    def _configuration(self) -> Path:
        return self._home.path / "registry.yaml"

    def _settings(self) -> Mapping[str, object]:
        return {
            "version": "0.1",
            "log": {"level": "info", "accesslog": {"disabled": False}},
            "storage": {"filesystem": {"rootdirectory": str(self._home.path / "blobs")}},
            "http": {"addr": self.host, "secret": os.urandom(16).hex()},
            "auth": {"htpasswd": {"realm": REALM, "path": str(self._passwords)}},
        }

    def _answers(self) -> bool:
        try:
            self._ask("GET", "/v2/")
        except OSError:
            return False
        return True

    def _blob(self, path: str, data: bytes) -> dict[str, object]:
        digest = _digest(data)
        upload = self._ask("POST", f"/v2/{path}/blobs/uploads/", b"")
        location = upload["Location"].partition(self.host)[2]
        joint = "&" if "?" in location else "?"
        headers = {"Content-Type": "application/octet-stream"}
        self._ask("PUT", f"{location}{joint}digest={digest}", data, headers)
        return {"digest": digest, "size": len(data)}

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> http.client.HTTPMessage:
        credentials = base64.b64encode(f"{USER}:{self.password}".encode()).decode()
        connection = http.client.HTTPConnection(self.host, timeout=10)
        try:
            connection.request(method, path, body, {"Authorization": f"Basic {credentials}", **(headers or {})})
            response = connection.getresponse()
            said = response.read()
        finally:
            connection.close()
        if response.status >= 300:
            raise MeshError(f"the registry answered {response.status} to {method} {path}: {said.decode()}")
        return response.headers


def _state(thread: Path) -> str:
    """What a thread is at, in the letters of /proc: T is stopped."""
    return (thread / "stat").read_text().rpartition(") ")[2][:1]


def _tar(module: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("plugin.wasm")
        entry.size = len(module)
        archive.addfile(entry, io.BytesIO(module))
    return buffer.getvalue()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
