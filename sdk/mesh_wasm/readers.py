"""Who can read what ``mesh-wasm explain`` is given. It imports nothing: every command loads it when it starts."""

from __future__ import annotations

READERS: list[str] = ["mesh_wasm.explain.tsb:read_tsb", "mesh_wasm.explain.manifests:read_manifests"]
"""``module:function`` of every :class:`~mesh_wasm.explain.source.Reader`, asked in order.

``mesh_wasm_pulumi`` puts the one for Pulumi programs in front.
"""
