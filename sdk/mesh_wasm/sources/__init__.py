"""What a command can be given in place of a plan: a program, TSB YAML, or manifests. Who reads which is registered here.

It imports nothing: every command loads it when it starts.
"""

from __future__ import annotations

__all__ = ["READERS", "manifests", "source", "tsb"]

READERS: list[str] = ["mesh_wasm.sources.tsb:read_tsb", "mesh_wasm.sources.manifests:read_manifests"]
"""``module:function`` of every :class:`~mesh_wasm.sources.source.Reader`, asked in order.

``mesh_wasm_pulumi`` puts the one for Pulumi programs in front.
"""
