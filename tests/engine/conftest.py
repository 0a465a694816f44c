"""Fixtures of the engine tests: stacks on test clusters, with namespaces of their own."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mesh.cluster import Cluster

from .stack import Stack

MakeStack = Callable[..., Stack]


@pytest.fixture
def make_stack(tmp_path: Path) -> Iterator[MakeStack]:
    """Make a stack on clusters: `make_stack(*clusters)`. Its namespaces go with the test; what is in them, too.

    Another program than `program.py` is chosen by `program="file.py"`.
    """
    made: list[tuple[Cluster, str]] = []

    def make(*clusters: Cluster, program: str = "program.py") -> Stack:
        mark = secrets.token_hex(3)
        namespaces = (f"edge-{mark}", f"shop-{mark}")
        for cluster in clusters:
            for namespace in namespaces:
                cluster.create_namespace(namespace)
                made.append((cluster, namespace))
        return Stack(tmp_path / mark, clusters, namespaces, program)

    yield make
    for cluster, namespace in made:
        with contextlib.suppress(OSError):  # the test may have stopped that cluster for good
            cluster.api.delete("v1", "Namespace", namespace)
