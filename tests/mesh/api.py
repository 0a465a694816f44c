"""A small Kubernetes client that hides nothing: every answer comes with its status, its message and its warnings.

The tests ask thousands of questions whose interesting answer is a refusal, so a refusal is a value here, not an
exception, and connections are kept alive, one for each thread.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import ssl
import threading
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import MeshError

Object = dict[str, Any]

MANAGER = "mesh-tests"
_WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Answer:
    """What the API server said."""

    status: int
    body: Object
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it accepted."""
        return self.status < 400

    @property
    def message(self) -> str:
        """The sentence of a refusal; empty when it accepted."""
        return "" if self.ok else str(self.body.get("message", ""))

    @property
    def reason(self) -> str:
        """The machine's word for a refusal, such as Invalid or NotFound; empty when it accepted."""
        return "" if self.ok else str(self.body.get("reason", ""))

    @property
    def refused_by_webhook(self) -> bool:
        """Whether a webhook, which is asked last, said no: then the schema had accepted."""
        return "admission webhook" in self.message and "denied the request" in self.message

    def accepted(self) -> Object:
        """The object, where a refusal would be a mistake of the test."""
        if not self.ok:
            raise MeshError(f"the API server answered {self.status}: {self.message}")
        return self.body


class Api:
    """One API server, asked as its administrator."""

    def __init__(self, server: str, token: str, tls: ssl.SSLContext, timeout: float = 30) -> None:
        self._host = urllib.parse.urlsplit(server).netloc
        self._token = token
        self._tls = tls
        self._timeout = timeout
        self._local = threading.local()
        self._connections: list[http.client.HTTPSConnection] = []
        self._resources: dict[tuple[str, str], tuple[str, bool]] = {}

    @classmethod
    def from_kubeconfig(cls, path: Path) -> Api:
        """The server of a kubeconfig that the mesh wrote: one cluster, one user with a token."""
        config = yaml.safe_load(path.read_text())
        cluster = config["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        return cls(cluster["server"], config["users"][0]["user"]["token"], ssl.create_default_context(cadata=authority))

    def create(self, obj: Object, *, dry_run: bool = False, validation: str = "Strict") -> Answer:
        """POST the object. Strict, unlike the server's default: an unknown field is a refusal, not silently dropped."""
        path = self.path(obj["apiVersion"], obj["kind"], _namespace(obj))
        return self.request("POST", path, obj, **_options(dry_run, validation))

    def apply(
        self, obj: Object, *, dry_run: bool = False, validation: str = "Strict", manager: str = MANAGER
    ) -> Answer:
        """Server-side apply, taking fields over from other managers."""
        path = self.path(obj["apiVersion"], obj["kind"], _namespace(obj), obj["metadata"]["name"])
        query = _options(dry_run, validation) | {"fieldManager": manager, "force": "true"}
        return self.request("PATCH", path, obj, "application/apply-patch+yaml", **query)

    def get(self, api_version: str, kind: str, name: str, namespace: str = "default") -> Answer:
        """One object."""
        return self.request("GET", self.path(api_version, kind, namespace, name))

    def list(self, api_version: str, kind: str, namespace: str | None = None, **query: str) -> list[Object]:
        """All objects of a kind, in one namespace or in all."""
        answer = self.request("GET", self.path(api_version, kind, namespace), None, **query)
        items: list[Object] = answer.accepted()["items"]
        return items

    def delete(
        self, api_version: str, kind: str, name: str, namespace: str = "default", *, propagation: str = "Background"
    ) -> Answer:
        """Ask for deletion; with Foreground the object stays until the garbage collector has had its turn."""
        return self.request("DELETE", self.path(api_version, kind, namespace, name), propagationPolicy=propagation)

    def path(self, api_version: str, kind: str, namespace: str | None = None, name: str | None = None) -> str:
        """The URL path of a kind, as the server's own discovery names it."""
        base = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        if (api_version, kind) not in self._resources:
            for found in self.request("GET", base).accepted()["resources"]:
                if "/" not in found["name"]:
                    self._resources[api_version, found["kind"]] = (found["name"], found["namespaced"])
            if (api_version, kind) not in self._resources:
                raise MeshError(f"the API server knows no {kind} in {api_version}")
        plural, namespaced = self._resources[api_version, kind]
        within = ["namespaces", namespace] if namespaced and namespace else []
        return "/".join([base, *within, plural, *([name] if name else [])])

    def request(
        self,
        method: str,
        path: str,
        body: Object | bytes | None = None,
        content_type: str = "application/json",
        **query: str,
    ) -> Answer:
        """Any request; for the few that the methods above do not make. A body of bytes is sent as it is."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", "Content-Type": content_type}
        target = f"{path}?{urllib.parse.urlencode(query)}" if query else path
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        for last_try in (False, True):
            reused = self._connection.sock is not None
            try:
                self._connection.request(method, target, data, headers)
                response = self._connection.getresponse()
                raw = response.read()
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
                self._connection.close()
                if last_try or not reused:  # an idle connection that the server closed is worth a second try, once
                    raise
            except BaseException:
                self._connection.close()  # never leave half an answer for the next request
                raise
        warnings = _WARNING.findall(", ".join(response.headers.get_all("Warning") or []))
        return Answer(response.status, _parsed(raw), tuple(re.sub(r"\\(.)", r"\1", text) for text in warnings))

    def close(self) -> None:
        """Close the connections of all threads; a later request opens new ones."""
        for connection in self._connections:
            connection.close()

    @property
    def _connection(self) -> http.client.HTTPSConnection:
        if not hasattr(self._local, "connection"):
            made = http.client.HTTPSConnection(self._host, timeout=self._timeout, context=self._tls)
            self._local.connection = made
            self._connections.append(made)
        connection: http.client.HTTPSConnection = self._local.connection
        return connection


def _parsed(raw: bytes) -> Object:
    try:
        content = json.loads(raw)
    except ValueError:
        content = None
    # /readyz answers in plain text, and so do some errors.
    return content if isinstance(content, dict) else {"message": raw.decode(errors="replace")}


def _namespace(obj: Object) -> str:
    return str(obj["metadata"].get("namespace", "default"))


def _options(dry_run: bool, validation: str) -> dict[str, str]:
    return {"fieldValidation": validation} | ({"dryRun": "All"} if dry_run else {})
