"""What the two judges of production say of a manifest: the API server with its schema, and istiod's webhook.

The API server asks the webhook last, and only if the schema has nothing to object; so the webhook is also asked
directly, the way the API server would do it. Both are asked for a dry run: nothing is ever stored.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import uuid
from dataclasses import dataclass
from types import TracebackType

from . import MeshError, istio
from .api import Object
from .cluster import Cluster

_UNKNOWN = re.compile(r'unknown field "([^"]+)"')


@dataclass(frozen=True)
class Verdict:
    """What one judge said."""

    accepted: bool
    message: str = ""
    """The refusal; empty where it accepted."""
    fields: tuple[str, ...] = ()
    """The fields that the refusal names, as far as the judge tells them apart: `spec.match[0].mode`."""
    warnings: tuple[str, ...] = ()


class Judges:
    """The API server and the webhook of one cluster; close it when done."""

    def __init__(self, cluster: Cluster) -> None:
        if cluster.istiod is None:
            raise MeshError(f"cluster {cluster.name} runs no istiod, so there is no webhook to ask; start it with one.")
        self._api = cluster.api
        authority = istio.root_certificate(cluster.api)
        tls = ssl.create_default_context(cadata=authority)
        self._webhook = http.client.HTTPSConnection("127.0.0.1", cluster.istiod.webhook_port, timeout=30, context=tls)

    def server(self, manifest: Object) -> Verdict:
        """What a strict API server says of creating the manifest: its schema first, then the webhook."""
        answer = self._api.create(manifest, dry_run=True)
        if answer.ok:
            return Verdict(True, warnings=answer.warnings)
        causes = answer.body.get("details", {}).get("causes") or []
        fields = [cause["field"] for cause in causes if cause.get("field")] + _UNKNOWN.findall(answer.message)
        # Some refusals of the structural schema call the root '<nil>' and name the field in their text only.
        fields = [field for field in fields if field != "<nil>"]
        return Verdict(False, answer.message, tuple(sorted(set(fields))), answer.warnings)  # the server shuffles them

    def webhook(self, manifest: Object) -> Verdict:
        """What istiod's webhook says of the manifest, whatever the schema would have said."""
        identity = str(uuid.uuid4())
        version, kind = manifest["apiVersion"], manifest["kind"]
        group, _, number = version.partition("/")
        request = {
            "uid": identity,
            "kind": {"group": group, "version": number, "kind": kind},
            "resource": {"group": group, "version": number, "resource": f"{kind.lower()}s"},
            "operation": "CREATE",
            "dryRun": True,
            "object": manifest,
        }
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
        self._webhook.request("POST", "/validate", json.dumps(review), {"Content-Type": "application/json"})
        response = self._webhook.getresponse()
        body = response.read()
        if response.status != 200:
            raise MeshError(f"istiod's webhook answered {response.status}: {body.decode(errors='replace')[:300]}")
        told = json.loads(body)["response"]
        warnings = tuple(told.get("warnings") or ())
        return Verdict(bool(told["allowed"]), (told.get("status") or {}).get("message", ""), warnings=warnings)

    def close(self) -> None:
        """Close the connection to the webhook."""
        self._webhook.close()

    def __enter__(self) -> Judges:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
