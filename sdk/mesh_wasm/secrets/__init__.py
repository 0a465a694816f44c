"""Pull secrets: which one a plugin needs in one cluster, and the Secret that comes of it."""

__all__ = ["plan"]
