"""Images that Istio looks for at Docker Hub though somebody meant another registry, and that cannot exist there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mesh_wasm.values.image import (
    DOCKER_HUB,
    ImageError,
    ImageReference,
    ModuleUrl,
    image_of,
    is_registry,
    reference_of,
)
from mesh_wasm.values.module_urls.shown import has_login

_PARTS = 2
"""Parts of a repository of Docker Hub: the namespace and the name."""
_LOCAL = "localhost"


@dataclass(frozen=True, slots=True)
class Misread:
    """An image that Istio takes for one of Docker Hub."""

    head: str
    """What was meant as the registry; Docker Hub itself where that is written."""
    says: str
    """What is wrong, as a sentence."""
    fix: str
    """How to mend it, as a sentence."""


@lru_cache(maxsize=1024)
def misread(url: str) -> Misread | None:
    """What is wrong with an image that Docker Hub cannot have; None for any other URL."""
    image = image_of(url)
    if image is None or image.registry != DOCKER_HUB:
        return None
    if has_login(url):
        return None  # no registry's name stands at its beginning, and a login is not told
    name = ModuleUrl.parse(url).rest.partition("@")[0]
    head, slash, rest = name.partition("/")
    if not slash:
        return _bare(head, image) if "." in head.partition(":")[0] else None
    pulled = f"docker.io/{image.repository}"
    if head == _LOCAL:
        says = f"localhost without a port is no registry to Istio, which pulls {pulled} from Docker Hub."
        fix = f"Write the registry's host as the proxies reach it, with its domain or port: oci://registry:5000/{rest}."
        return Misread(head, says, fix)
    if image.repository.count("/") < _PARTS:
        return None
    if is_registry(head):
        says = f"{pulled} cannot exist: repositories of Docker Hub have two parts, namespace and name."
        return Misread(head, says, "Correct the repository, or write the registry that has it.")
    says = (
        f"{head!r} has neither a dot nor a port, so it is no registry to Istio: it looks for {pulled} on Docker Hub, "
        "where a repository has two parts."
    )
    fix = f"Write the registry with its domain or port: oci://{head}.example.com/{rest} or oci://{head}:443/{rest}."
    return Misread(head, says, fix)


def _bare(host: str, image: ImageReference) -> Misread:
    says = (
        f"there is no repository after {host}, so Istio takes it for one of Docker Hub: docker.io/{image.repository}."
    )
    return Misread(host, says, f"Write the repository: oci://{host}/path:tag.")


def meant_registry(url: str) -> str | None:
    """The first part of an image that Istio looks for at Docker Hub because that part has neither dot nor port."""
    try:
        parsed = ModuleUrl.parse(url)
        if parsed.scheme != "oci" or reference_of(parsed).registry != DOCKER_HUB:
            return None
    except ImageError:
        return None
    head, slash, _ = parsed.rest.partition("/")
    return head if slash and not is_registry(head) else None
