"""Keyless signatures: an identity has signed with a key that was lent for minutes, and a log has seen it.

sigstore-python judges (extra ``mesh-wasm[keyless]``): the certificate's chain and its time, that the certificate log has
seen it, identity and issuer, and the entry of the transparency log with the proof that it is there. What it has to trust
is the trusted root of the signer; without one that of the public sigstore, which it fetches by itself.

What cosign 1 and 2 leave beside an image holds only the log's promise to take the entry; sigstore-python wants the proof
as well, so the log is asked for it.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mesh_wasm.model.signer import Signer
from mesh_wasm.modules.locked import Signature

from .evidence import Bundle, Claim, Evidence, is_about, json_of, mappings
from .transport import Answer, ExtraMissing, Transport, TransportError, TransportSettings

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.verify import Verifier

CERTIFICATE, PROMISE = "dev.sigstore.cosign/certificate", "dev.sigstore.cosign/bundle"
PUBLIC_LOG = "https://rekor.sigstore.dev"
"""The log of the public sigstore to which cosign 1 and 2 write."""
_STATEMENT = "application/vnd.in-toto+json"
_MAX_ENTRY = 1024 * 1024
_MOST = 3
"""Reasons that are told of one image."""


@dataclass(frozen=True, slots=True)
class Trust:
    """One sigstore: who judges by its trusted root, and where its logs are asked."""

    verifier: Verifier
    logs: Mapping[str, str]
    """URLs by the hexadecimal id of the log; empty: the public one."""


def keyless_signatures(
    evidence: Iterable[Evidence], signers: Mapping[str, Signer], settings: TransportSettings
) -> tuple[list[Signature], tuple[str, ...]]:
    """The signatures among some evidence by any of some identities, and why others do not count.

    :param signers: The signers by their names.
    Raises :class:`.transport.ExtraMissing`.
    """
    found: list[Signature] = []
    reasons: dict[str, None] = {}
    for one in evidence:
        certificate = _certificate(one)
        if certificate is None:
            continue  # signed with a key
        for name, signer in signers.items():
            if not _is_of(certificate, signer):
                reasons[f"there is a signature by {_told(certificate)}"] = None
                continue
            trust = _trust(None if signer.trusted_root is None else str(signer.trusted_root))
            if isinstance(trust, str):
                reasons[trust] = None
                continue
            try:
                _check(one, trust, signer, settings)
            except Exception as error:  # whatever sigstore-python makes of a damaged or hostile one: it does not count
                reasons[f"the signature by {_told(certificate)} does not hold ({_words(error)})"] = None
            else:
                found.append(Signature(name, one.FORM, one.digest))
    return found, tuple(reasons)[:_MOST]


def _check(one: Evidence, trust: Trust, signer: Signer, settings: TransportSettings) -> None:
    from sigstore import models

    if isinstance(one, Claim):
        bundle = models.Bundle.from_json(_as_bundle(one, trust, settings))
        trust.verifier.verify_artifact(one.message, bundle, _Policy(signer))
        return
    kind, payload = trust.verifier.verify_dsse(models.Bundle.from_json(one.text), _Policy(signer))
    if kind != _STATEMENT or not is_about(payload, one.digest):
        raise ValueError("it is about something else")


class _Policy:
    """What sigstore-python is to ask of a certificate."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def verify(self, cert: Certificate) -> None:
        """Raises sigstore's ``VerificationError``."""
        from sigstore.errors import VerificationError

        if not _is_of(cert, self._signer):
            raise VerificationError(f"it is by {_told(cert)}")


def _is_of(certificate: Certificate, signer: Signer) -> bool:
    names, issuer = _names(certificate), _issuer(certificate)
    if issuer is None or issuer != signer.issuer:
        return False
    if signer.identity is not None:
        return signer.identity in names
    return any(re.fullmatch(str(signer.identity_regexp), name) for name in names)


def _names(certificate: Certificate) -> list[str]:
    """The identities of a certificate: its alternative names."""
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    plain = [str(one.value) for one in found if isinstance(one, x509.RFC822Name | x509.UniformResourceIdentifier)]
    other = [
        _text(one.value) for one in found if isinstance(one, x509.OtherName) and one.type_id.dotted_string == _OTHER
    ]
    return [*plain, *filter(None, other)]


_OTHER, _ISSUER, _ISSUER_V2 = (f"1.3.6.1.4.1.57264.1.{number}" for number in (7, 1, 8))
"""Fulcio's own names and extensions. Source: sigstore/fulcio docs/oid-info.md."""


def _issuer(certificate: Certificate) -> str | None:
    from cryptography import x509

    try:
        found = {one.oid.dotted_string: one.value for one in certificate.extensions}
    except ValueError:
        return None
    newer, older = found.get(_ISSUER_V2), found.get(_ISSUER)
    if isinstance(newer, x509.UnrecognizedExtension):
        return _text(newer.value)
    return older.value.decode(errors="replace") if isinstance(older, x509.UnrecognizedExtension) else None


def _text(der: bytes) -> str | None:
    """An UTF8String in DER."""
    if der[:1] != b"\x0c" or len(der) < 2:
        return None
    skip = 2 if der[1] < 128 else 2 + (der[1] & 0x7F)
    return der[skip:].decode(errors="replace")


def _told(certificate: Certificate) -> str:
    who = ", ".join(_names(certificate)) or "nobody"
    return f"{who[:200]} (issuer {(_issuer(certificate) or 'none')[:200]})"


