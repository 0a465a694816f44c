"""Drift: what a cluster holds, against what the plan says. A plan and a snapshot in, differences out; no network."""

from .compare import Drift, Kind, drift_of

__all__ = ["Drift", "Kind", "compare", "drift_of", "foreign", "managers", "render"]
