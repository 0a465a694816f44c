"""Where a module is fetched from in one cluster: registry mirrors, and TSB's download proxy."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from mesh_wasm.findings import pull_secrets as secrets
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.values.image import ImageError, ImageReference, ModuleUrl, canonical_registry, image_of

from .cluster import Cluster

DOWNLOAD_PROXY = "http://wasmfetcher.istio-system.svc.cluster.local/fetch/"
"""TSB's download proxy as TSB itself writes it into WasmPlugins."""
DOWNLOAD_PROXY_NAMESPACE = "istio-system"
"""Where the download proxy looks for pull secrets, in every cluster (TSB WasmExtension.imagePullSecret)."""


def mirrored(url: str, mirrors: Mapping[str, str]) -> str:
    """The URL with the mirror's host instead of the image's; tag and digest stay. Others come back as they are."""
    image = image_of(url)
    mirror = None if image is None else _lookup(mirrors, image.registry)
    if image is None or mirror is None:
        return url
    host, _, path = mirror.strip("/").partition("/")
    moved = ImageReference(host, f"{path}/{image.repository}" if path else image.repository, image.tag, image.digest)
    return f"oci://{moved}"


def proxied(url: str, sha256: str | None = None) -> str:
    """The URL under which TSB's download proxy serves an OCI image; others come back as they are.

    A checksum of the manifest goes into the image reference: Istio would compare it with what the proxy sends, which is
    the module itself.
    """
    image = image_of(url)
    if image is None:
        return url
    plain = f"{url}@sha256:{sha256}" if sha256 and image.digest is None else url
    return DOWNLOAD_PROXY + base64.b64encode(plain.encode()).decode()


def is_image(url: str) -> bool:
    """Whether the URL names an OCI image."""
    try:
        return ModuleUrl.parse(url).scheme == "oci"
    except ImageError:
        return False


def mirror_findings(cluster: Cluster) -> Iterator[Finding]:
    """Mirrors that cannot be read; paths start at the cluster's facts."""
    for host, mirror in cluster.registry_mirrors.items():
        for text, what in ((f"{host}/image", host), (f"{mirror.strip('/')}/image", mirror)):
            if not _readable(text, what):
                says = f"{quoted(what)} is no registry host."
                yield secrets.BAD_MIRROR.at("registryMirrors", host, says=says, cluster=cluster.name)


def _readable(text: str, written: str) -> bool:
    if "://" in written or "@" in written:
        return False
    try:
        # What does not look like a host would be taken for a repository of Docker Hub.
        return canonical_registry(ImageReference.parse(text).registry) == canonical_registry(written.split("/")[0])
    except ImageError:
        return False


def _lookup(mirrors: Mapping[str, str], registry: str) -> str | None:
    return next((mirror for host, mirror in mirrors.items() if canonical_registry(host) == registry), None)
