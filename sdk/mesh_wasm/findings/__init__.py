"""Findings: what is said to people. The words of every rule, and how a finding is written down; no checks."""
