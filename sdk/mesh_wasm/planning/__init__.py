"""Planning: from attachments and raw plugins to what is to exist in every cluster, as a value and as manifests."""

__all__ = [
    "adopted",
    "attached",
    "attachments",
    "checks",
    "entries",
    "gateways",
    "manifests",
    "overlaps",
    "plan",
    "plugins",
    "ranking",
    "traffic_extensions",
    "translate",
]
