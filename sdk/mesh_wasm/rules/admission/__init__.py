"""What the API server and istiod refuse, and module URLs that both admit and Istio cannot use."""

__all__ = ["crd", "extension", "lists", "urls"]
