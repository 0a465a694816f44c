"""How old a snapshot is. The clock is read here only; ``SOURCE_DATE_EPOCH`` stands for it where output must repeat."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from .snapshot import Snapshot


def days_old(snapshot: Snapshot) -> int:
    """Whole days since it was taken; negative where it is of the future."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(fixed), UTC) if fixed.isdigit() else datetime.now(UTC)
    return int(snapshot.age(now))
