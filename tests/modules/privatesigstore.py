"""A sigstore of one's own, as companies run it, made of keys: a certificate authority in place of Fulcio, a certificate log,
and a transparency log in place of Rekor.

Fulcio and Rekor themselves need databases and cannot be had here, and the public instance cannot be reached. What they
would hand out is made here in their stead, to the letter of RFC 6962 and of Rekor's API, and judged by sigstore-python and
by cosign, which know nothing of it but the trusted root.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import http.server
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_ISSUER, _ISSUER_V2 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1"), x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_DAY = datetime.timedelta(days=1)


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    return key.sign(message, ec.ECDSA(SHA256()))


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _time(at: datetime.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Signed:
    """What signing left behind: of the message its signature, of the signer a certificate, of the log an entry."""

    certificate: x509.Certificate
    signature: bytes
    entry: dict[str, Any]
    """As Rekor's API answers: body, integratedTime, logID, logIndex, verification."""

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def annotations(self) -> dict[str, str]:
        """As cosign 1 and 2 write them to the layer of a claim."""
        kept = {key: self.entry[key] for key in ("body", "integratedTime", "logIndex", "logID")}
        promise = {"SignedEntryTimestamp": self.entry["verification"]["signedEntryTimestamp"], "Payload": kept}
        return {
            "dev.cosignproject.cosign/signature": _b64(self.signature),
            "dev.sigstore.cosign/certificate": self.pem,
            "dev.sigstore.cosign/bundle": json.dumps(promise),
        }

    def bundle(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """As cosign 3 writes it, around an envelope."""
        entry, proof = self.entry, self.entry["verification"]["inclusionProof"]
        logged = {
            "logIndex": str(entry["logIndex"]),
            "logId": {"keyId": _b64(bytes.fromhex(entry["logID"]))},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(entry["integratedTime"]),
            "inclusionPromise": {"signedEntryTimestamp": entry["verification"]["signedEntryTimestamp"]},
            "inclusionProof": {
                "logIndex": str(proof["logIndex"]),
                "rootHash": _b64(bytes.fromhex(proof["rootHash"])),
                "treeSize": str(proof["treeSize"]),
                "hashes": [_b64(bytes.fromhex(one)) for one in proof["hashes"]],
                "checkpoint": {"envelope": proof["checkpoint"]},
            },
            "canonicalizedBody": entry["body"],
        }
        raw = _b64(self.certificate.public_bytes(Encoding.DER))
        material = {"certificate": {"rawBytes": raw}, "tlogEntries": [logged]}
        return {"mediaType": BUNDLE, "verificationMaterial": material, "dsseEnvelope": envelope}


@dataclass
class Sigstore:
    """A certificate authority, and the two logs."""

    now: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).replace(microsecond=0))
    origin: str = "rekor.acme.test"
    log_url: str = "https://rekor.acme.test"
    _authority: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    _certificates: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    _log: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    _bodies: list[bytes] = field(default_factory=list)
    entries: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        name = x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "acme"), x509.NameAttribute(NameOID.COMMON_NAME, "acme ca")]
        )
        public = self._authority.public_key()
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.root = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - _DAY)
            .not_valid_after(self.now + 3650 * _DAY)
            .add_extension(x509.BasicConstraints(True, 0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._authority, SHA256())
        )

    @property
    def trusted_root(self) -> str:
        """The text of the file by which others know this sigstore."""
        always = {"start": _time(self.now - _DAY)}

        def log(key: ec.EllipticCurvePrivateKey, url: str) -> dict[str, Any]:
            public = {"rawBytes": _b64(_der(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": always}
            identity = {"keyId": _b64(hashlib.sha256(_der(key)).digest())}
            return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": identity}

        chain = {"certificates": [{"rawBytes": _b64(self.root.public_bytes(Encoding.DER))}]}
        authority = {
            "subject": {"organization": "acme", "commonName": "acme ca"},
            "uri": "https://fulcio.acme.test",
            "certChain": chain,
            "validFor": always,
        }
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [log(self._log, self.log_url)],
                "certificateAuthorities": [authority],
                "ctlogs": [log(self._certificates, "https://ct.acme.test")],
                "timestampAuthorities": [],
            },
            indent=2,
        )

    def sign(
        self, message: bytes, identity: str, issuer: str, *, envelope: dict[str, Any] | None = None, late: bool = False
    ) -> Signed:
        """Sign as cosign does: a key for once, a certificate for ten minutes, an entry in the log.

        :param envelope: Where what is signed is a DSSE envelope: the envelope less its signatures, which are put in.
        :param late: Whether the log is told an hour later, when the certificate holds no more.
        """
        key = _key()
        certificate = self._certificate(key, identity, issuer)
        signature = _sign(key, message)
        pem = _b64(certificate.public_bytes(Encoding.PEM))
        if envelope is None:
            verified = {"content": _b64(signature), "publicKey": {"content": pem}}
            data = {"hash": {"algorithm": "sha256", "value": hashlib.sha256(message).hexdigest()}}
            kind, spec = "hashedrekord", {"data": data, "signature": verified}
        else:
            envelope["signatures"] = [{"sig": _b64(signature)}]
            payload = hashlib.sha256(base64.b64decode(envelope["payload"])).hexdigest()
            whole = hashlib.sha256(_canonical(envelope)).hexdigest()
            kind = "dsse"
            spec = {
                "envelopeHash": {"algorithm": "sha256", "value": whole},
                "payloadHash": {"algorithm": "sha256", "value": payload},
                "signatures": [{"signature": _b64(signature), "verifier": pem}],
            }
        body = _canonical({"apiVersion": "0.0.1", "kind": kind, "spec": spec})
        return Signed(certificate, signature, self._logged(body, 3600 if late else 0))

    def _certificate(self, key: ec.EllipticCurvePrivateKey, identity: str, issuer: str) -> x509.Certificate:
        name: x509.GeneralName = (
            x509.RFC822Name(identity) if "@" in identity.partition("/")[0] else x509.UniformResourceIdentifier(identity)
        )
        encoded = issuer.encode()
        v2 = b"\x0c" + bytes([len(encoded)]) + encoded
        usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._authority.public_key())
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.root.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now)
            .not_valid_after(self.now + datetime.timedelta(minutes=10))
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(authority, critical=False)
            .add_extension(x509.SubjectAlternativeName([name]), critical=True)
            .add_extension(x509.UnrecognizedExtension(_ISSUER, encoded), critical=False)
            .add_extension(x509.UnrecognizedExtension(_ISSUER_V2, v2), critical=False)
        )
        before = builder.sign(self._authority, SHA256()).tbs_certificate_bytes
        stamp = self._timestamp(before)
        return builder.add_extension(x509.UnrecognizedExtension(_SCT_LIST, stamp), critical=False).sign(
            self._authority, SHA256()
        )

    def _timestamp(self, certificate: bytes) -> bytes:
        """The extension of a certificate in which the log of certificates promises to take it. RFC 6962, 3.2 and 3.3."""
        at = int(self.now.timestamp() * 1000)
        issuer = hashlib.sha256(_der(self._authority)).digest()
        signed = (
            struct.pack("!BBQH", 0, 0, at, 1) + issuer + len(certificate).to_bytes(3, "big") + certificate + b"\0\0"
        )
        signature = _sign(self._certificates, signed)
        log = hashlib.sha256(_der(self._certificates)).digest()
        stamp = struct.pack("!B32sQHBBH", 0, log, at, 0, 4, 3, len(signature)) + signature
        listed = struct.pack("!HH", len(stamp) + 2, len(stamp)) + stamp
        return b"\x04" + (bytes([len(listed)]) if len(listed) < 128 else bytes([0x81, len(listed)])) + listed

    def _logged(self, body: bytes, later: int) -> dict[str, Any]:
        """Take an entry into the log: its promise, and the proof that it is there. RFC 6962, 2.1."""
        index = len(self._bodies)
        self._bodies.append(body)
        leaves = [hashlib.sha256(b"\0" + one).digest() for one in self._bodies]
        root, path = _root(leaves), _path(index, leaves)
        identity = hashlib.sha256(_der(self._log)).digest()
        kept = {
            "body": _b64(body),
            "integratedTime": int(self.now.timestamp()) + later,
            "logID": identity.hex(),
            "logIndex": index,
        }
        note = f"{self.origin} - 1\n{len(leaves)}\n{_b64(root)}\n"
        mark = _b64(identity[:4] + _sign(self._log, note.encode()))
        proof = {
            "checkpoint": f"{note}\n— {self.origin} {mark}\n",
            "hashes": [one.hex() for one in path],
            "logIndex": index,
            "rootHash": root.hex(),
            "treeSize": len(leaves),
        }
        promise = _b64(_sign(self._log, _canonical(kept)))
        entry = {**kept, "verification": {"inclusionProof": proof, "signedEntryTimestamp": promise}}
        self.entries[index] = entry
        return entry

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The log's API, as far as it hands out entries by their number: a stand-in for Rekor, over http."""
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                store.asked.append(self.path)
                parts = urlsplit(self.path)
                (index,) = parse_qs(parts.query).get("logIndex", ["-1"])
                entry = store.entries.get(int(index)) if parts.path == "/api/v1/log/entries" else None
                said = json.dumps({"code": 404} if entry is None else {"0a" * 32: entry}).encode()
                self.send_response(404 if entry is None else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.log_url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self.log_url
        finally:
            server.shutdown()
            server.server_close()


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = _half(len(leaves))
    return hashlib.sha256(b"\1" + _root(leaves[:half]) + _root(leaves[half:])).digest()


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = _half(len(leaves))
    if index < half:
        return [*_path(index, leaves[:half]), _root(leaves[half:])]
    return [*_path(index - half, leaves[half:]), _root(leaves[:half])]


def _half(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)
