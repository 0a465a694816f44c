"""Canaries: values that stand out, planted where secrets go in, and looked for wherever anything comes out."""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"
CANARY = 'c4nary~Pa55/w0rd+"ö\\'
"""With characters that JSON, URLs and base64 write in several ways."""


def forms(canary: str = CANARY) -> list[bytes]:
    """The ways in which a value may show: plain, escaped, hexadecimal, and in base64 at any offset."""
    raw = canary.encode()
    found = {raw, json.dumps(canary)[1:-1].encode(), json.dumps(canary, ensure_ascii=False)[1:-1].encode()}
    found |= {repr(canary)[1:-1].encode(), urllib.parse.quote(canary).encode(), raw.hex().encode()}
    found.add(canary[: len(canary) // 2].encode())  # cut short in a message, it is still half a password
    for text in {raw, json.dumps(canary)[1:-1].encode()}:
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            for offset in range(3):
                # Of what surrounds the value, only the first and the last group of four can be touched.
                found.add(encode(b"x" * offset + text)[4 if offset else 0 : -4])
    return sorted(found)


def seen_in(output: str | bytes, canary: str = CANARY) -> list[bytes]:
    """The forms that an output shows; none, if all is well."""
    data = output.encode() if isinstance(output, str) else output
    return [form for form in forms(canary) if form in data]


def in_the_open(value: Any) -> Iterator[str]:
    """Everything in wire values that is not marked as secret."""
    if isinstance(value, Mapping):
        if SECRET_SIGNATURE in value:
            return
        for key, item in value.items():
            yield str(key)
            yield from in_the_open(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from in_the_open(item)
    else:
        yield str(value)
