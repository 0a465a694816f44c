"""Go's net/url, as far as Istio's admission depends on it.

The CRD's CEL library, istiod's webhook and istiod's translation all read a module URL with Go's parser, each in its own
way. What they accept is decided here as they decide it, so that lint and preview give the API server's answer.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

SCHEMES = ("oci", "http", "https", "file")
"""The schemes that Istio knows; the literal prefix is scheme + '://'."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PORT = re.compile(r"(:[0-9]*)?")
_USER = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
# A host may hold what is unreserved or a sub-delimiter, colons and brackets, Go's own leniency <>", and non-ASCII.
_HOST = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:\[\]<>\"\u0080-\U0010ffff]*")
_ASCII_ESCAPE = re.compile(r"%(?!25)[0-7]")


class GoUrlError(ValueError):
    """Go refuses the text as a URL; the message says why."""


def request_scheme(text: str) -> str:
    """The scheme that ``url.ParseRequestURI`` finds, in lower case, empty for a path. Raises :class:`GoUrlError`."""
    return _parse(text, via_request=True)


@lru_cache(maxsize=1024)  # several rules ask about one URL, and many plugins share it
def reference_scheme(text: str) -> str:
    """The scheme that ``url.Parse`` finds, which also reads relative references. Raises :class:`GoUrlError`."""
    body, mark, fragment = text.partition("#")
    scheme = _parse(body, via_request=False)
    if mark:
        _check_escapes(fragment)
    return scheme


def admitted_scheme(text: str) -> str:
    """The scheme of a module URL as the CRD and the webhook find it: the text itself is read, or, where that is no
    absolute URL, the text after ``http://``. Raises :class:`GoUrlError` where both are refused.
    """
    try:
        request_scheme(text)
    except GoUrlError:
        text = f"http://{text}"
        request_scheme(text)
    return reference_scheme(text)  # CEL asks isURL(), which is the one parser, and then url(), which is the other


@lru_cache(maxsize=1024)  # several rules ask about one URL, and many plugins share it
def admitted(url: str) -> bool:
    """Whether the API server and the webhook let the URL in."""
    try:
        return admitted_scheme(url) in ("", *SCHEMES)
    except GoUrlError:
        return False


def host_and_path(text: str) -> tuple[str, str]:
    """Host, with its port, and path of a URL as ``url.Parse`` finds them: escapes undone, user, query and fragment gone.

    Raises :class:`GoUrlError`. Both are empty for an opaque URL such as ``oci:name``.
    """
    scheme = reference_scheme(text)
    rest = text.partition("#")[0].partition("?")[0]
    rest = rest[len(scheme) + 1 :] if scheme else rest
    if scheme and not rest.startswith("/"):
        return "", ""
    host, path = "", rest
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        host, path = authority.rpartition("@")[2], slash + path
    return _unescaped(host), _unescaped(path)


def _unescaped(text: str) -> str:
    return unquote_to_bytes(text).decode(errors="surrogateescape") if "%" in text else text


def _parse(text: str, *, via_request: bool) -> str:
    if _CONTROL.search(text):
        raise GoUrlError("it holds a control character")
    if not text and via_request:
        raise GoUrlError("it is empty")
    if text == "*":
        return ""
    if text.startswith(":"):
        raise GoUrlError("there is nothing before the colon")
    match = _SCHEME.match(text)
    scheme = match[0][:-1].lower() if match else ""
    rest = text[match.end() :] if match else text
    rest = rest.partition("?")[0]
    if not rest.startswith("/"):
        if scheme:
            return scheme  # opaque, as in oci:name
        if via_request:
            raise GoUrlError("it is neither an absolute URL nor an absolute path")
        if ":" in rest.partition("/")[0]:
            raise GoUrlError("its first path segment holds a colon")
    if rest.startswith("//") and (scheme or (not via_request and not rest.startswith("///"))):
        authority, slash, path = rest[2:].partition("/")
        _check_authority(authority, scheme)
        rest = slash + path
    _check_escapes(rest)
    return scheme


def _check_authority(authority: str, scheme: str) -> None:
    user, at, host = authority.rpartition("@")
    if at:
        if not _USER.fullmatch(user):
            raise GoUrlError("its user name holds a character that is not allowed there")
        _check_escapes(user)
    if host.startswith("["):
        inner, bracket, port = host.rpartition("]")
        if not bracket:
            raise GoUrlError("the bracket of its IPv6 address is not closed")
        _check_port(port)
        address, _, zone = inner[1:].partition("%25")
        if "%" in address or "[" in zone or "]" in zone or not _is_ipv6(address):
            raise GoUrlError(f"{inner[1:]!r} is no IPv6 address")
        _check_escapes(zone)
        return
    name, colon, port = host.rpartition(":")
    _check_port(colon + port if colon else "")
    name = name if colon else host
    if "[" in name or (":" in name and scheme in ("http", "https")):
        raise GoUrlError("its host holds a colon or a bracket, which only an IPv6 address in brackets may")
    _check_host(name)


def _check_port(port: str) -> None:
    if not _PORT.fullmatch(port):
        raise GoUrlError("what follows the colon of its host is no port")  # not repeated: it may be a password


def _check_host(host: str) -> None:
    _check_escapes(host)
    if _ASCII_ESCAPE.search(host) or not _HOST.fullmatch(re.sub(r"%[0-9A-Fa-f]{2}", "", host)):
        raise GoUrlError("its host holds a character that is not allowed there")


def _check_escapes(text: str) -> None:
    if _BAD_ESCAPE.search(text):
        raise GoUrlError("it holds a % that begins no escape")


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
