"""Module URLs for people: a URL can hold a login and a token, and neither belongs into a message."""

from __future__ import annotations

import re

_HEAD = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:(?=/)|(?:oci|https?|file):)?/*", re.IGNORECASE)
_DIGEST = re.compile(r"@sha256:[a-f0-9]{64}$")


def shown_url(url: str) -> str:
    """The URL without login, query and fragment, whether it has a scheme or not.

    What stands before an ``@`` in front of the first slash is a login.
    """
    head, authority, path = _parts(url)
    return re.split(r"[?#]", f"{head}{authority[_login(authority) :]}{path}", maxsplit=1)[0]


def has_login(url: str) -> bool:
    """Whether the URL holds a user name or a password."""
    return _login(_parts(url)[1]) > 0


def _parts(url: str) -> tuple[str, str, str]:
    """The scheme with its slashes, what stands in front of the next slash, and the rest."""
    match = _HEAD.match(url)
    head = match[0] if match else ""
    authority, slash, path = url[len(head) :].partition("/")
    return head, authority, slash + path


def _login(authority: str) -> int:
    """How many characters of it are a login, with its ``@``; the digest of an image without a registry is none."""
    return _DIGEST.sub("", authority).rfind("@") + 1
