"""An answer to a request, whichever way it came."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Response:
    """An answer to a request through a proxy."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; a header that comes twice is joined by a comma."""
    body: str


def response_of(answer: http.client.HTTPResponse) -> Response:
    """Read an answer to its end."""
    body = answer.read().decode(errors="replace")
    joined: dict[str, str] = {}
    for name, value in answer.getheaders():
        key = name.lower()
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return Response(answer.status, joined, body)
