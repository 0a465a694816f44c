"""What the rules about pull secrets look at: credentials as declared, manifests, and Secrets that exist."""

__all__ = ["existing", "manifest", "registries", "source"]
