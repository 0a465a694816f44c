"""The whole life of a stack: a true Pulumi engine, a true Kubernetes provider, and test clusters with istiod's webhook."""
