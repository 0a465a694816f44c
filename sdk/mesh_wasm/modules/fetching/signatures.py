"""Whether an image is signed by those who are asked for: by key here, keyless in :mod:`.keyless`.

Of a signature by key neither a transparency log nor a certificate is asked: who holds the key is trusted, as policy says.
``cryptography`` does the arithmetic (extra ``mesh-wasm[modules]``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesh_wasm.model.signer import Signer, signers_of
from mesh_wasm.modules.locked import Artifact, Signature
from mesh_wasm.values.image import ImageReference

from .evidence import Evidence, evidence_of
from .keyless import keyless_signatures
from .registry import Registries
from .transport import ExtraMissing


@dataclass(frozen=True, slots=True)
class Found:
    """Who has signed an image."""

    signatures: tuple[Signature, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why others do not count, as clauses; of keyless signatures only."""


def signatures_of(
    registries: Registries, image: ImageReference, artifact: Artifact, signers: Iterable[Signer]
) -> Found:
    """The signatures of an image by any of some signers. Raises :class:`.registry.RegistryError`, :class:`ExtraMissing`."""
    asked = signers_of(signers)
    keys = {name: one for name, one in asked.items() if one.key is not None}
    identities = {name: one for name, one in asked.items() if one.key is None}
    digests = dict.fromkeys(filter(None, (artifact.digest, artifact.index)))
    evidence = [one for digest in digests for one in evidence_of(registries, image, digest)]
    found = dict.fromkeys(_by_key(evidence, keys))
    reasons: tuple[str, ...] = ()
    if identities and evidence:
        signatures, reasons = keyless_signatures(evidence, identities, registries.settings)
        found |= dict.fromkeys(signatures)
    return Found(tuple(sorted(found, key=lambda one: (one.by, one.form, one.digest))), reasons)


def _by_key(evidence: Iterable[Evidence], signers: Mapping[str, Signer]) -> Iterator[Signature]:
    keys = {name: _load(str(signer.key)) for name, signer in signers.items()}
    for one in evidence:
        for message, signature in one.signed:
            for name, key in keys.items():
                if _verifies(key, signature, message):
                    yield Signature(name, one.FORM, one.digest)


def _load(pem: str) -> Any:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError:
        raise ExtraMissing(
            "Checking signatures takes more than is installed: pip install 'mesh-wasm[modules]'."
        ) from None
    try:
        return load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
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
