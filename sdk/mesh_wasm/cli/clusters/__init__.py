"""The commands that read clusters, and write none."""

__all__ = ["drift", "options", "progress", "snapshot", "synced"]
