"""Options that several commands have alike."""

__all__ = ["catalogue", "choices", "lock", "source", "trial"]
