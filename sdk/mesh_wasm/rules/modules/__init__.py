"""The module that a plugin loads, as the lock file knows it (family MW0xx)."""
