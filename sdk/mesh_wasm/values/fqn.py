"""Fully qualified names of TSB: ``organizations/acme/tenants/shop/workspaces/web/…``.

A name is compared by whole segments: ``tenants/tenant1`` does not cover ``tenants/tenant10``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SEGMENT = re.compile(r"^[^/\s]+$")

# What may stand under what. The last word of each path is the collection that names the resource.
_GATEWAY_GROUP = "organizations/*/tenants/*/workspaces/*/gatewaygroups/*"
_WORKSPACE = "organizations/*/tenants/*/workspaces/*"
_SECURITY_GROUP = f"{_WORKSPACE}/securitygroups/*"
_SCOPES = ("organizations/*", "organizations/*/tenants/*", _WORKSPACE)

PATTERNS: dict[str, str] = {
    "tenant": "organizations/*/tenants/*",
    "extension": "organizations/*/extensions/*",
    "ingress gateway": f"{_GATEWAY_GROUP}/ingressgateways/*",
    "egress gateway": f"{_GATEWAY_GROUP}/egressgateways/*",
    "tier-1 gateway": f"{_GATEWAY_GROUP}/tier1gateways/*",
    "gateway": f"{_GATEWAY_GROUP}/unifiedgateways/*",
    "security group": _SECURITY_GROUP,
    "default security setting": " or ".join(_SCOPES),
    "service security setting": f"{_SECURITY_GROUP}/servicesettings/*",
    "profile": " or ".join(f"{scope}/profiles/*" for scope in _SCOPES),
}
"""The form of the FQN of each kind of resource; ``*`` stands for a name. A default is called after what it is of."""


def examples(kind: str) -> list[str]:
    """How the FQN of a kind of resource (a key of :data:`PATTERNS`) is written; a placeholder stands in angle brackets."""
    forms = (form.split("/")[::2] for form in PATTERNS[kind].split(" or "))
    return ["/".join(f"{one}/<{one.removesuffix('s')}>" for one in collections) for collections in forms]


class FqnError(ValueError):
    """The text is no FQN of the wanted kind; the message says which form is expected."""


@dataclass(frozen=True, slots=True)
class Fqn:
    """A parsed FQN: pairs of collection and name, outermost first."""

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str, kind: str | None = None) -> Fqn:
        """Read an FQN; with ``kind`` (a key of :data:`PATTERNS`) it must have that form. Raises :class:`FqnError`."""
        segments = text.split("/")
        if len(segments) % 2 or not all(_SEGMENT.match(segment) for segment in segments):
            raise FqnError(f"{text!r} is not a fully qualified name{_expected(kind)}")
        pairs = tuple(zip(segments[::2], segments[1::2], strict=True))
        collections = [collection for collection, _ in pairs]
        if kind is not None and all(collections != form.split("/")[::2] for form in PATTERNS[kind].split(" or ")):
            raise FqnError(f"{text!r} is not the fully qualified name of {_article(kind)}{_expected(kind)}")
        return cls(pairs)

    @property
    def name(self) -> str:
        """The resource's own name: the last segment."""
        return self.pairs[-1][1]

    @property
    def organization(self) -> str | None:
        """The organization's name."""
        return dict(self.pairs).get("organizations")

    @property
    def tenant(self) -> Fqn | None:
        """The tenant that holds this resource, or itself; None for what stands above tenants."""
        for index, (collection, _) in enumerate(self.pairs):
            if collection == "tenants":
                return Fqn(self.pairs[: index + 1])
        return None

    def within(self, other: Fqn) -> bool:
        """Whether this resource is ``other`` or stands below it, by whole segments."""
        return self.pairs[: len(other.pairs)] == other.pairs

    def __str__(self) -> str:
        return "/".join(f"{collection}/{name}" for collection, name in self.pairs)


def extension_fqn(organization: str, name: str) -> str:
    """The FQN of a catalogue entry."""
    return f"organizations/{organization}/extensions/{name}"


def _expected(kind: str | None) -> str:
    return f"; expected {PATTERNS[kind]}" if kind else "; expected pairs of collection and name, joined by '/'"


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
