"""What somebody meant to fill in and did not: variables that nothing expanded, and the blanks of a copied example."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_VARIABLE = re.compile(
    r"\$\{[^{}]*\}"  # envsubst, shells, Pulumi's and Terraform's interpolation
    r"|\$\([A-Za-z_][A-Za-z0-9_.]*\)"  # make, Tekton
    r"|\$[A-Z_][A-Z0-9_]+"
    r"|\{\{.*?\}\}"  # Helm, Jinja
    r"|\{[A-Za-z_][A-Za-z0-9_.]*\}"  # an f-string without its f
    r"|@[A-Z][A-Z0-9_]+@|__[A-Z][A-Z0-9_]+__"
)
_BLANK = re.compile(
    r"<[^<>]*>"
    r"|\bYOUR[_-]?[A-Z0-9_-]*"
    r"|(?<![A-Za-z0-9])(?:replace|change|fill)[-_]?(?:me|this|it)(?![A-Za-z0-9])|(?<![A-Za-z0-9])placeholder(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])(?:REPLACE|CHANGE|FILL)[-_]?(?:ME|THIS|IT)(?![A-Za-z0-9])|\b(?:TODO|FIXME|TBD|PLACEHOLDER)\b"
)
_LIKELY = re.compile(
    r"(?<![A-Za-z0-9])your[-_]?"
    r"(?:account|company|domain|hub|id|image|name|namespace|org|organization|project|region|registry|repo|repository|tag|"
    r"team|tenant|user|username)(?![A-Za-z0-9])"
)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A placeholder in a text."""

    text: str
    """As it stands there, e.g. ``${HUB}`` or ``YOUR_REGISTRY``."""
    is_variable: bool
    """Whether some tool should have put a value in its place; else a person should."""
    is_certain: bool = True
    """False for a word such as ``your-org``, which somebody may be called by."""

    @property
    def says(self) -> str:
        """What is wrong, as a phrase."""
        if self.is_variable:
            return f"it holds the variable {self.text}, which nothing has expanded"
        if self.is_certain:
            return f"it still holds the placeholder {self.text}"
        return f"{self.text} looks like the placeholder of an example"

    @property
    def fix(self) -> str:
        """How to mend it, as a sentence."""
        if self.is_variable:
            return "Have it expanded before the object is applied (envsubst, Helm, an f-string …), or write the value."
        return "Write the real value in its place."


@lru_cache(maxsize=1024)  # several rules ask about one URL, and many plugins share it
def placeholder_in(text: str) -> Placeholder | None:
    """The first placeholder of a text, one that is certain before one that is likely."""
    if found := _VARIABLE.search(text):
        return Placeholder(found[0], is_variable=True)
    if found := _BLANK.search(text):
        return Placeholder(found[0], is_variable=False)
    if found := _LIKELY.search(text):
        return Placeholder(found[0], is_variable=False, is_certain=False)
    return None
