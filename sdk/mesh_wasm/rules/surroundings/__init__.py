"""Rules about a plugin among the other objects of its cluster."""

__all__ = ["authorization", "ports", "reach", "revision", "secrets", "selection", "servers", "targets", "waypoints"]
