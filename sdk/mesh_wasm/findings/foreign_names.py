"""Names that other APIs give to the same idea: what a person who knows those writes by habit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

FOREIGN_NAMES: Mapping[str, Sequence[str]] = {
    "config": ("pluginConfig",),
    "configuration": ("pluginConfig", "config"),
    "image": ("url",),
}
"""By the folded name (:func:`~.suggestions.folded`), the fields that may be meant, the likeliest first."""
