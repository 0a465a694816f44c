"""Whether a module is signed by whom policy asks for, as far as the lock file knows."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import fields, group, program
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import SignedSubject

_BODY = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
_KEY = f'"""-----BEGIN PUBLIC KEY-----\n{_BODY}\n-----END PUBLIC KEY-----"""'

UNSIGNED = rule(
    "MW020",
    Severity.ERROR,
    Family.MODULE,
    "A module without the signature that policy asks for",
    why="The program says who must have signed the module, and the lock file knows of no such signature of this digest.",
    fix="Sign the image with cosign as verify asks, and run mesh-wasm lock; or correct verify.",
    source="cosign; mesh-wasm.lock",
    bad=program(fields(verify=f"[{_KEY}]"), group()),
    good=program(fields(), group()),
)


@UNSIGNED.checks(SignedSubject)
def unsigned(subject: SignedSubject) -> Iterator[Finding]:
    """One of the signers is enough."""
    known = subject.entry
    if known is None:
        yield UNSIGNED.at("url", says="a signature is asked for, and nothing is known of the module.")
    elif not {one.by for one in known.signatures} & subject.signers:
        whose = next(iter(subject.signers)) if len(subject.signers) == 1 else f"any of {len(subject.signers)} signers"
        yield UNSIGNED.at("url", says=f"no signature of {known.digest} by {whose} is in the lock file.")
