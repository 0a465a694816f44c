"""What a cluster's programs and users prove themselves with; made anew for each cluster, never reused."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

import yaml

_P256_OID = bytes.fromhex("06082a8648ce3d030107")


def signing_key() -> str:
    """A fresh P-256 private key in PEM, for service account tokens.

    It is written by hand because neither the standard library nor every machine has a tool for it. The public half may
    be left out of the form (RFC 5915); Go computes it.
    """
    secret = b"\x00" + secrets.token_bytes(31)  # below the curve's order, whatever the dice say
    body = b"\x02\x01\x01" + b"\x04\x20" + secret + b"\xa0\x0a" + _P256_OID
    encoded = base64.encodebytes(b"\x30" + bytes([len(body)]) + body).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{encoded}-----END EC PRIVATE KEY-----\n"


def token_file(token: str) -> str:
    """The line of `--token-auth-file` that makes the bearer an administrator."""
    return f"{token},admin,admin,system:masters\n"


def kubeconfig(name: str, server: str, token: str, authority: str) -> str:
    """A kubeconfig whose only context, cluster and default carry the cluster's name."""
    ca = base64.b64encode(authority.encode()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": ca}}],
        "users": [{"name": f"{name}-admin", "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-admin"}}],
        "current-context": name,
    }
    return yaml.safe_dump(config, sort_keys=False)


def write_private(path: Path, content: str) -> None:
    """A file that only this user can read, from its first byte on."""
    path.touch(mode=0o600)
    path.write_text(content)
