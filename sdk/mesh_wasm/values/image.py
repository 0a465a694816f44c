"""Module URLs and OCI image references, as Istio reads them.

Istio takes ``registry:5000/x`` for a URL with the scheme ``registry``, silently drops ``127.0.0.1:5000/x``, and lower-cases
schemes in some places only. So a reference without a scheme is given ``oci://`` here, and schemes
are written in lower case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from .gourl import SCHEMES, GoUrlError, host_and_path, reference_scheme

_BLANK = re.compile(r"[\s\x00-\x1f]")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")
_REPOSITORY = re.compile(r"[a-z0-9_./-]*")
_NO_HOST = re.compile(r"[@?#%]")
_TAG = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}")
_SHORTEST, _LONGEST = 2, 255
"""Characters of a repository."""
# What registries take, which is less than Istio reads.
_SERVED_PART = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")
_SERVED_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")

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
    """An OCI image reference: ``registry/repository:tag@digest``, as Istio's agent reads it.

    The agent has go-containerregistry's grammar, not Docker's: what stands before the first slash is a registry if it has
    a dot or a colon, and else a part of a repository of Docker Hub, ``localhost`` and upper-case words included.
    """

    registry: str
    """Host with its port, if one is given; Docker Hub is ``index.docker.io``."""
    repository: str
    """Path of the repository, e.g. ``filters/acl-check``."""
    tag: str | None
    """Tag, None where none is written."""
    digest: str | None
    """``sha256:`` and 64 hexadecimal digits, None where none is written."""
    unreadable: str | None = field(default=None, compare=False)
    """What Istio's parser has against the length of the repository, as a phrase: all else raises :class:`ImageError`."""

    @classmethod
    def parse(cls, text: str) -> ImageReference:
        """Read what follows ``oci://``. Raises :class:`ImageError`."""
        name, at, digest = text.partition("@")
        if at and not _DIGEST.fullmatch(digest):
            raise ImageError(f"the digest {digest!r} is not 'sha256:' and 64 lower-case hexadecimal digits")
        path, tag = name, ""
        if ":" in name.rpartition("/")[2]:
            path, _, tag = name.rpartition(":")
            if not _TAG.fullmatch(tag):
                raise ImageError(f"the tag {tag!r} is not 1 to 128 letters, digits, '_', '.' and '-'")
        head, slash, tail = path.partition("/")
        registry, repository = (head, tail) if slash and is_registry(head) else ("", path)
        if not _REPOSITORY.fullmatch(repository):
            raise ImageError(_bad_repository(repository, "" if registry or not slash else head))
        _check_registry(registry)
        unreadable = _bad_length(repository)
        if not repository:
            raise ImageError("there is no repository after the registry" if registry else "there is no repository")
        registry = canonical_registry(registry) or DOCKER_HUB
        if registry == DOCKER_HUB and "/" not in repository:
            repository = f"library/{repository}"
        return cls(registry, repository, tag or None, digest or None, unreadable)

    @property
    def is_short(self) -> bool:
        """Whether the repository has one character: registries serve it, and Istio's parser does not take it."""
        return self.unreadable is not None and len(self.repository.removeprefix("library/")) == 1

    @property
    def unserved(self) -> str | None:
        """Why no registry serves such an image, though Istio can read the reference, as a phrase."""
        if not all(map(_SERVED_PART.fullmatch, self.repository.split("/"))):
            return f"no registry takes the repository {self.repository!r}: parts begin and end with a letter or digit"
        if self.tag and not _SERVED_TAG.fullmatch(self.tag):
            return f"no registry takes the tag {self.tag!r}: it begins with a letter, a digit or '_'"
        return None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def canonical_registry(host: str) -> str:
    """The one name of a registry that goes by two: Docker Hub."""
    return DOCKER_HUB if host == "docker.io" else host


def is_registry(head: str) -> bool:
    """Whether Istio takes what stands before the first slash for a registry."""
    return "." in head or ":" in head


def _bad_repository(repository: str, head: str) -> str:
    if head and not _REPOSITORY.fullmatch(head):
        return (
            f"{head!r} has neither dot nor port, so it is no registry to Istio; and no repository either: that is "
            "lower-case letters, digits, '_', '.', '-' and '/'"
        )
    return f"the repository {repository!r} is not lower-case letters, digits, '_', '.', '-' and '/'"


def _bad_length(repository: str) -> str | None:
    length = len(repository)
    if _SHORTEST <= length <= _LONGEST:
        return None
    if length == 1:
        return f"the repository {repository!r} has one character, and Istio's parser asks for two at least"
    return f"the repository has {length} characters, and Istio's parser takes {_SHORTEST} to {_LONGEST}"


def _check_registry(host: str) -> None:
    try:
        reference_scheme(f"//{host}")
    except GoUrlError as error:
        raise ImageError(f"{host!r} is not a registry host: {error}") from None
    if _NO_HOST.search(host):
        raise ImageError(f"{host!r} is not a registry host")


def normalize_url(text: str) -> str:
    """The URL in the one spelling that is safe for Istio; an unreadable one is returned as it is (a rule refuses it)."""
    try:
        return str(ModuleUrl.parse(text))
    except ImageError:
        return text


def reference_of(url: ModuleUrl) -> ImageReference:
    """The image that Istio's agent pulls for an ``oci`` URL. Raises :class:`ImageError`."""
    try:
        host, path = host_and_path(str(url))
    except GoUrlError as error:
        raise ImageError(str(error)) from None
    return ImageReference.parse(host + path)


@lru_cache(maxsize=1024)
def image_of(url: str) -> ImageReference | None:
    """The image reference of an ``oci`` URL, None for another scheme or an unreadable one."""
    try:
        parsed = ModuleUrl.parse(url)
        return reference_of(parsed) if parsed.scheme == "oci" else None
    except ImageError:
        return None
