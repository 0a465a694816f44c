"""Who must have signed a module: public keys, as policy names them and as the lock file tells of their signatures."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable

_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\s*([A-Za-z0-9+/=\s]+?)\s*-----END PUBLIC KEY-----")


class SignerError(ValueError):
    """It is no public key; the text says why, as a sentence without its full stop."""


def signer_of(pem: str) -> str:
    """The name of a key in the lock file: ``key sha256:…``, the hash of its DER form. Raises :class:`SignerError`."""
    match = _PEM.fullmatch(pem.strip())
    if match is None:
        raise SignerError(
            "it is no public key in PEM form (-----BEGIN PUBLIC KEY-----), as cosign generate-key-pair writes"
        )
    try:
        der = base64.b64decode("".join(match[1].split()), validate=True)
    except binascii.Error:
        raise SignerError("what stands between its first and last line is no base64") from None
    return f"key sha256:{hashlib.sha256(der).hexdigest()}"


def signers_of(pems: Iterable[str]) -> dict[str, str]:
    """The keys by their names; those that cannot be read are left out (a rule tells of them)."""
    found = {}
    for pem in pems:
        try:
            found[signer_of(pem)] = pem
        except SignerError:
            continue
    return found
