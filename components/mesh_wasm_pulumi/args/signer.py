"""Who must have signed a module.

This module must not use ``from __future__ import annotations``: the component host reads the real types.
"""

from typing import TYPE_CHECKING, NotRequired, TypeAlias, TypedDict

import pulumi


class SignerArgs(TypedDict):
    """One who may have signed a module with cosign: a key, or (keyless) an identity with its issuer."""

    key: NotRequired[pulumi.Input[str]]
    """A public key (PEM): the text of ``cosign.pub``."""
    identity: NotRequired[pulumi.Input[str]]
    """Keyless: the e-mail address or URI in the certificate, to the letter."""
    identity_regexp: NotRequired[pulumi.Input[str]]
    """In place of identity: a regular expression that the whole of it must match."""
    issuer: NotRequired[pulumi.Input[str]]
    """Keyless: the OpenID Connect issuer, e.g. ``https://token.actions.githubusercontent.com``."""
    trusted_root: NotRequired[pulumi.Input[str]]
    """Keyless: the text of the trusted root (JSON) of a private sigstore; default: the public one."""


# A union has no place in a Pulumi schema, so other languages see the object only.
if TYPE_CHECKING:
    Signer: TypeAlias = SignerArgs | str
else:
    Signer = SignerArgs
