"""Module URLs for people: a URL can hold a login and a token, and neither belongs into a message."""

from __future__ import annotations

import re

_HEAD = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:(?=/)|(?:oci|https?|file):)?/*", re.IGNORECASE)
# A password with a slash in it, not escaped: a port that is no number shows that what follows is none.
_SPLIT_LOGIN = re.compile(r"[^/@:\[]+:(?=[^/@]*[^/@0-9])[^/@]*/[^?#]*@")
_DIGEST = re.compile(r"@sha256:[a-f0-9]{64}$")


def shown_url(url: str) -> str:
    """The URL without login, query and fragment, whether it has a scheme or not.

    What stands before an ``@`` in front of the first slash is a login; so is ``user:pass/word@``, though its
    slash should have been escaped.
    """
    head, authority, path = _parts(url)
    return re.split(r"[?#]", f"{head}{authority[_login(authority) :]}{path}", maxsplit=1)[0]


def has_login(url: str) -> bool:
    """Whether the URL holds a user name or a password."""
    return _login(_parts(url)[1]) > 0


def _parts(url: str) -> tuple[str, str, str]:
    """The scheme with its slashes, what stands in front of the path (a login with it), and the rest."""
    match = _HEAD.match(url)
    head = match[0] if match else ""
    rest = url[len(head) :]
    split = _SPLIT_LOGIN.match(_DIGEST.sub("", rest))
    login = split[0] if split else ""
    authority, slash, path = rest[len(login) :].partition("/")
    return head, login + authority, slash + path


def _login(authority: str) -> int:
    """How many characters of it are a login, with its ``@``; the digest of an image without a registry is none."""
    return _DIGEST.sub("", authority).rfind("@") + 1
