"""The commands that read clusters, and write none."""

__all__ = ["contexts", "drift", "options", "pods", "progress", "snapshot", "surveyed", "synced"]
