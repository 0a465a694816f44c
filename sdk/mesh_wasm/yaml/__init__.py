"""YAML: documents in, with the line of every value, and objects out as text."""

__all__ = ["compose", "file", "paths", "text"]
