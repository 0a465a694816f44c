"""The type tokens. The component host derives the same ones from package and class name; a test compares them."""

PACKAGE = "mesh-wasm"
NAMESPACE = "mesh-wasm"
"""Scope of the packages generated for other languages: ``@mesh-wasm/mesh-wasm``, ``mesh_wasm_mesh_wasm``."""


def token(name: str) -> str:
    """The Pulumi type token of a component class."""
    return f"{PACKAGE}:index:{name}"
