"""Linting YAML: the catalogue of rules on manifests, as files hold them.

- :func:`lint`: some documents, and what the rules say of each and of all together.
- :mod:`~mesh_wasm.lint.layout`: what was made for a security group.
- :mod:`~mesh_wasm.lint.repository`: what of a repository is a manifest, and what has to be rendered first.
- :mod:`~mesh_wasm.lint.fixes`: what a machine can mend, mended in the files.
- :mod:`~mesh_wasm.lint.formats`: the result as text, JSON, SARIF or GitHub annotations.
"""

from .run import Result, lint

__all__ = [
    "Result",
    "document_schema",
    "fixes",
    "formats",
    "kinds",
    "layout",
    "lint",
    "manifests",
    "metadata",
    "repository",
]
