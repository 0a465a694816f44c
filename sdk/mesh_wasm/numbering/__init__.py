"""Which number each extension of a program gets, so that any two run in TSB's order wherever they meet (docs/order.md)."""

__all__ = ["FILE_NAME", "catalogue", "holding", "numbers"]

FILE_NAME = "mesh-wasm.catalogue.yaml"
"""What the file of a catalogue is called where nothing else is said; beside Pulumi.yaml, or beside documents of TSB."""
