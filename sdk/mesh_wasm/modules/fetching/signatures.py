"""Signatures of cosign, looked for beside an image and checked with a public key, in both forms that cosign writes.

- ``cosign``: a tag ``sha256-<hex>.sig`` whose layers are claims (simple signing), the signature an annotation of each.
- ``bundle``: a referrer of type ``application/vnd.dev.sigstore.bundle.v0.3+json``, a DSSE envelope around an in-toto
  statement.

Neither a transparency log nor a certificate is asked: who holds the key is trusted, as policy says. ``cryptography`` does
the arithmetic (extra ``mesh-wasm[modules]``).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mesh_wasm.modules.locked import Artifact, Signature
from mesh_wasm.modules.signers import signers_of
from mesh_wasm.values.image import ImageReference

from .registry import NotThere, Registries, RegistryError
from .transport import ExtraMissing

CLAIM = "application/vnd.dev.cosign.simplesigning.v1+json"
ANNOTATION = "dev.cosignproject.cosign/signature"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_MOST = 50
"""Signatures of one image that are looked at."""
_MAX = 4 * 1024 * 1024


def signatures_of(
    registries: Registries, image: ImageReference, artifact: Artifact, pems: Iterable[str]
) -> tuple[Signature, ...]:
    """The signatures of an image by any of some public keys (PEM). Raises :class:`RegistryError`, :class:`ExtraMissing`."""
    keys = {name: _load(pem) for name, pem in signers_of(pems).items()}
    found: dict[Signature, None] = {}
    for digest in dict.fromkeys(filter(None, (artifact.digest, artifact.index))):
        for form, message, signature in (*_claims(registries, image, digest), *_bundles(registries, image, digest)):
            for name, key in keys.items():
                if _verifies(key, signature, message):
                    found[Signature(name, form, digest)] = None
    return tuple(sorted(found, key=lambda one: (one.by, one.form, one.digest)))


def _claims(registries: Registries, image: ImageReference, digest: str) -> Iterator[tuple[str, bytes, bytes]]:
    """Claims of this very digest: message and signature."""
    try:
        manifest = registries.manifest(image, f"{digest.replace(':', '-')}.sig").document
    except NotThere:
        return
    for layer in _mappings(manifest.get("layers"))[:_MOST]:
        annotations = layer.get("annotations")
        signature = _decoded(annotations.get(ANNOTATION) if isinstance(annotations, Mapping) else None)
        if layer.get("mediaType") != CLAIM or signature is None:
            continue
        message = _blob(registries, image, layer)
        critical = _json(message).get("critical")
        signed = critical.get("image") if isinstance(critical, Mapping) else None
        if isinstance(signed, Mapping) and signed.get("docker-manifest-digest") == digest:
            yield "cosign", message, signature


def _bundles(registries: Registries, image: ImageReference, digest: str) -> Iterator[tuple[str, bytes, bytes]]:
    """Envelopes about this very digest: what is signed of them, and signature."""
    referrers = [one for one in registries.referrers(image, digest) if one.get("artifactType") == BUNDLE]
    for one in referrers[:_MOST]:
        try:
            manifest = registries.manifest(image, str(one.get("digest"))).document
        except RegistryError:
            continue
        for layer in _mappings(manifest.get("layers"))[:1]:
            envelope = _json(_blob(registries, image, layer)).get("dsseEnvelope")
            if not isinstance(envelope, Mapping):
                continue
            payload, kind = _decoded(envelope.get("payload")), str(envelope.get("payloadType", ""))
            if payload is None or not _is_about(_json(payload), digest):
                continue
            message = b"DSSEv1 %d %b %d %b" % (len(kind.encode()), kind.encode(), len(payload), payload)
            for signature in _mappings(envelope.get("signatures"))[:_MOST]:
                if (raw := _decoded(signature.get("sig"))) is not None:
                    yield "bundle", message, raw


def _is_about(statement: Mapping[str, Any], digest: str) -> bool:
    subjects = _mappings(statement.get("subject"))
    hexes = [one["digest"].get("sha256") for one in subjects if isinstance(one.get("digest"), Mapping)]
    return digest.removeprefix("sha256:") in hexes


def _load(pem: str) -> Any:
    try:
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError:
        raise ExtraMissing(
            "Checking signatures takes more than is installed: pip install 'mesh-wasm[modules]'."
        ) from None
    try:
        return load_pem_public_key(pem.encode())
    except ValueError:
        return None


def _verifies(key: Any, signature: bytes, message: bytes) -> bool:
    """ECDSA and RSA with SHA-256, and Ed25519: what cosign makes."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        match key:
            case ec.EllipticCurvePublicKey():
                key.verify(signature, message, ec.ECDSA(SHA256()))
            case ed25519.Ed25519PublicKey():
                key.verify(signature, message)
            case rsa.RSAPublicKey():
                key.verify(signature, message, padding.PKCS1v15(), SHA256())
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _blob(registries: Registries, image: ImageReference, layer: Mapping[str, Any]) -> bytes:
    try:
        with registries.blob(image, str(layer.get("digest"))) as stream:
            return stream.read(_MAX)
    except RegistryError:
        return b""


def _json(text: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, Mapping) else {}


def _decoded(text: Any) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        return None


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
