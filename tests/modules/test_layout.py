"""Taking images apart, without a registry: what the real ones of test_lock.py and the live mesh do not reach."""

from __future__ import annotations

import contextlib
import gzip
import io
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_wasm.modules.layout import LayoutError, choose_platform, media_types, unpack

from .pushing import DOCKER_LAYER, DOCKER_MANIFEST, OCI_LAYER, WASM_LAYER, tar, targz
from .wasmfile import wasm

FILTER = wasm()
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def _unpacked(*layers: tuple[str, bytes], media_type: str = "") -> Any:
    blobs = {f"sha256:{number}": data for number, (_, data) in enumerate(layers)}
    listed = [{"mediaType": kind, "digest": f"sha256:{number}"} for number, (kind, _) in enumerate(layers)]
    return unpack({"mediaType": media_type, "layers": listed}, lambda digest: io.BytesIO(blobs[digest]))


def test_files_beside_the_module_are_kept_wherever_they_lie() -> None:
    files = {"runtime-config.json": b"{}", "plugin.wasm": FILTER, "opt/config.schema.json": b"[]", "README.md": b"no"}
    found = _unpacked((OCI_LAYER, targz(files)))
    assert found.module == FILTER
    assert found.beside == {"runtime-config.json": b"{}", "config.schema.json": b"[]"}


def test_a_gzip_of_several_members_is_one() -> None:
    data = tar({"plugin.wasm": FILTER})
    assert _unpacked((OCI_LAYER, gzip.compress(data[:700]) + gzip.compress(data[700:]))).module == FILTER


@pytest.mark.parametrize("garbage", [bytes(100), b"garbage", b"\x1f\x8b"], ids=["zeros", "text", "half a header"])
def test_what_follows_the_archive_is_nobodys_business(garbage: bytes) -> None:
    assert _unpacked((OCI_LAYER, targz({"plugin.wasm": FILTER}) + garbage)).module == FILTER


def test_docker_is_asked_for_its_own_layer_and_nothing_else() -> None:
    raw = ((WASM_LAYER, FILTER), (OCI_LAYER, b""))
    assert _unpacked(*raw).module == FILTER
    with pytest.raises(LayoutError, match="the last layer is of type"):
        _unpacked(*raw, media_type=DOCKER_MANIFEST)
    assert _unpacked((DOCKER_LAYER, targz({"plugin.wasm": FILTER})), media_type=DOCKER_MANIFEST).module == FILTER


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_sentence(data: bytes) -> None:
    for stream in (data, gzip.compress(data), targz({"plugin.wasm": FILTER})[: len(data)]):
        with contextlib.suppress(LayoutError):
            _unpacked((OCI_LAYER, stream))


def _nothing(digest: str) -> IO[bytes]:
    return io.BytesIO()


@given(anything)
def test_any_document_ends_in_a_sentence(value: Any) -> None:
    for document in ({"layers": value}, {"layers": [value, {}]}, {"mediaType": value}, {"manifests": value}):
        with contextlib.suppress(LayoutError):
            unpack(document, _nothing)
        with contextlib.suppress(LayoutError):
            choose_platform(document)
        media_types(document)
    with pytest.raises(LayoutError, match="it has arm/arm"):
        choose_platform({"manifests": [{"digest": "x", "platform": {"os": "arm", "architecture": "arm"}}]})
