"""Which module a plugin loads: its URL as the key of the lock file, less what a pin adds to it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from mesh_wasm.fleet.mirrors import DOWNLOAD_PROXY
from mesh_wasm.values.image import ImageError, ImageReference, ModuleUrl, image_of
from mesh_wasm.values.module_urls.shown import has_login, shown_url


@dataclass(frozen=True, slots=True)
class Reference:
    """A module that has to be fetched."""

    url: str
    """With its scheme, and with its digest where it has one: the name of the module in the lock file."""
    base: str
    """The same without the digest; what a lock of a tag goes by."""
    image: ImageReference | None
    """None for what is downloaded from an http server."""
    digest: str | None
    """What must be fetched: ``sha256:…`` of the image manifest, or of the file; None where anything goes."""

    @property
    def has_login(self) -> bool:
        """Whether the URL holds a user name or a password: then it is not locked."""
        return has_login(self.url)

    @property
    def shown(self) -> str:
        """The URL for people, without what may be a login or a token."""
        return shown_url(self.url)


def reference_of(url: str, sha256: str | None = None) -> Reference | None:
    """The module of a plugin with this ``url`` and ``sha256``; None for a file of the proxy, and for what cannot be read.

    What TSB's download proxy serves is the image that the proxy fetches.
    """
    try:
        parsed = ModuleUrl.parse(unproxied(url))
    except ImageError:
        return None
    text = str(parsed)
    if parsed.scheme in ("http", "https"):
        return Reference(text, text, None, f"sha256:{sha256}" if sha256 else None)
    image = image_of(text)
    if parsed.scheme != "oci" or image is None:
        return None
    base = text.removesuffix(f"@{image.digest}") if image.digest else text
    digest = image.digest or (f"sha256:{sha256}" if sha256 else None)
    return Reference(f"{base}@{digest}" if digest else base, base, image, digest)


def unproxied(url: str) -> str:
    """The image behind a URL of TSB's download proxy; other URLs come back as they are."""
    if not url.startswith(DOWNLOAD_PROXY):
        return url
    try:
        return base64.b64decode(url.removeprefix(DOWNLOAD_PROXY), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return url
