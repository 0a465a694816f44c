"""What stands in a plan's manifest where a value cannot."""

SECRET_MARK = "<secret>"
"""Stands where a secret value is."""
UNKNOWN_MARK = "<known at up>"
"""Stands where a value is that only `pulumi up` knows."""
