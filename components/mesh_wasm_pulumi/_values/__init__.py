"""What travels through a program: Outputs as deferred leaves, definitions of components, and the ledger of one run."""
