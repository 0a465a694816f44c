"""The fleet: clusters and their meshes, where they are declared, and which of them a target reaches."""
