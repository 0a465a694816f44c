"""Snapshots: what a cluster held at a moment, read once and written to a file, without any secret value.

The commands read clusters (:mod:`mesh_wasm.live`) and write the file; everything else takes the file, and asks nobody.
"""

from .snapshot import ControlPlane, Snapshot, Unread

__all__ = ["ControlPlane", "Snapshot", "Unread", "age", "file", "kinds", "mesh_facts", "shape", "snapshot", "words"]
