"""What a plugin that was admitted then does: nothing, something else, or more than it seems to."""

__all__ = ["blast", "lua", "sides", "silent", "traffic", "url_traps", "workload"]
