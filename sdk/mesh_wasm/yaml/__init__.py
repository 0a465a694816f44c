"""YAML: documents in, with the line of every value, and objects out as text."""
