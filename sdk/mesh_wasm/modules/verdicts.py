"""Which verdict of a trial holds for a plugin, among those that the lock has of its module."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .effective import Effective
from .locked import TrialVerdict

Version = tuple[int, int]

_AHEAD = 8
"""Istio 1.N comes with Envoy 1.(N+8): read in the releases of Istio 1.14 to 1.32, not promised by anybody."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the lock knows of a module with one configuration."""

    verdict: TrialVerdict | None
    """The one that holds; None where the module was tried, and not with this."""
    others: int = 0
    """How many other configurations it was tried with."""


def envoy_of(istio: Version | None) -> Version | None:
    """The version of Envoy that an Istio comes with; None for one that is not known."""
    return None if istio is None else (istio[0], istio[1] + _AHEAD)


def envoy_version(text: str) -> tuple[int, ...]:
    """``1.40.0`` as numbers; what is no number counts as nothing."""
    return tuple(int(part) for part in re.findall(r"\d+", text))


def nearest(versions: Iterable[str], istio: Version | None) -> str | None:
    """The Envoy that the Istio has, else the newest; None where there is none."""
    by_age = sorted(versions, key=envoy_version)
    wanted = envoy_of(istio)
    fits = [one for one in by_age if envoy_version(one)[:2] == wanted]
    return (fits or by_age)[-1] if by_age else None


def verdict_for(
    effective: Effective, verdicts: Iterable[TrialVerdict], istio: Version | None = None, key: bytes | None = None
) -> Known | None:
    """What is known of a configuration; None where the module was never tried.

    :param istio: The version of the cluster's Istio.
    :param key: The key of the marks of secrets. Without the very one, what is secret is taken to be as it was.
    """
    tried = tuple(verdicts)
    if not tried:
        return None
    fits = {one.envoy: one for one in tried if _is_of(one, effective, key)}
    chosen = nearest(fits, istio)
    others = {one.configuration for one in tried if one not in fits.values()}
    return Known(None if chosen is None else fits[chosen], len(others))


def _is_of(verdict: TrialVerdict, effective: Effective, key: bytes | None) -> bool:
    if effective.digest(verdict.hidden) != verdict.configuration:
        return False
    if not verdict.mark or key is None or key_id(key) != verdict.key:
        return True
    return effective.secret_mark(verdict.hidden, key) == verdict.mark


def key_id(key: bytes) -> str:
    """What tells two keys apart; it says nothing of the key itself."""
    return Effective(config={"of": "the id of this key"}).secret_mark(("pluginConfig.of",), key)[:8]
