"""Cosign itself, as the mesh builds it: it signs, and it is the judge of what is signed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

_FORMAT = {"cosign": "false", "bundle": "true"}


class Cosign:
    """Cosign with a home of its own, and the login for one registry, which is asked in plain http."""

    def __init__(self, program: Path, folder: Path, registry: str, user: str, password: str) -> None:
        self._program, self._home = program, folder / "cosign-home"
        self._home.mkdir()
        login = {"auths": {registry: {"username": user, "password": password}}}
        (self._home / "config.json").write_text(json.dumps(login))

    def key_pair(self, name: str) -> Path:
        """Make a pair of keys without a password; the file of the public one, beside which the private one lies."""
        made = self._run("generate-key-pair", "--output-key-prefix", name)
        assert made.returncode == 0, made.stderr
        return self._home / f"{name}.pub"

    def sign(self, image: str, form: str, public: Path) -> None:
        """Sign an image with the private key beside a public one, and tell no log."""
        flags = ("--yes", "--use-signing-config=false", "--tlog-upload=false", "--allow-http-registry")
        key = str(public.with_suffix(".key"))
        ran = self._run("sign", *flags, f"--new-bundle-format={_FORMAT[form]}", "--key", key, image)
        assert ran.returncode == 0, ran.stderr[-3000:]

    def believes(
        self,
        image: str,
        form: str,
        *,
        key: Path | None = None,
        identity: str = "",
        pattern: str = "",
        issuer: str = "",
        trusted_root: Path | None = None,
    ) -> bool:
        """Whether ``cosign verify`` finds a signature of this form by that key, or by that identity."""
        who: tuple[str, ...]
        if key is not None:
            who = ("--key", str(key), "--insecure-ignore-tlog=true")
        else:
            named = ("--certificate-identity-regexp", pattern) if pattern else ("--certificate-identity", identity)
            who = (*named, "--certificate-oidc-issuer", issuer, "--trusted-root", str(trusted_root))
        ran = self._run("verify", "--allow-http-registry", f"--new-bundle-format={_FORMAT[form]}", *who, image)
        self.said = ran.stderr
        assert (
            ran.returncode == 0 or "verif" in ran.stderr or "match" in ran.stderr or "no signatures found" in ran.stderr
        ), ran.stderr[-3000:]
        return ran.returncode == 0

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "COSIGN_PASSWORD": "", "DOCKER_CONFIG": str(self._home), "HOME": str(self._home)}
        return subprocess.run(
            [self._program, *words], cwd=self._home, env=env, capture_output=True, text=True, check=False, timeout=120
        )
