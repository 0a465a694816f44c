"""Module URLs and OCI image references, as Istio reads them.

Istio takes ``registry:5000/x`` for a URL with the scheme ``registry``, silently drops ``127.0.0.1:5000/x``, and lower-cases
schemes in some places only (facts A2, URL table). So a reference without a scheme is given ``oci://`` here, and schemes
are written in lower case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

SCHEMES = ("oci", "http", "https", "file")
"""The schemes that Istio knows; the literal prefix is scheme + '://'."""

_BLANK = re.compile(r"[\s\x00-\x1f]")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")
_HOST = re.compile(r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?)(:[0-9]{1,5})?$")
_PATH_PART = re.compile(r"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$")
_TAG = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")
_DIGEST = re.compile(r"^sha256:[a-f0-9]{64}$")

MAX_URL = 8192
"""Characters; a longer URL cannot be fetched, and is not looked at any closer."""

DOCKER_HUB = "index.docker.io"


class ImageError(ValueError):
    """The reference cannot be pulled; the message says why."""


@dataclass(frozen=True, slots=True)
class ModuleUrl:
    """The URL of a Wasm module: scheme and the rest."""

    scheme: str
    rest: str

    @classmethod
    def parse(cls, text: str) -> ModuleUrl:
        """Read a URL as a user writes it; without a scheme it is an OCI image. Raises :class:`ImageError`."""
        if len(text) > MAX_URL:
            raise ImageError(f"the URL has {len(text):,} characters; no registry or server takes more than {MAX_URL:,}")
        return _module_url(text)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.rest}"


@lru_cache(maxsize=1024)  # several rules ask about one URL, and many plugins share it
def _module_url(text: str) -> ModuleUrl:
    if _BLANK.search(text):
        raise ImageError("the URL holds white space or control characters")
    match = _SCHEME.match(text)
    scheme, rest = (match[1].lower(), text[match.end() :]) if match else ("oci", text)
    if scheme not in SCHEMES:
        raise ImageError(f"the scheme {scheme!r} is unknown to Istio; it knows {', '.join(SCHEMES)}")
    if not match and re.match(r"^(oci|https?|file):", text, re.IGNORECASE):
        raise ImageError(f"the scheme must be followed by '://', as in {scheme}://…")
    if not rest.strip("/"):
        raise ImageError("there is nothing after the scheme")
    if not match and re.match(r"^//[^/]", rest):
        rest = rest[2:]  # a network-path reference: Istio gives it the scheme oci
    if not match and rest.startswith("/"):
        raise ImageError("a path of the proxy's file system is written with the scheme file://")
    return ModuleUrl(scheme, rest)


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An OCI image reference: ``registry/repository:tag@digest``."""

    registry: str
    """Host with its port, if one is given; Docker Hub is ``index.docker.io``."""
    repository: str
    """Path of the repository, e.g. ``filters/acl-check``."""
    tag: str | None
    """Tag, None where none is written."""
    digest: str | None
    """``sha256:`` and 64 hexadecimal digits, None where none is written."""

    @classmethod
    def parse(cls, rest: str) -> ImageReference:
        """Read what follows ``oci://``. Raises :class:`ImageError`."""
        name, _, digest = rest.partition("@")
        if "@" in rest and not _DIGEST.match(digest):
            raise ImageError(f"the digest {digest!r} is not 'sha256:' and 64 lower-case hexadecimal digits")
        head, slash, tail = name.partition("/")
        registry, path = (head, tail) if slash and _is_host(head) else (DOCKER_HUB, name)
        registry = canonical_registry(registry)
        if not _HOST.match(registry):
            raise ImageError(f"{registry!r} is not a registry host")
        path, colon, tag = path.partition(":")
        if colon and not _TAG.match(tag):
            raise ImageError(f"the tag {tag!r} is not a valid tag")
        if not path or not all(_PATH_PART.match(part) for part in path.split("/")):
            raise ImageError(f"the repository {path!r} is not lower-case letters, digits and separators (., _, -, /)")
        if registry == DOCKER_HUB and "/" not in path:
            path = f"library/{path}"
        return cls(registry, path, tag or None, digest or None)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def canonical_registry(host: str) -> str:
    """The one name of a registry that goes by several: Docker Hub."""
    return DOCKER_HUB if host in ("docker.io", "registry-1.docker.io") else host


def _is_host(head: str) -> bool:
    # Docker's rule: the first part is a host if it could not be a repository part.
    return "." in head or ":" in head or head == "localhost" or head != head.lower()


def normalize_url(text: str) -> str:
    """The URL in the one spelling that is safe for Istio; an unreadable one is returned as it is (a rule refuses it)."""
    try:
        return str(ModuleUrl.parse(text))
    except ImageError:
        return text


@lru_cache(maxsize=1024)
def image_of(url: str) -> ImageReference | None:
    """The image reference of an ``oci`` URL, None for another scheme or an unreadable one."""
    try:
        parsed = ModuleUrl.parse(url)
        return ImageReference.parse(parsed.rest) if parsed.scheme == "oci" else None
    except ImageError:
        return None
