"""Who must have signed a module, by the names under which the lock file tells of their signatures."""

from __future__ import annotations

from collections.abc import Iterable

from mesh_wasm.model.signer import Signer, SignerError


def signers_of(signers: Iterable[Signer]) -> dict[str, Signer]:
    """The signers by their names; those that cannot be read are left out (a rule tells of them)."""
    found = {}
    for signer in signers:
        try:
            found[signer.name] = signer
        except SignerError:
            continue
    return found
