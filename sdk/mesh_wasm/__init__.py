"""mesh-wasm, the pure SDK: models, placement, order, rules and plans of Wasm extensions. It never imports pulumi."""

from ._version import __version__

__all__ = ["__version__"]
