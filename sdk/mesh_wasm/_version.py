"""The one place of the version: the wheel, the component schema and the git tag repeat it."""

__version__ = "0.1.0"
