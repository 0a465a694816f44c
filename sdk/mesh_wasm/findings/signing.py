"""Who is asked to have signed a module (MW021 to MW023): what cannot be checked is told where it stands.

Reported by :mod:`mesh_wasm.model.signer`, of extensions and of clusters alike.
"""

from __future__ import annotations

from .examples import fields, group, program
from .finding import Severity
from .rule import Family, rule

_ISSUER = '"issuer": "https://token.actions.githubusercontent.com"'

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
BAD_IDENTITY = rule(
    "MW022",
    Severity.ERROR,
    Family.MODULE,
    "A keyless signer that says too little",
    why=(
        "A keyless signature says that some issuer has vouched for some identity. Without both of them, to the letter, "
        "either nothing fits, or what strangers have signed."
    ),
    fix="Give identity (or identity_regexp) and issuer, as cosign verify wants them.",
    source="cosign verify; sigstore-python",
    bad=program(fields(verify='[{"identity": "release@acme.io"}]'), group()),
    good=program(fields(), group()),
)
ANYBODY = rule(
    "MW023",
    Severity.WARNING,
    Family.MODULE,
    "A pattern that every identity matches",
    why="Everybody can have an identity of a public issuer, so everybody can sign what this program believes.",
    fix="Name the repository and the workflow in the pattern, as in https://github.com/acme/.+@refs/tags/v.+.",
    source="cosign verify",
    bad=program(fields(verify=f'[{{"identity_regexp": ".*", {_ISSUER}}}]'), group()),
    good=program(fields(), group()),
)
