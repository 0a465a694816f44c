"""Whether a module is signed by whom policy asks for, as far as the lock file knows."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import fields, group, program
from mesh_wasm.findings.finding import Finding, Severity, counted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.modules.signers import SignerError, signer_of
from mesh_wasm.rules.subjects import SignedSubject, SignersSubject

_BODY = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
_KEY = f'"""-----BEGIN PUBLIC KEY-----\n{_BODY}\n-----END PUBLIC KEY-----"""'

UNSIGNED = rule(
    "MW020",
    Severity.ERROR,
    Family.MODULE,
    "A module without the signature that policy asks for",
    why="The program says who must have signed the module, and the lock file knows of no such signature of this digest.",
    fix="Sign the image with cosign and the key, and run mesh-wasm lock; or correct verify.",
    source="cosign; mesh-wasm.lock",
    bad=program(fields(verify=f"[{_KEY}]"), group()),
    good=program(fields(), group()),
)
BAD_KEY = rule(
    "MW021",
    Severity.ERROR,
    Family.MODULE,
    "A key in verify that is none",
    why="Nothing can be checked with it, so nothing would ever be signed as policy asks.",
    fix="Give the text of the public key, as cosign generate-key-pair writes it to cosign.pub.",
    source="cosign",
    bad=program(fields(verify='["cosign.pub"]'), group()),
    good=program(fields(), group()),
)


@UNSIGNED.checks(SignedSubject)
def unsigned(subject: SignedSubject) -> Iterator[Finding]:
    """One of the keys is enough."""
    known = subject.entry
    if known is None:
        yield UNSIGNED.at("url", says="a signature is asked for, and nothing is known of the module.")
    elif not {one.by for one in known.signatures} & subject.signers:
        keys = counted(len(subject.signers), "key")
        yield UNSIGNED.at("url", says=f"no signature of {known.digest} by {keys} of verify is in the lock file.")


@BAD_KEY.checks(SignersSubject)
def bad_key(subject: SignersSubject) -> Iterator[Finding]:
    """Each of them."""
    for index, pem in enumerate(subject.keys):
        if isinstance(pem, str):
            try:
                signer_of(pem)
            except SignerError as error:
                yield BAD_KEY.at("verify", index, says=f"{error}.")
