"""Taking secrets out of what is shown: the words of modules, of Envoy, and of answers.

A module may say what it was told, as it is, in another spelling, or a piece of it. So each secret is looked for in its
usual spellings, and a piece of eight letters in a row is taken for the secret.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from mesh_wasm.modules.go_json import go_json
from mesh_wasm.values.marks import SECRET_MARK

_PIECE = 8
_SHORT = 4
"""Shorter ones are looked for as whole words: a text in which each 1 is taken out says nothing."""


class Redaction:
    """A set of secrets, and what to do with texts that may hold them."""

    def __init__(self, secrets: Iterable[Any] = ()) -> None:
        texts = {text for value in secrets for text in _texts(value)}
        spelt = {spelling for text in texts for spelling in _spellings(text) if spelling}
        whole = sorted((one for one in spelt if len(one) >= _SHORT), key=len, reverse=True)
        words = sorted(spelt - set(whole), key=len, reverse=True)
        parts = [re.escape(one) for one in whole]
        parts += [rf"(?<![A-Za-z0-9]){re.escape(one)}(?![A-Za-z0-9])" for one in words]
        self._known = re.compile("|".join(parts)) if parts else None
        self._pieces = {text[at : at + _PIECE] for text in spelt for at in range(len(text) - _PIECE + 1)}

    def __call__(self, text: str) -> str:
        """The text with a mark in the place of each secret."""
        if self._known is None:
            return text
        return self._known.sub(SECRET_MARK, self._without_pieces(text)) if text else text

    def __repr__(self) -> str:
        return "<redaction>"

    def _without_pieces(self, text: str) -> str:
        out, at = [], 0
        while at < len(text):
            if text[at : at + _PIECE] in self._pieces:
                end = at + _PIECE
                while text[end - _PIECE + 1 : end + 1] in self._pieces and end < len(text):
                    end += 1
                out.append(SECRET_MARK)
                at = end
            else:
                out.append(text[at])
                at += 1
        return "".join(out)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield go_json(value)


def _spellings(text: str) -> Iterator[str]:
    yield text
    yield text.strip()
    yield from (line.strip() for line in text.splitlines())
    yield json.dumps(text)[1:-1]
    yield go_json(text)[1:-1]
    yield quote(text, safe="")
    yield quote(text)
    data = text.encode(errors="surrogatepass")
    for encoded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        yield encoded.decode()
        yield encoded.decode().rstrip("=")
    yield data.hex()
