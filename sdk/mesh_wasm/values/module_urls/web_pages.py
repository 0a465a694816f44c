"""URLs of web pages about a file, which people copy instead of the URL of the file itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

_GITHUB = re.compile(r"(^|\.)github\.")
_GITEA = ("codeberg.org", "gitea.com")


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page that shows a file."""

    site: str
    """Whose page, e.g. ``GitHub``."""
    fix: str
    """The URL of the file, as a sentence."""


@lru_cache(maxsize=1024)  # many plugins share one URL
def web_page(url: str) -> WebPage | None:
    """The page that an ``http`` or ``https`` URL names where a file is meant; None for any other URL."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    path, query = parts.path, parse_qs(parts.query, keep_blank_values=True)
    steps = path.strip("/").split("/")
    at = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if "/-/blob/" in path or "/-/tree/" in path:
        return WebPage("GitLab", f"Write {at}{path.replace('/-/blob/', '/-/raw/').replace('/-/tree/', '/-/raw/')}.")
    if _GITHUB.search(host) and len(steps) > 3 and steps[2] in ("blob", "tree") and not _is_raw(query):
        return WebPage("GitHub", f"Write {at}/{'/'.join([*steps[:2], 'raw', *steps[3:]])}.")
    if host == "gist.github.com" and len(steps) == 2 and all(steps):
        return WebPage("GitHub", f"Write {at}{path.rstrip('/')}/raw.")
    if host == "bitbucket.org" and len(steps) > 3 and steps[2] == "src":
        return WebPage("Bitbucket", f"Write {at}/{'/'.join([*steps[:2], 'raw', *steps[3:]])}.")
    if host in _GITEA and len(steps) > 4 and steps[2] == "src":
        return WebPage("Gitea", f"Write {at}/{'/'.join([*steps[:2], 'raw', *steps[3:]])}.")
    if host == "www.dropbox.com" and query.get("dl") == ["0"]:
        return WebPage("Dropbox", "Write dl=1 instead of dl=0.")
    if host == "drive.google.com" and path.startswith("/file/"):
        return WebPage("Google Drive", "Put the module where it can be fetched by itself: a registry, or a web server.")
    return None


def _is_raw(query: dict[str, list[str]]) -> bool:
    return query.get("raw", [""])[0].lower() in ("true", "1")
