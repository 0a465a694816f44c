"""Findings: what is said to people. The words of every rule, and how a finding is written down; no checks."""

__all__ = [
    "documents",
    "examples",
    "faults",
    "finding",
    "foreign_names",
    "kinds",
    "order",
    "placing",
    "pull_secrets",
    "rule",
    "schema",
    "sharing",
    "signing",
    "suggestions",
    "waiving",
]
