"""One document of TSB: which resource it describes, and what is wrong with it by itself."""

__all__ = ["kinds", "reading", "resource", "schema"]
