"""Module URLs as Go reads them: the verdicts were measured on an API server with istiod's webhook."""

from __future__ import annotations

import pytest

from mesh_wasm.values.gourl import GoUrlError, admitted, reference_scheme

ADMITTED = [
    *(
        "test",
        "docker.io/org/app:1.0",
        "oci://a/b:1",
        "OCI://a/b",
        "HTTPS://a/x.wasm",
        "//docker.io/a:1",
        "/opt/x.wasm",
    ),
    *("file:/opt/x", "oci:foo/bar", "oci://", "oci://docker.io/a b", "127.0.0.1:5000/foo:v1", "my_registry:5000/foo"),
    *("[::1]:5000/x", "oci://[::1]:5000/x", "oci://a:80:80", "//::1", "http://a[b", "oci://[::1", "*", "é", "a?b=%zz"),
    *("oci://user:pw@h/x", "oci://h/%41", "http://h?x#y", "oci://h/x#f"),
]
REFUSED = [
    *("ftp://h/x", "s3://b/x", "registry.example.com:5000/foo:v1", "localhost:5000/x", " oci://h/x", "oci://h/%zz"),
    *("oci://h/a\tb", "\x7f", "[::1", "a[::1]:80", "//[a]", "//a[b", "//us er@h", "//h:50a", "oci://h/x#%zz", "::1"),
    *("[fe80::1%eth0]/x", "h%41/x", "a b/c", "ftp://::1"),
]
DISCARDED = ["127.0.0.1:5000/foo:v1", "my_registry:5000/foo", "[::1]:5000/x"]


@pytest.mark.parametrize("url", ADMITTED)
def test_what_the_server_admits(url: str) -> None:
    assert admitted(url)


@pytest.mark.parametrize("url", REFUSED)
def test_what_the_server_refuses(url: str) -> None:
    assert not admitted(url)


@pytest.mark.parametrize("url", DISCARDED)
def test_what_istiod_drops_afterwards(url: str) -> None:
    assert admitted(url)
    with pytest.raises(GoUrlError):
        reference_scheme(url)
