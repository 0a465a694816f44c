"""Surroundings: the other objects of a cluster that decide what a plugin does.

A plugin is aimed at pods and Gateways, pulled with Secrets, and stands in chains with others. Without these objects only
its own words can be judged; with them it can be said what it reaches. Two worlds are told apart
(:class:`~mesh_wasm.surroundings.surroundings.World`): in the open one, what is not here may be elsewhere.
"""

from .surroundings import Surroundings, World

__all__ = ["Surroundings", "World", "files", "labels", "leaves", "objects", "pods", "reading", "waypoints"]
