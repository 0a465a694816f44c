"""Debian's docker-registry behind a token server: the registry is real, the token server a stand-in.

Token servers come with whole products (Harbor, Artifactory), of which none is in a package registry. This one hands out the
tokens of the registry's own specification: JSON Web Tokens, signed by a key whose certificate the registry believes.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import http.server
import json
import secrets
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from mesh.loopback import free_ports
from pullsecrets import debianregistry


@dataclass
class TokenServer:
    """Who gets a token: the one user, and with ``public`` everybody."""

    user: str
    password: str
    public: bool = False
    asked: list[str] = field(default_factory=list)
    """Who has asked, by name; empty for nobody in particular."""
    issued: list[str] = field(default_factory=list)
    _key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def __post_init__(self) -> None:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tokens")])
        now = datetime.datetime.now(datetime.UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(self._key, SHA256())
        )

    def token(self, user: str, service: str, scope: str) -> str:
        """A token for pulling what a scope ``repository:<path>:pull`` names."""
        kind, _, rest = scope.partition(":")
        path, _, _ = rest.rpartition(":")
        now = int(time.time())
        head = {
            "typ": "JWT",
            "alg": "RS256",
            "x5c": [base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()],
        }
        claims = {
            "iss": "tokens",
            "sub": user,
            "aud": service,
            "iat": now,
            "nbf": now - 60,
            "exp": now + 300,
            "jti": secrets.token_hex(8),
            "access": [{"type": kind, "name": path, "actions": ["pull"]}] if path else [],
        }
        signed = ".".join(_url64(json.dumps(part).encode()) for part in (head, claims))
        text = f"{signed}.{_url64(self._key.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"
        self.issued.append(text)
        return text

    @contextlib.contextmanager
    def serving(self) -> Iterator[str]:
        """The server's URL."""
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                kind, _, login = self.headers.get("Authorization", "").partition(" ")
                user, _, password = base64.b64decode(login).decode().partition(":") if kind == "Basic" else ("", "", "")
                store.asked.append(user)
                known = (user, password) == (store.user, store.password) or (not user and store.public)
                said: dict[str, Any] = {"errors": [{"code": "UNAUTHORIZED"}]}
                if known:
                    text = store.token(user, query.get("service", [""])[0], query.get("scope", [""])[0])
                    said = {"token": text, "expires_in": 300}
                body = json.dumps(said).encode()
                self.send_response(200 if known else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token"
        finally:
            server.shutdown()
            server.server_close()


@contextlib.contextmanager
def registry(folder: Path, realm: str, server: TokenServer) -> Iterator[str]:
    """A registry over the blobs of ``folder`` that lets in who shows a token; gives its host and port."""
    (port,) = free_ports(1)
    host, bundle = f"127.0.0.1:{port}", folder / "tokens.pem"
    bundle.write_bytes(server.certificate.public_bytes(Encoding.PEM))
    token = {"realm": realm, "service": "registry", "issuer": "tokens", "rootcertbundle": str(bundle)}
    settings = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "blobs")}},
        "http": {"addr": host},
        "auth": {"token": token},
    }
    configuration, log = folder / "tokens.yaml", folder / "tokens.log"
    configuration.write_text(yaml.safe_dump(settings))
    with log.open("wb") as sink:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(configuration)], stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
        )
    try:
        debianregistry._wait(host, process, log)
        yield host
    finally:
        process.terminate()
        process.wait(10)


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
