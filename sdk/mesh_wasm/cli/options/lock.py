"""Options about modules: the lock file that a command checks them against, and the signatures that it asks for.

The options of signatures are named as those of cosign.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from mesh_wasm.model.signer import Signer, SignerError
from mesh_wasm.modules.locked import FILE_NAME, Lock
from mesh_wasm.modules.lockfile import LockError, read_lock

lock_option = click.option(
    "--lock-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=f"What `mesh-wasm lock` has written.  [default: {FILE_NAME} in this folder, if there is one]",
)
"""Add ``--lock-file``; the command takes it as ``lock_file``."""


def given_lock(path: Path | None) -> Lock:
    """The lock file that is named, else that of the current folder."""
    try:
        return read_lock(path or Path(FILE_NAME)) or Lock(absent=True)
    except LockError as error:
        raise click.UsageError(str(error)) from None


F = TypeVar("F", bound=Callable[..., Any])


def signer_options(command: F) -> F:
    """Add the options; the command takes the signers as ``signers``, a tuple."""

    @functools.wraps(command)
    def wrapped(
        *args: Any,
        key_files: tuple[Path, ...],
        certificate_identity: str | None,
        certificate_identity_regexp: str | None,
        certificate_oidc_issuer: str | None,
        trusted_root: Path | None,
        **options: Any,
    ) -> Any:
        who = certificate_identity, certificate_identity_regexp, certificate_oidc_issuer
        return command(*args, signers=(*_keys(key_files), *_keyless(*who, trusted_root)), **options)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]  # it has taken the place of the command


_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_OPTIONS = (
    click.option(
        "--verify-key",
        "key_files",
        type=_FILE,
        multiple=True,
        help="Look for signatures by this public key (cosign.pub) as well. Can be repeated.",
    ),
    click.option("--certificate-identity", metavar="ID", help="Look for keyless signatures by this identity as well."),
    click.option(
        "--certificate-identity-regexp", metavar="PATTERN", help="The same, of all that the pattern matches whole."
    ),
    click.option("--certificate-oidc-issuer", metavar="URL", help="The issuer of that identity."),
    click.option(
        "--trusted-root",
        type=_FILE,
        help="The trusted root of the sigstore of that identity.  [default: the public one]",
    ),
)


def _keys(files: tuple[Path, ...]) -> Iterator[Signer]:
    for file in files:
        yield _readable(Signer(key=file.read_text(encoding="utf-8", errors="replace")), str(file))


def _keyless(identity: str | None, regexp: str | None, issuer: str | None, root: Path | None) -> Iterator[Signer]:
    if identity or regexp or issuer or root:
        text = None if root is None else root.read_text(encoding="utf-8", errors="replace")
        signer = Signer(identity=identity, identity_regexp=regexp, issuer=issuer, trusted_root=text)
        yield _readable(signer, "--certificate-…")


def _readable(signer: Signer, where: str) -> Signer:
    try:
        _ = signer.name
    except SignerError as error:
        raise click.UsageError(f"{where}: {error}.") from None
    return signer
