"""Every form in which an image may hold a module, by name: those that Istio's fetcher takes, and those that it refuses."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Mapping
from typing import Any

from mesh_wasm.modules.layout import MAX_MODULE

from .pushing import (
    DOCKER_CONFIG,
    DOCKER_LAYER,
    OCI_LAYER,
    WASM_LAYER,
    Descriptor,
    Repository,
    tar,
    targz,
)

ZSTD = bytes.fromhex("28b52ffd")
"""How anything compressed with zstd begins; nobody unpacks what follows."""
AMD64 = {"os": "linux", "architecture": "amd64"}
ARM64 = {"os": "linux", "architecture": "arm64"}
WASI = {"os": "wasi", "architecture": "wasm"}

Push = Callable[[Repository, bytes, str], Descriptor]


def _compat(repository: Repository, module: bytes, tag: str | None) -> Descriptor:
    return repository.compat(module, tag)


def _docker(repository: Repository, module: bytes, tag: str) -> Descriptor:
    layer = repository.blob(targz({"plugin.wasm": module}), DOCKER_LAYER)
    return repository.image(layer, tag=tag, docker=True)


def _artifact(repository: Repository, module: bytes, tag: str) -> Descriptor:
    config = repository.blob(b'{"type": "envoy_proxy"}', "application/vnd.module.wasm.config.v1+json")
    return repository.image(config, repository.blob(module, WASM_LAYER), tag=tag)


def _layers(*kinds: str) -> Push:
    """An OCI image with layers of some kinds, each from a table."""

    def push(repository: Repository, module: bytes, tag: str) -> Descriptor:
        made: dict[str, Callable[[], tuple[bytes, str]]] = {
            "base": lambda: (targz({"etc/passwd": b"root"}), OCI_LAYER),
            "plugin": lambda: (targz({"plugin.wasm": module}), OCI_LAYER),
            "raw": lambda: (module, WASM_LAYER),
            "spec": lambda: (b"apiVersion: 1.0.0\n", "application/vnd.module.wasm.spec.v1+yaml"),
            "readme": lambda: (b"# A plugin\n", "application/vnd.module.wasm.doc.v1+markdown"),
            "application": lambda: (module, "application/wasm"),
            "cncf": lambda: (module, "application/vnd.wasm.content.layer.v1+wasm"),
            "plain": lambda: (tar({"plugin.wasm": module}), "application/vnd.oci.image.layer.v1.tar"),
            "zstd": lambda: (ZSTD + module, "application/vnd.oci.image.layer.v1.tar+zstd"),
            "docker": lambda: (targz({"plugin.wasm": module}), DOCKER_LAYER),
            "called zip": lambda: (tar({"plugin.wasm": module}), OCI_LAYER),
            "other name": lambda: (targz({"filter.wasm": module}), OCI_LAYER),
            "deep": lambda: (targz({"./": b"", "opt/filters/plugin.wasm": module}), OCI_LAYER),
            "second": lambda: (targz({"plugin.wasm": module, "a/plugin.wasm": b"other"}), OCI_LAYER),
            "text": lambda: (targz({"plugin.wasm": b"#!/bin/sh\necho no module\n"}), OCI_LAYER),
            "short": lambda: (targz({"plugin.wasm": b"\0asm"}), OCI_LAYER),
            "empty": lambda: (targz({}), OCI_LAYER),
            "cut": lambda: (targz({"plugin.wasm": module + os.urandom(4096)})[:2048], OCI_LAYER),
            "cut behind": lambda: (targz({"plugin.wasm": module, "data": os.urandom(4096)})[:2048], OCI_LAYER),
            "raw text": lambda: (b"not a module at all", WASM_LAYER),
            "large": lambda: (gzip.compress(tar({"plugin.wasm": module + bytes(MAX_MODULE)}), 1, mtime=0), OCI_LAYER),
            "large before": lambda: (
                gzip.compress(tar({"data": bytes(MAX_MODULE), "plugin.wasm": module}), 1, mtime=0),
                OCI_LAYER,
            ),
        }  # fmt: skip
        return repository.image(*(repository.blob(*made[kind]()) for kind in kinds), tag=tag)

    return push


def _docker_with_oci_layer(repository: Repository, module: bytes, tag: str) -> Descriptor:
    return repository.image(repository.blob(targz({"plugin.wasm": module}), OCI_LAYER), tag=tag, docker=True)


def _no_media_type(repository: Repository, module: bytes, tag: str) -> Descriptor:
    """Docker's layers in a manifest that does not say what it is; its Content-Type does."""
    layer = repository.blob(targz({"plugin.wasm": module}), OCI_LAYER)
    config = repository.blob(b"{}", DOCKER_CONFIG)
    return repository.manifest({"schemaVersion": 2, "config": config, "layers": [layer]},
                               "application/vnd.oci.image.manifest.v1+json", tag)  # fmt: skip


