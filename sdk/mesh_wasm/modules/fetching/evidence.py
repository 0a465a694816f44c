"""What lies beside an image and may be a signature of it, in both forms that cosign writes; nothing here is believed yet.

- ``cosign``: a tag ``sha256-<hex>.sig`` whose layers are claims (simple signing), the signature an annotation of each.
- ``bundle``: a referrer of type ``application/vnd.dev.sigstore.bundle.v0.3+json``, a DSSE envelope around an in-toto
  statement, with what vouches for it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesh_wasm.values.image import ImageReference

from .registry import NotThere, Registries, RegistryError

CLAIM = "application/vnd.dev.cosign.simplesigning.v1+json"
ANNOTATION = "dev.cosignproject.cosign/signature"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_MOST = 50
"""Signatures of one image that are looked at."""
_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Claim:
    """A signed claim that an image has some digest."""

    digest: str
    """That of the manifest or index that it is about."""
    message: bytes
    signature: bytes
    annotations: Mapping[str, Any]

    FORM = "cosign"

    @property
    def signed(self) -> Iterator[tuple[bytes, bytes]]:
        """Messages with their signatures."""
        yield self.message, self.signature


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose envelope holds a statement about a digest."""

    digest: str
    text: bytes
    envelope: Mapping[str, Any]

    FORM = "bundle"

    @property
    def signed(self) -> Iterator[tuple[bytes, bytes]]:
        """What is signed of the envelope (DSSE's own encoding), with each of its signatures."""
        payload, kind = decoded(self.envelope.get("payload")) or b"", str(self.envelope.get("payloadType", "")).encode()
        message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
        for one in mappings(self.envelope.get("signatures"))[:_MOST]:
            if (raw := decoded(one.get("sig"))) is not None:
                yield message, raw


Evidence = Claim | Bundle


def evidence_of(registries: Registries, image: ImageReference, digest: str) -> Iterator[Evidence]:
    """All that speaks of a digest. Raises :class:`RegistryError`."""
    yield from _claims(registries, image, digest)
    yield from _bundles(registries, image, digest)


def is_about(payload: bytes, digest: str) -> bool:
    """Whether a text is an in-toto statement whose subject has this digest."""
    subjects = mappings(json_of(payload).get("subject"))
    hexes = [one["digest"].get("sha256") for one in subjects if isinstance(one.get("digest"), Mapping)]
    return digest.removeprefix("sha256:") in hexes


def _claims(registries: Registries, image: ImageReference, digest: str) -> Iterator[Claim]:
    try:
        manifest = registries.manifest(image, f"{digest.replace(':', '-')}.sig").document
    except NotThere:
        return
    for layer in mappings(manifest.get("layers"))[:_MOST]:
        annotations = layer.get("annotations")
        annotations = annotations if isinstance(annotations, Mapping) else {}
        signature = decoded(annotations.get(ANNOTATION))
        if layer.get("mediaType") != CLAIM or signature is None:
            continue
        message = _blob(registries, image, layer)
        critical = json_of(message).get("critical")
        signed = critical.get("image") if isinstance(critical, Mapping) else None
        if isinstance(signed, Mapping) and signed.get("docker-manifest-digest") == digest:
            yield Claim(digest, message, signature, annotations)


def _bundles(registries: Registries, image: ImageReference, digest: str) -> Iterator[Bundle]:
    referrers = [one for one in registries.referrers(image, digest) if one.get("artifactType") == BUNDLE]
    for one in referrers[:_MOST]:
        try:
            manifest = registries.manifest(image, str(one.get("digest"))).document
        except RegistryError:
            continue
        for layer in mappings(manifest.get("layers"))[:1]:
            text = _blob(registries, image, layer)
            envelope = json_of(text).get("dsseEnvelope")
            if isinstance(envelope, Mapping) and is_about(decoded(envelope.get("payload")) or b"", digest):
                yield Bundle(digest, text, envelope)


def _blob(registries: Registries, image: ImageReference, layer: Mapping[str, Any]) -> bytes:
    try:
        with registries.blob(image, str(layer.get("digest"))) as stream:
            return stream.read(_MAX)
    except RegistryError:
        return b""


def json_of(text: bytes | str) -> Mapping[str, Any]:
    """The JSON object of a text; an empty one where it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, Mapping) else {}


def decoded(text: Any) -> bytes | None:
    """What a text holds in base64; None where it is none."""
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        return None


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none where it is no list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
