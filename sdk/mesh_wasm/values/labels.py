"""Labels and annotations by which an object says who manages it, and where it comes from."""

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "mesh-wasm"
EXTENSION = "mesh-wasm/extension"
"""Annotation: FQN of the extension that a plugin comes from."""
TARGET = "mesh-wasm/target"
"""Annotation: FQN of the target that the extension is attached to."""
