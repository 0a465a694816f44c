"""The commands that read clusters, and write none."""

__all__ = ["options", "progress", "snapshot"]
