"""The fleet: clusters and their meshes, where they are declared, and which of them a target reaches."""

__all__ = [
    "cluster",
    "config",
    "config_schema",
    "facts",
    "inventory",
    "inventory_schema",
    "istio_patches",
    "istio_version",
    "mirrors",
    "placement",
    "registry_hosts",
    "stated",
    "waves",
]
