"""Names of Kubernetes objects: DNS-1123 subdomains, deterministic, at most 253 characters."""

from __future__ import annotations

import hashlib
import re

MAX_NAME = 253
_SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_LABEL = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_HASH_LENGTH = 6


def is_subdomain(name: str) -> bool:
    """Whether a name is a DNS-1123 subdomain: what Kubernetes asks of most objects' names."""
    return len(name) <= MAX_NAME and bool(_SUBDOMAIN.match(name))


def is_label(name: str) -> bool:
    """Whether a name is a DNS-1123 label: what Kubernetes asks of a namespace."""
    return len(name) <= 63 and bool(_LABEL.match(name))


def is_label_key(key: str) -> bool:
    """Whether Kubernetes takes the text for the key of a label or annotation: ``[prefix/]name``."""
    prefix, slash, name = key.rpartition("/")
    return bool(_LABEL_NAME.fullmatch(name)) and (not slash or is_subdomain(prefix))


def is_label_value(value: str) -> bool:
    """Whether Kubernetes takes the text for the value of a label."""
    return bool(_LABEL_VALUE.fullmatch(value))


def short_hash(*parts: str, length: int = _HASH_LENGTH) -> str:
    """A short, stable mark of some texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:length]


def plugin_name(target_name: str, extension_name: str, target_fqn: str) -> str:
    """The name of the plugin that an extension becomes on a target: ``<target>-<extension>-<mark of the target's FQN>``.

    The mark keeps two targets of one name (a gateway and a group, or gateways of two workspaces) apart in a namespace.
    Nothing in the name depends on the place in a list, so reordering attachments renames nothing.
    """
    mark = short_hash(target_fqn)
    stem = _dns(f"{target_name}-{extension_name}")
    room = MAX_NAME - len(mark) - 1
    if len(stem) > room:
        tail = short_hash(stem)
        stem = f"{stem[: room - len(tail) - 1].rstrip('-.')}-{tail}"
    return f"{stem}-{mark}"


def shortened(name: str, mark: str = "") -> str:
    """A name with a mark behind it, cut with a hash where it would be longer than Kubernetes allows."""
    tail = f"-{mark}" if mark else ""
    if len(name) + len(tail) > MAX_NAME:
        cut = short_hash(name)
        name = f"{name[: MAX_NAME - len(tail) - len(cut) - 1].rstrip('-.')}-{cut}"
    return f"{name}{tail}"


def _dns(text: str) -> str:
    """The nearest DNS-1123 text; a change of letters is marked with a hash, so that two names never become one."""
    clean = re.sub(r"[^a-z0-9.-]+", "-", text.lower())
    clean = re.sub(r"(^[-.]+)|([-.]+$)|([-.]*\.[-.]*)", lambda match: "." if match[3] else "", clean)
    if not clean:
        return f"x-{short_hash(text)}"
    return clean if clean == text else f"{clean}-{short_hash(text)}"
