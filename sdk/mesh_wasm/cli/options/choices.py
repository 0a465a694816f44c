"""The options of every command that reads TSB YAML: what TSB leaves open of its hierarchy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_GIVEN = "mesh_wasm.choices"


def _note(context: click.Context, option: click.Parameter, value: str | None) -> None:
    context.meta.setdefault(_GIVEN, {})[str(option.name)] = value


def choice_options(command: F) -> F:
    """Add ``--stricter`` and ``--default-gateways``; the command asks :func:`given_choices` for them."""
    stricter = click.option(
        "--stricter",
        type=click.Choice(["union"]),
        expose_value=False,
        callback=_note,
        help="TSB YAML: below propagationStrategy STRICTER all lists run.  [default: refused where it matters]",
    )
    gateways = click.option(
        "--default-gateways",
        "gateways",
        type=click.Choice(["include", "leave-out"]),
        expose_value=False,
        callback=_note,
        help="TSB YAML: whether defaults reach namespaces with gateways.  [default: include, with a warning]",
    )
    return stricter(gateways(command))


class Given(TypedDict, total=False):
    """What was given, by name."""

    stricter: str | None
    gateways: str | None


def given_choices() -> Given:
    """The choices that were given to the command that runs."""
    given: Given = click.get_current_context().meta.get(_GIVEN, {})
    return given
