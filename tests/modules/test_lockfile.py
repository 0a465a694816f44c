"""The lock file: what is written is read, in the same bytes, and what cannot be read ends in a sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_wasm.modules.facts import look_at
from mesh_wasm.modules.locked import Artifact, Lock, LockedModule, LockedSchema, Signature, TrialVerdict
from mesh_wasm.modules.lockfile import LockError, lock_text, parse_lock, read_lock
from mesh_wasm.modules.reference import reference_of

from .wasmfile import wasm

URL = "oci://registry.acme.io/filters/acl:1.4.2"
DIGEST, OTHER = "sha256:" + "0a" * 32, "sha256:" + "0b" * 32
FACTS = look_at(wasm({"env.proxy_log": "iii>i"}))
ENTRY = LockedModule(URL, Artifact(DIGEST, "application/vnd.oci.image.manifest.v1+json", ("a", "b"), "compat"), FACTS)

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
entries = st.builds(
    LockedModule,
    names,
    st.none() | st.builds(Artifact, names, names, st.lists(names, max_size=3).map(tuple), st.none() | names),
    st.none() | st.just(FACTS) | st.just(replace(FACTS, root_ids=("a", "b"))),
    st.none() | st.builds(LockedSchema, names, names, st.dictionaries(names, names, max_size=3)),
    st.lists(st.builds(Signature, names, names, names), max_size=1).map(tuple),
    st.lists(st.builds(TrialVerdict, names, names, st.booleans(), names), max_size=1).map(tuple),
    names,
)


@given(st.lists(entries, max_size=4))
def test_what_is_written_is_read(modules: list[LockedModule]) -> None:
    lock = Lock({one.url: one for one in modules})
    text = lock_text(lock)
    again = parse_lock(text)
    assert again.modules == lock.modules
    assert lock_text(again) == text
    assert lock_text(Lock(dict(reversed(list(lock.modules.items()))))) == text


def test_each_value_has_its_line() -> None:
    lines = lock_text(Lock({URL: ENTRY})).splitlines()
    assert f'        "digest": "{DIGEST}",' in lines
    assert f'    "{URL}": {{' in lines


def test_what_a_later_version_adds_is_kept() -> None:
    document = json.loads(lock_text(Lock({URL: ENTRY})))
    document["modules"][URL]["licence"] = "Apache-2.0"
    document["made by"] = "a later mesh-wasm"
    text = json.dumps(document, indent=2, sort_keys=True) + "\n"
    assert lock_text(parse_lock(text)) == text


def _broken(change: Any) -> str:
    document = json.loads(lock_text(Lock({URL: ENTRY})))
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: it is no JSON"),
        ('{"modules": {\n<<<<<<< HEAD\n', "line 2: it holds a merge conflict"),
        ("[]", "it is no lock file of mesh-wasm"),
        ('{"modules": []}', "it is no lock file of mesh-wasm"),
        ('{"modules": {}, "version": "1"}', "of version 1"),
        (_broken(lambda d: d.update(version=2)), "of version 2, and this mesh-wasm reads version 1"),
        (_broken(lambda d: d["modules"].update({URL: None})), f"the entry {URL} is not what"),
        (_broken(lambda d: d["modules"][URL].pop("artifact")), "('artifact')"),
        (_broken(lambda d: d["modules"][URL]["artifact"].pop("digest")), "('digest')"),
        (_broken(lambda d: d["modules"][URL].update(module=[])), f"the entry {URL} is not what"),
        (_broken(lambda d: d["modules"][URL].update(schema={"source": 1})), f"the entry {URL} is not what"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, says: str) -> None:
    with pytest.raises(LockError) as told:
        parse_lock(text)
    assert says in str(told.value)
    assert str(told.value).endswith(".")


def test_no_file_is_no_error(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "mesh-wasm.lock") is None
    with pytest.raises(LockError, match="cannot be read: is a directory"):
        read_lock(tmp_path)


@pytest.mark.parametrize(
    ("url", "sha256", "pinned"),
    [
        (URL, None, (f"{URL}@{DIGEST}", None)),
        (URL.removeprefix("oci://"), None, (f"{URL}@{DIGEST}", None)),
        (f"{URL}@{OTHER}", None, (f"{URL}@{OTHER}", None)),
        (URL, "0b" * 32, (URL, "0b" * 32)),
        (f"{URL}-other", None, (f"{URL}-other", None)),
        ("file:///opt/acl.wasm", None, ("file:///opt/acl.wasm", None)),
        ("https://files.acme.io/acl.wasm", None, ("https://files.acme.io/acl.wasm", FACTS.sha256)),
        ("https://ci:x@files.acme.io/acl.wasm", None, ("https://ci:x@files.acme.io/acl.wasm", FACTS.sha256)),
        ("not a url", None, ("not a url", None)),
    ],
)
def test_what_is_not_pinned_gets_the_locked_digest(
    url: str, sha256: str | None, pinned: tuple[str, str | None]
) -> None:
    files = [LockedModule(f"https://{login}files.acme.io/acl.wasm", None, FACTS) for login in ("", "ci:x@")]
    assert Lock({URL: ENTRY, **{file.url: file for file in files}}).pinned(url, sha256) == pinned


def test_what_istio_refuses_pins_nothing() -> None:
    refused = replace(ENTRY, artifact=Artifact(DIGEST, "", (), None, "it is an index without linux/amd64"), module=None)
    assert Lock({URL: refused}).pinned(URL) == (URL, None)


@pytest.mark.parametrize(
    ("url", "sha256", "found"),
    [
        (URL, None, (URL, URL, None)),
        ("registry.acme.io/filters/acl:1.4.2", None, (URL, URL, None)),
        (URL, "0b" * 32, (f"{URL}@{OTHER}", URL, OTHER)),
        (f"{URL}@{DIGEST}", "0b" * 32, (f"{URL}@{DIGEST}", URL, DIGEST)),
        ("HTTPS://files.acme.io/acl.wasm", "0b" * 32, ("https://files.acme.io/acl.wasm",) * 2 + (OTHER,)),
        (
            "http://wasmfetcher.istio-system.svc.cluster.local/fetch/b2NpOi8vcmVnaXN0cnkuYWNtZS5pby9maWx0ZXJzL2FjbDoxLjQuMg==",
            None,
            (URL, URL, None),
        ),
    ],
)
def test_a_url_and_its_checksum_are_one_reference(url: str, sha256: str | None, found: tuple[Any, ...]) -> None:
    reference = reference_of(url, sha256)
    assert reference is not None
    assert (reference.url, reference.base, reference.digest) == found


@pytest.mark.parametrize("url", ["file:///opt/acl.wasm", "ftp://x/y", "oci://acme.io/UPPER/case", ""])
def test_what_nobody_fetches_is_no_reference(url: str) -> None:
    assert reference_of(url) is None
