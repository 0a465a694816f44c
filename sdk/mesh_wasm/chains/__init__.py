"""Chains: what each workload runs, in which order, with Istio's own filters between."""

__all__ = ["chain", "declared", "filters", "member", "program_order", "proxies", "tied", "ties", "twins", "workload"]
