"""Names of what is declared: short where they are unique, with namespace and cluster where they are not."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mesh_wasm.values.image import image_of
from mesh_wasm.values.naming import short_hash

_DIGEST = re.compile(r"@sha256:.*$")


class Names:
    """The names that are taken, each once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, *choices: str) -> str:
        """The first choice that is free; where none is, the last with a number behind it."""
        for choice in choices:
            if choice not in self._taken:
                self._taken.add(choice)
                return choice
        number = 2
        while f"{choices[-1]}-{number}" in self._taken:
            number += 1
        return self.take(f"{choices[-1]}-{number}")


def module_name(url: str) -> str:
    """What a module is called: the last part of its repository or file, without tag, digest and suffix."""
    image = image_of(url)
    path = image.repository if image is not None else _DIGEST.sub("", url.split("?")[0])
    last = path.rstrip("/").rsplit("/", 1)[-1].removesuffix(".wasm")
    clean = re.sub(r"[^a-z0-9-]+", "-", last.lower()).strip("-")
    return clean or f"extension-{short_hash(url)}"


def identifier(name: str) -> str:
    """A name as a variable of Python."""
    word = re.sub(r"\W+", "_", name.lower(), flags=re.ASCII).strip("_")
    return word if word and not word[0].isdigit() else f"extension_{word}"