def _index(*platforms: Mapping[str, Any] | None, docker: bool = False) -> Push:
    """An index with one image for each platform; the module is in all of them."""

    def push(repository: Repository, module: bytes, tag: str) -> Descriptor:
        entries = []
        for number, platform in enumerate(platforms):
            image = repository.compat(module, None, note__txt=str(number).encode())
            entries.append({**image, **({} if platform is None else {"platform": dict(platform)})})
        return repository.index(*entries, tag=tag, docker=docker)

    return push


def _provenance(repository: Repository, module: bytes, tag: str) -> Descriptor:
    """What buildx pushes by default: an index of the image and of what it says about how it was built."""
    image = {**repository.compat(module), "platform": AMD64}
    said = repository.image(repository.blob(b"{}", "application/vnd.in-toto+json"))
    note = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": image["digest"]}
    unknown = {"os": "unknown", "architecture": "unknown"}
    return repository.index(image, {**said, "platform": unknown, "annotations": note}, tag=tag)


def _nested(repository: Repository, module: bytes, tag: str) -> Descriptor:
    inner = repository.index({**repository.compat(module), "platform": AMD64})
    return repository.index({**inner, "platform": AMD64}, tag=tag)


ACCEPTED: dict[str, Push] = {
    "compat": _compat,
    "docker": _docker,
    "artifact": _artifact,
    "several-layers": _layers("base", "plugin"),
    "higress": _layers("spec", "readme", "plugin"),
    "deep-in-the-tar": _layers("deep"),
    "the-first-of-two": _layers("second"),
    "raw-first": _layers("raw", "readme"),
    "cut-off-behind-it": _layers("cut behind"),
    "raw-behind-a-plugin-that-is-none": _layers("raw", "other name"),
    "no-media-type": _no_media_type,
    "index": _index(ARM64, AMD64),
    "docker-index": _index(ARM64, AMD64, docker=True),
    "index-without-platforms": _index(None),
    "provenance": _provenance,
    "index-of-an-index": _nested,
}
REFUSED: dict[str, Push] = {
    "zstd": _layers("zstd"),
    "application-wasm": _layers("application"),
    "cncf-wasm": _layers("cncf"),
    "cncf-of-two": _layers("readme", "cncf"),
    "one-raw-layer": _layers("raw"),
    "three-layers": _layers("spec", "readme", "raw"),
    "plain-tar": _layers("plain"),
    "tar-called-gzip": _layers("called zip"),
    "docker-layer-in-oci": _layers("docker"),
    "oci-layer-in-docker": _docker_with_oci_layer,
    "plugin-not-last": _layers("plugin", "readme"),
    "other-name": _layers("other name"),
    "not-wasm": _layers("text"),
    "too-short": _layers("short"),
    "raw-not-wasm": _layers("readme", "raw text"),
    "empty-tar": _layers("empty"),
    "cut-off": _layers("cut"),
    "257-mib": _layers("large"),
    "256-mib-before-it": _layers("large before"),
    "index-without-amd64": _index(ARM64),
    "wasi-index": _index(WASI),
    "empty-index": _index(),
}
