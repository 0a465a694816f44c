"""Mirrors and the download proxy: what becomes of a module's URL in one cluster."""

from __future__ import annotations

import base64

import pytest

from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.fleet.mirrors import DOWNLOAD_PROXY, mirror_findings, mirrored, proxied

DIGEST = "sha256:" + "7e" * 32


@pytest.mark.parametrize(
    ("url", "mirrors", "expected"),
    [
        ("oci://registry.acme.io/a/b:1", {"registry.acme.io": "mirror.io"}, "oci://mirror.io/a/b:1"),
        ("oci://registry.acme.io/a/b:1", {"registry.acme.io": "mirror.io:5000"}, "oci://mirror.io:5000/a/b:1"),
        ("oci://registry.acme.io/a/b:1", {"registry.acme.io": "mirror.io/acme"}, "oci://mirror.io/acme/a/b:1"),
        ("oci://registry.acme.io/a/b:1", {"registry.acme.io": "mirror.io/"}, "oci://mirror.io/a/b:1"),
        (f"oci://registry.acme.io/a@{DIGEST}", {"registry.acme.io": "m.io"}, f"oci://m.io/a@{DIGEST}"),
        (f"oci://registry.acme.io/a:1@{DIGEST}", {"registry.acme.io": "m.io"}, f"oci://m.io/a:1@{DIGEST}"),
        ("oci://registry.acme.io:5000/a", {"registry.acme.io": "m.io"}, "oci://registry.acme.io:5000/a"),
        ("oci://registry.acme.io:5000/a", {"registry.acme.io:5000": "m.io"}, "oci://m.io/a"),
        ("oci://docker.io/library/busybox:1", {"docker.io": "m.io"}, "oci://m.io/library/busybox:1"),
        ("oci://busybox", {"index.docker.io": "m.io"}, "oci://m.io/library/busybox"),
        ("oci://a.io/x", {"a.io": "b.io", "b.io": "c.io"}, "oci://b.io/x"),
        ("oci://ghcr.io/a/b:1", {"registry.acme.io": "m.io"}, "oci://ghcr.io/a/b:1"),
        ("https://registry.acme.io/a.wasm", {"registry.acme.io": "m.io"}, "https://registry.acme.io/a.wasm"),
        ("file:///opt/a.wasm", {"registry.acme.io": "m.io"}, "file:///opt/a.wasm"),
        ("oci://", {"registry.acme.io": "m.io"}, "oci://"),
    ],
)
def test_mirrors(url: str, mirrors: dict[str, str], expected: str) -> None:
    assert mirrored(url, mirrors) == expected


@pytest.mark.parametrize(
    ("host", "mirror", "good"),
    [
        ("registry.acme.io", "mirror.io", True),
        ("registry.acme.io:5000", "mirror.io:5000/path/below", True),
        ("docker.io", "localhost:5000", True),
        ("https://registry.acme.io", "mirror.io", False),
        ("registry.acme.io", "https://mirror.io", False),
        ("registry.acme.io", "mirror", False),
        ("registry", "mirror.io", False),
        ("registry.acme.io", "mirror.io/Upper", False),
        ("registry.acme.io", "", False),
        ("registry.acme.io", "mirror.io:port", False),
    ],
)
def test_what_is_a_mirror(host: str, mirror: str, good: bool) -> None:
    found = list(mirror_findings(Cluster(name="east", registry_mirrors={host: mirror})))
    assert (found == []) is good, [str(one) for one in found]


@pytest.mark.parametrize(
    ("url", "sha256", "fetched"),
    [
        ("oci://registry.acme.io/a:1", None, "oci://registry.acme.io/a:1"),
        ("oci://registry.acme.io/a:1", "7e" * 32, f"oci://registry.acme.io/a:1@{DIGEST}"),
        (f"oci://registry.acme.io/a:1@{DIGEST}", "7e" * 32, f"oci://registry.acme.io/a:1@{DIGEST}"),
    ],
)
def test_the_download_proxy_is_given_the_image(url: str, sha256: str | None, fetched: str) -> None:
    made = proxied(url, sha256)
    assert made.startswith(DOWNLOAD_PROXY)
    assert base64.b64decode(made.removeprefix(DOWNLOAD_PROXY)).decode() == fetched


def test_other_modules_do_not_pass_the_proxy() -> None:
    assert proxied("https://acme.io/a.wasm", "7e" * 32) == "https://acme.io/a.wasm"
