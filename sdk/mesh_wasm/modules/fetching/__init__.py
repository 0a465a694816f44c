"""Getting modules from registries and servers: what the command ``lock`` does, and nothing else may."""
