"""A locked program on a real engine: pinned, the same at the second preview, and refused with a lock that says no."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .folder import ROOT, Folder

pytestmark = pytest.mark.engine

EXAMPLE = ROOT / "examples" / "locked"


def test_a_locked_program_is_pinned_once_and_changes_only_with_its_lock(tmp_path: Path) -> None:
    folder = Folder(tmp_path, EXAMPLE)
    folder.pulumi("stack", "init", "dev").good()
    folder.pulumi("up", "--yes", "--skip-preview").good()
    rendered = [(folder.path / "rendered").rglob("*.yaml")]
    texts = [path.read_text() for files in rendered for path in files]
    lock = json.loads((folder.path / "mesh-wasm.lock").read_text())
    digests = {entry["artifact"]["digest"] for entry in lock["modules"].values()}
    assert {digest for digest in digests if any(digest in text for text in texts)} == digests
    folder.pulumi("preview", "--expect-no-changes").good()

    url = "oci://registry.acme.io/filters/acl:1.4.2"
    moved = "sha256:" + "ab" * 32
    lock["modules"][url]["artifact"]["digest"] = moved
    (folder.path / "mesh-wasm.lock").write_text(json.dumps(lock))
    changed = folder.pulumi("preview", "--diff").good()
    assert moved in changed.text
    assert "1 to update" in changed.text

    lock["modules"][url]["module"]["abi"] = None
    (folder.path / "mesh-wasm.lock").write_text(json.dumps(lock))
    refused = folder.pulumi("preview")
    assert refused.code != 0
    assert "the module exports no ABI version" in refused.text
    assert "[MW009]" in refused.text
