"""Image references as Istio's agent reads them, against the parser that it uses: no disagreement.

The judge is go-containerregistry behind Go's net/url, at the versions of Istio's own go.mod (tests/mesh/modules/judge).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mesh import build
from mesh.texts import TextJudge

from mesh_wasm.values.image import ImageError, ModuleUrl, reference_of

pytestmark = pytest.mark.cluster

WANTED = int(os.environ.get("MESH_WASM_DIFFERENTIAL", "0"))
DIGEST = "sha256:" + "0123456789abcdef" * 4

HOSTS = st.sampled_from(
    [
        *("ghcr.io", "docker.io", "index.docker.io", "registry-1.docker.io", "localhost", "localhost:5000", "harbor"),
        *(
            "harbor:443",
            "GHCR.io",
            "YOUR_REGISTRY",
            "10.0.0.1",
            "10.0.0.1:5000",
            "[::1]",
            "[::1]:5000",
            "[fe80::1%25a]",
        ),
        *(
            "u:p@h.io",
            "u@h",
            "h.io:",
            "h.io:x",
            "é.io",
            "%C3%A9.io",
            "h%41.io",
            "a..b",
            ".",
            "-",
            "${HUB}",
            "<host>",
            "",
        ),
        *("h.io:5000:5000", "my_registry", "my_registry.io", "a;b.io", 'a"b.io', "ubuntu:22", "a*b.io", "h.io@x"),
    ]
)
PARTS = st.sampled_from(
    [
        *(
            "a",
            "acl",
            "library",
            "a.b",
            "a-b",
            "a_b",
            "a__b",
            "a--b",
            "-a",
            "a-",
            ".",
            "..",
            "A",
            "Acl",
            "é",
            "a b",
            "%61",
        ),
        *("a%2Fb", "a%3Ab", "a%40b", "a%20b", "a:b", "x" * 120, "", "a?b", "a#b", "%", "%zz", "a+b", "a~b", "\u00a0"),
    ]
)
ENDS = st.sampled_from(
    [
        *("", "", ":1.0", ":latest", ":", ":-x", ":.x", ":_x", ":A", ":a b", ":" + "t" * 128, ":" + "t" * 129, ":é"),
        *(
            f"@{DIGEST}",
            f":1@{DIGEST}",
            f":@{DIGEST}",
            f"@{DIGEST}0",
            f"@{DIGEST.upper()}",
            "@sha256:",
            "@sha512:ab",
            "@",
        ),
        *(f"@{DIGEST}@{DIGEST}", f"@{DIGEST}:1", "?x=y", "#f", ":1?x", ":1#f", "/", ":1/", ":1/x", ":1:2"),
    ]
)
REFERENCES = st.one_of(
    st.builds(lambda host, parts, end: "/".join([host, *parts]) + end, HOSTS, st.lists(PARTS, max_size=4), ENDS),
    st.text("ab./:@-_%#?[]0A é", max_size=16),
)


@pytest.fixture(scope="module")
def judge() -> Iterator[TextJudge]:
    with TextJudge(build.ensure("judge")["judge"], "reference") as asked:
        yield asked


def ours(rest: str) -> dict[str, str] | None:
    """What we make of ``oci://`` and the rest, in the judge's words; None where we say that Istio cannot read it."""
    try:
        image = reference_of(ModuleUrl("oci", rest))
    except ImageError:
        return None
    if image.unreadable:
        return None
    identifier = image.digest or image.tag or "latest"
    return {"registry": image.registry, "repository": image.repository, "identifier": identifier}


def test_references(judge: TextJudge) -> None:
    figures: Counter[str] = Counter()

    @settings(
        max_examples=WANTED or 5000,
        derandomize=not WANTED,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(rest=REFERENCES)
    def search(rest: str) -> None:
        said = judge.say(f"oci://{rest}")
        figures["refused" if "error" in said else "read"] += 1
        assert ours(rest) == (None if "error" in said else said), f"oci://{rest}: {said}"

    search()
    assert min(figures.values()) > 500, figures


@pytest.mark.parametrize(
    "rest", ["localhost/x", "harbor/team/x:1", "registry.acme.io", "registry.acme.io:5000", "h.io/ab"]
)
def test_what_surprises(judge: TextJudge, rest: str) -> None:
    assert ours(rest) == judge.say(f"oci://{rest}")
