"""What is known to be broken in some versions of Istio: one table, the rule that reads it, and the page made from it."""

__all__ = ["check", "page", "table"]