def _certificate(one: Evidence) -> Certificate | None:
    from cryptography import x509

    try:
        if isinstance(one, Claim):
            pem = one.annotations.get(CERTIFICATE)
            return x509.load_pem_x509_certificate(pem.encode()) if isinstance(pem, str) else None
        return x509.load_der_x509_certificate(_raw_certificate(one))
    except ValueError:
        return None


def _raw_certificate(one: Bundle) -> bytes:
    """The signer's certificate of a bundle; of older bundles, the first of the chain."""
    material = json_of(one.text).get("verificationMaterial")
    material = material if isinstance(material, Mapping) else {}
    chain = material.get("x509CertificateChain")
    first = next(iter(mappings(chain.get("certificates") if isinstance(chain, Mapping) else None)), {})
    own = material.get("certificate", first)
    return base64.b64decode(str(own.get("rawBytes", "")) if isinstance(own, Mapping) else "")


def _as_bundle(claim: Claim, trust: Trust, settings: TransportSettings) -> str:
    """A claim in the form of a bundle, with the proof that its log gives."""
    promise = json_of(str(claim.annotations.get(PROMISE, "")))
    kept = promise.get("Payload")
    if not isinstance(kept, Mapping) or not isinstance(kept.get("logIndex"), int):
        raise ValueError("it says of no transparency log that it has taken it")
    entry = _logged(str(kept.get("logID")), kept["logIndex"], trust, settings)
    proof, kind = entry["verification"]["inclusionProof"], json_of(base64.b64decode(entry["body"]))
    logged = {
        "logIndex": str(entry["logIndex"]),
        "logId": {"keyId": _base64(entry["logID"])},
        "kindVersion": {"kind": kind.get("kind"), "version": kind.get("apiVersion")},
        "integratedTime": str(entry["integratedTime"]),
        "inclusionPromise": {"signedEntryTimestamp": entry["verification"]["signedEntryTimestamp"]},
        "inclusionProof": {
            "logIndex": str(proof["logIndex"]),
            "rootHash": _base64(proof["rootHash"]),
            "treeSize": str(proof["treeSize"]),
            "hashes": [_base64(one) for one in proof["hashes"]],
            "checkpoint": {"envelope": proof["checkpoint"]},
        },
        "canonicalizedBody": entry["body"],
    }
    pem = str(claim.annotations[CERTIFICATE])
    raw = "".join(line for line in pem.strip().splitlines() if not line.startswith("-----"))
    return json.dumps(
        {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"certificate": {"rawBytes": raw}, "tlogEntries": [logged]},
            "messageSignature": {"signature": base64.b64encode(claim.signature).decode()},
        }
    )


def _logged(log: str, index: int, trust: Trust, settings: TransportSettings) -> Mapping[str, Any]:
    """An entry of a log with its proof. Source: sigstore/rekor openapi.yaml, ``/api/v1/log/entries``."""
    base = trust.logs.get(log) if trust.logs else PUBLIC_LOG
    if base is None:
        raise ValueError("its transparency log is not of the trusted root")
    parts = urlsplit(base)
    if parts.scheme != "https" and parts.netloc not in settings.plain_http:
        raise ValueError(f"the log {base} is asked over http only with --plain-http {parts.netloc}")
    url = f"{base.rstrip('/')}/api/v1/log/entries?logIndex={index}"
    try:
        with Transport(parts.netloc, None, settings).fetch(url) as answer:
            said = _beginning(answer) if answer.status == 200 else b""
    except TransportError as error:
        raise ValueError(f"the log {base} gives no proof: {error}") from None
    entry = next(iter(json_of(said).values()), None)
    if not isinstance(entry, Mapping):
        raise ValueError(f"the log {base} gives no proof of entry {index} (status {answer.status})")
    return entry


def _beginning(answer: Answer) -> bytes:
    said = b""
    while len(said) < _MAX_ENTRY and (piece := answer.read(_MAX_ENTRY)):
        said += piece
    return said


def _base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


@lru_cache(maxsize=16)
def _trust(root: str | None) -> Trust | str:
    """The sigstore of a trusted root (its text), or the public one; where it cannot be had, why."""
    try:
        from sigstore.models import TrustedRoot
        from sigstore.verify import Verifier
    except ImportError:
        raise ExtraMissing(
            "Checking keyless signatures takes more than is installed: pip install 'mesh-wasm[keyless]'."
        ) from None
    try:
        if root is None:
            return Trust(Verifier.production(), {})
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            file.write(root)
            file.flush()
            return Trust(Verifier(trusted_root=TrustedRoot.from_file(file.name)), dict(_logs(root)))
    except Exception as error:  # of the network, of TUF, of pydantic: whatever it is, nothing can be checked
        if root is None:
            says = f"the trusted root of the public sigstore cannot be fetched ({_words(error)})"
            return f"{says}; where it is out of reach, give the signer a trusted_root"
        return f"its trusted_root cannot be used ({_words(error)})"


def _logs(root: str) -> Iterator[tuple[str, str]]:
    for log in mappings(json_of(root).get("tlogs")):
        identity, url = log.get("logId"), log.get("baseUrl")
        key = identity.get("keyId") if isinstance(identity, Mapping) else None
        if isinstance(key, str) and isinstance(url, str):
            yield base64.b64decode(key).hex(), url


def _words(error: Exception) -> str:
    """The first line of what is wrong; of pydantic's lists the number only."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")[:200]
