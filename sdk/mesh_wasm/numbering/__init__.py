"""Which number each extension of a program gets, so that any two run in TSB's order wherever they meet (docs/order.md)."""

__all__ = ["catalogue", "numbers"]
