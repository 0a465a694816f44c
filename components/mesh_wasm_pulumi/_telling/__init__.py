"""Telling findings: each on its own component, all of them in one run, and what a cluster's refusal means."""
