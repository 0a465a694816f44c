"""Istio's versions, compared as versions: ``1.30`` alone is some patch of it, and nobody knows which."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_VERSION = re.compile(r"^v?(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class IstioVersion:
    """A version as somebody declares it."""

    major: int
    minor: int
    patch: int | None = None
    """None: some patch of the minor version."""

    @classmethod
    def parse(cls, text: str) -> IstioVersion | None:
        """Read ``1.27``, ``1.27.3`` or ``v1.27.3-distroless``; None for what is no version."""
        match = _VERSION.match(text)
        return cls(*(int(part) for part in match.groups() if part is not None)) if match else None

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version."""
        return self.major, self.minor

    def __str__(self) -> str:
        patch = "" if self.patch is None else f".{self.patch}"
        return f"{self.major}.{self.minor}{patch}"


class Within(StrEnum):
    """Whether a version is among some."""

    NO = "no"
    SOME = "some"
    """Some patches of it are, and which one it is was not said."""
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Span:
    """The versions from one on, until it was mended: at once in a new minor version and in patches of older ones."""

    since: IstioVersion
    until: Sequence[IstioVersion] = ()
    """The first versions without it, one for each minor version that was mended; none: it is there to this day."""

    def holds(self, version: IstioVersion) -> Within:
        """Whether the version is among these."""
        begun, ended = _from(version, self.since), Within.NO
        if version.release > max((one.release for one in self.until), default=(version.major, version.minor)):
            ended = Within.YES
        for one in self.until:
            if one.release == version.release:
                ended = _from(version, one)
        if begun is Within.NO or ended is Within.YES:
            return Within.NO
        return Within.YES if begun is Within.YES and ended is Within.NO else Within.SOME

    def __str__(self) -> str:
        if not self.until:
            return f"{self.since} and later"
        return f"{self.since} and later, mended in {', '.join(map(str, self.until))}"


def _from(version: IstioVersion, first: IstioVersion) -> Within:
    """Whether a version is the first one or a later one."""
    if version.release != first.release:
        return Within.YES if version.release > first.release else Within.NO
    if not first.patch:
        return Within.YES
    if version.patch is None:
        return Within.SOME
    return Within.YES if version.patch >= first.patch else Within.NO


def spelled(version: IstioVersion, within: Within) -> str:
    """A cluster's version in a sentence: ``has 1.29.0``, or ``has some patch of 1.29``."""
    return f"has {version}" if within is Within.YES else f"has {version}, and which patch of it is not said"


def versions(*texts: str) -> tuple[IstioVersion, ...]:
    """Versions of a table. Raises ValueError for what is none."""
    found = [IstioVersion.parse(text) for text in texts]
    if None in found:
        raise ValueError(f"no version of Istio: {texts}")
    return tuple(one for one in found if one is not None)


def span(since: str, *until: str) -> Span:
    """The versions since one, until each of some. Raises ValueError for what is no version."""
    return Span(versions(since)[0], versions(*until))
