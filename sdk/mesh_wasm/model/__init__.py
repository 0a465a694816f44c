"""The model: what the documents of TSB and Istio say, typed, with deferred leaves, and the reading of them."""

__all__ = [
    "attachment",
    "extension",
    "external_secret",
    "json_schema",
    "parse",
    "plugin",
    "pull_secret",
    "selector",
    "shapes",
    "signer",
    "target",
    "traffic",
    "traffic_extension",
    "vm",
]
