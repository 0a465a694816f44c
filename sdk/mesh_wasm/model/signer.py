"""Who must have signed a module: who holds a key, or an identity to which a sigstore lends keys for once (keyless)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from mesh_wasm.findings import signing
from mesh_wasm.findings.finding import Finding
from mesh_wasm.values.base import Leaf, Model, Str
from mesh_wasm.values.deferred import Deferred

_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\s*([A-Za-z0-9+/=\s]+?)\s*-----END PUBLIC KEY-----")
_ROOT = "application/vnd.dev.sigstore.trustedroot"
_STRANGERS = ("https://github.com/some-one/else/.github/workflows/x.yaml@refs/heads/main", "some.one@mail.example.org")


class SignerError(ValueError):
    """Nothing can be checked with it; the text says why, as a sentence without its full stop."""

    def __init__(self, says: str, *, of_key: bool = False) -> None:
        super().__init__(says)
        self.of_key = of_key
        """Whether it is about a public key."""


class Signer(Model):
    """One who may have signed: a ``key``, or an ``identity`` with its ``issuer``. A text alone is a key."""

    key: Leaf[Str] | None = None
    """A public key (PEM), as ``cosign generate-key-pair`` writes it to ``cosign.pub``."""
    identity: Leaf[Str] | None = None
    """Keyless: the e-mail address or URI in the certificate, to the letter."""
    identity_regexp: Leaf[Str] | None = None
    """In place of ``identity``: a regular expression that the whole of it must match."""
    issuer: Leaf[Str] | None = None
    """Keyless: the OpenID Connect issuer that vouches for the identity, as a URL, to the letter."""
    trusted_root: Leaf[Str] | None = None
    """Keyless: the text of the trusted root (JSON) of a private sigstore; default: the public one."""

    @model_validator(mode="before")
    @classmethod
    def _key_alone(cls, value: Any) -> Any:
        return {"key": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        texts = {name: {"type": "string"} for name in ("identity", "identityRegexp", "issuer", "key", "trustedRoot")}
        return {"anyOf": [{"type": "string"}, {"type": "object", "properties": texts, "additionalProperties": False}]}

    @property
    def known(self) -> bool:
        """Whether all of it is known and could be read."""
        return not any(isinstance(getattr(self, name), Deferred) for name in type(self).model_fields)

    @property
    def name(self) -> str:
        """What the lock file calls its signatures; none but a :attr:`known` one has it. Raises :class:`SignerError`.

        ``key sha256:…`` (the hash of its DER form), or ``identity … (issuer …)``, with the hash of a trusted root.
        """
        keyless = [self.identity, self.identity_regexp, self.issuer, self.trusted_root]
        if self.key is not None:
            if any(part is not None for part in keyless):
                raise SignerError("it names a key, and an identity or its issuer too; give two signers instead")
            return _key_name(str(self.key))
        return _identity_name(*(None if part is None else str(part) for part in keyless))


def signers_of(signers: Iterable[Signer]) -> dict[str, Signer]:
    """The signers by their names; those that cannot be read are left out (:func:`signer_findings` tells of them)."""
    found = {}
    for signer in signers:
        try:
            found[signer.name] = signer
        except SignerError:
            continue
    return found


def signer_findings(signers: Iterable[object]) -> Iterator[Finding]:
    """What is wrong with the signers of an extension or a cluster; paths start at what holds ``verify``."""
    for index, signer in enumerate(signers):
        if not isinstance(signer, Signer) or not signer.known:
            continue
        try:
            _ = signer.name
        except SignerError as error:
            rule = signing.BAD_KEY if error.of_key else signing.BAD_IDENTITY
            yield rule.at("verify", index, says=f"{error}.")
        else:
            if isinstance(signer.identity_regexp, str) and all(
                map(re.compile(signer.identity_regexp).fullmatch, _STRANGERS)
            ):
                yield signing.ANYBODY.at("verify", index, says="every identity matches identity_regexp.")


def _key_name(pem: str) -> str:
    match = _PEM.fullmatch(pem.strip())
    if match is None:
        says = "it is no public key in PEM form (-----BEGIN PUBLIC KEY-----), as cosign generate-key-pair writes"
        raise SignerError(says, of_key=True)
    try:
        der = base64.b64decode("".join(match[1].split()), validate=True)
    except binascii.Error:
        raise SignerError("what stands between its first and last line is no base64", of_key=True) from None
    return f"key sha256:{hashlib.sha256(der).hexdigest()}"


def _identity_name(identity: str | None, regexp: str | None, issuer: str | None, root: str | None) -> str:
    if not identity and not regexp:
        raise SignerError("it names neither a key nor an identity")
    if identity and regexp:
        raise SignerError("it gives both identity and identity_regexp")
    if not issuer:
        raise SignerError(
            "it names an identity without the issuer that vouches for it, and others may vouch for the same"
        )
    if identity and "*" in identity:
        raise SignerError("the * in identity stands for itself; a pattern is given as identity_regexp")
    try:
        re.compile(regexp or "")
    except re.error as error:
        raise SignerError(f"identity_regexp is no regular expression ({error})") from None
    who = f"identity {identity}" if identity else f"identity matching {regexp}"
    return f"{who} (issuer {issuer}{'' if root is None else f', trusted root {root_digest(root)}'})"


def root_digest(text: str) -> str:
    """The hash of a trusted root, however its JSON is laid out: ``sha256:…``. Raises :class:`SignerError`."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not str(document.get("mediaType", "")).startswith(_ROOT):
        raise SignerError(
            "trusted_root is not the text of a trusted root: JSON, as cosign trusted-root create writes it"
        )
    for part in ("certificateAuthorities", "ctlogs", "tlogs"):
        if not document.get(part):
            raise SignerError(f"its trusted root has no {part}, without which no signature can be checked")
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return f"sha256:{hashlib.sha256(canonical).hexdigest()}"
