"""Getting modules from registries and servers: what the command ``lock`` does, and nothing else may."""

__all__ = ["credentials", "locking", "registry", "transport"]
