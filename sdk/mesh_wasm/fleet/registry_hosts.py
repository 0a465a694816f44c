"""What a registry's host tells by itself: an address that Istio's agent distrusts, or a cloud whose passwords expire."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from .istio_patches import span

REALM_UNCHECKED = span("1.0.0", "1.27.8", "1.28.5", "1.29.1", "1.30.0")
"""The versions whose agent does not look at the realm of a registry's challenge yet (istio/istio#58969 and backports)."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud's registry, whose short-lived password belongs to a user name of its own."""

    name: str
    hosts: re.Pattern[str]
    user: str
    """The user name that comes with a password that expires."""
    lives: str
    """How long that password lives."""
    refresh: str
    """What makes a new one, as a sentence."""
    is_private: bool
    """Whether it never serves an image without credentials."""


_OPERATOR = "Let the External Secrets Operator make it anew ({}), or another job that runs more often than that."
CLOUDS = (
    Cloud(
        "Amazon ECR",
        re.compile(
            r"[0-9]{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|on\.(aws|amazonwebservices\.com\.cn))"
        ),
        "AWS",
        "12 hours",
        _OPERATOR.format("ECRAuthorizationToken"),
        is_private=True,
    ),
    Cloud(
        "Google Artifact Registry",
        re.compile(r"([a-z]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev"),
        "oauth2accesstoken",
        "1 hour",
        f"{_OPERATOR.format('GCRAccessToken')} A key of a service account (user _json_key) does not expire.",
        is_private=False,
    ),
    Cloud(
        "Azure Container Registry",
        re.compile(r"[a-z0-9-]+\.azurecr\.(io|cn|us)"),
        "00000000-0000-0000-0000-000000000000",
        "3 hours",
        f"{_OPERATOR.format('ACRAccessToken')} A service principal or a repository-scoped token lives longer.",
        is_private=False,
    ),
)


def cloud_of(registry: str) -> Cloud | None:
    """The cloud that a registry belongs to, by its host."""
    host = registry.partition(":")[0]
    return next((cloud for cloud in CLOUDS if cloud.hosts.fullmatch(host)), None)


def expires(registry: str, user: str) -> Cloud | None:
    """The cloud whose password of that user expires; None for every other user. The registry tells ``AWS`` from a name."""
    found = next((cloud for cloud in CLOUDS if cloud.user == user), None)
    return found if found is None or user != "AWS" or cloud_of(registry) is found else None


def is_distrusted(registry: str) -> bool:
    """Whether the registry's own address is one that the agent takes for no realm: private, loopback or link-local."""
    host = registry[1:].partition("]")[0] if registry.startswith("[") else registry.partition(":")[0]
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # Go's net.IP.IsPrivate knows RFC 1918 and RFC 4193 only; Python's is_private is wider.
    own = any(address in network for network in _PRIVATE if network.version == address.version)
    return own or address.is_loopback or address.is_link_local


_PRIVATE = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]
