"""Pushing to a registry whatever a test wants there: blobs, manifests and indexes, well-formed or not."""

from __future__ import annotations

import base64
import gzip
import hashlib
import http.client
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
WASM_LAYER = "application/vnd.module.wasm.content.layer.v1+wasm"

Descriptor = dict[str, Any]


def digest_of(data: bytes) -> str:
    """The digest of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def tar(files: Mapping[str, bytes]) -> bytes:
    """A tar of some files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def targz(files: Mapping[str, bytes]) -> bytes:
    """A gzipped tar of some files."""
    return gzip.compress(tar(files), compresslevel=1, mtime=0)


@dataclass(frozen=True)
class Repository:
    """One repository of a registry that is asked in plain http."""

    host: str
    path: str
    user: str = ""
    password: str = ""

    def blob(self, data: bytes, media_type: str, **more: Any) -> Descriptor:
        """Push a blob; its descriptor."""
        digest = digest_of(data)
        location = self._ask("POST", "blobs/uploads/", b"").headers["Location"]
        place = location.partition(self.host)[2] if "://" in location else location
        joint = "&" if "?" in place else "?"
        self._send("PUT", f"{place}{joint}digest={digest}", data, {"Content-Type": "application/octet-stream"})
        return {"mediaType": media_type, "digest": digest, "size": len(data), **more}

    def manifest(self, document: Mapping[str, Any], media_type: str, tag: str | None = None) -> Descriptor:
        """Push a manifest or index, by its digest if there is no tag; its descriptor."""
        body = json.dumps(document).encode()
        self._ask("PUT", f"manifests/{tag or digest_of(body)}", body, {"Content-Type": media_type})
        return {"mediaType": media_type, "digest": digest_of(body), "size": len(body)}

    def image(self, *layers: Descriptor, tag: str | None = None, docker: bool = False, **more: Any) -> Descriptor:
        """Push a manifest with some layers."""
        media_type = DOCKER_MANIFEST if docker else OCI_MANIFEST
        platform = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}
        config = self.blob(json.dumps(platform).encode(), DOCKER_CONFIG if docker else OCI_CONFIG)
        document = {"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": list(layers), **more}
        return self.manifest(document, media_type, tag)

    def index(self, *entries: Descriptor, tag: str | None = None, docker: bool = False) -> Descriptor:
        """Push an index of some manifests."""
        media_type = DOCKER_INDEX if docker else OCI_INDEX
        return self.manifest({"schemaVersion": 2, "mediaType": media_type, "manifests": list(entries)}, media_type, tag)

    def compat(self, module: bytes, tag: str | None = None, **beside: bytes) -> Descriptor:
        """Push an image as Istio likes it best; ``beside``: more files of its tar, a dot written as two underscores."""
        files = {"plugin.wasm": module, **{name.replace("__", "."): data for name, data in beside.items()}}
        return self.image(self.blob(targz(files), OCI_LAYER), tag=tag)

    def url(self, tag: str) -> str:
        """As a plugin names it."""
        return f"oci://{self.host}/{self.path}:{tag}"

    def _ask(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> http.client.HTTPResponse:
        return self._send(method, f"/v2/{self.path}/{path}", body, headers or {})

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        login = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        authorization = {"Authorization": f"Basic {login}"} if self.user else {}
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request(method, path, body, {**authorization, **headers})
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        assert answer.status < 300, f"{answer.status} to {method} {path}: {said.decode()}"
        return answer
