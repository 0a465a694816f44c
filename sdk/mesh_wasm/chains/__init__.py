"""Chains: what each workload runs, in which order, with Istio's own filters between."""
