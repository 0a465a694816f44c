"""Fixtures of the tests that ask real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mesh.cluster import Cluster
from mesh.judge import Judges


@pytest.fixture(scope="session")
def judges(cluster: Cluster) -> Iterator[Judges]:
    """The API server and the webhook of the shared cluster."""
    with Judges(cluster) as asked:
        yield asked
