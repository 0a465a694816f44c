"""Docker configurations, read by the key rules that were measured on Istio's puller."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_wasm.values.docker_config import (
    DOCKER_HUB_KEY,
    docker_config,
    key_registry,
    keys_of,
    merged,
    overruled,
    problems,
    registry_key,
    serves,
)

CANARY = "c4nary-pa55"


@pytest.mark.parametrize(
    ("key", "registry", "found"),
    [
        (DOCKER_HUB_KEY, "index.docker.io", True),
        ("docker.io", "index.docker.io", False),
        ("index.docker.io", "index.docker.io", False),
        ("https://docker.io", "index.docker.io", False),
        ("registry-1.docker.io", "index.docker.io", False),
        ("https://index.docker.io/v2/", "index.docker.io", False),
        ("ghcr.io", "ghcr.io", True),
        ("https://ghcr.io", "ghcr.io", True),
        ("https://ghcr.io/v2/", "ghcr.io", True),
        ("http://ghcr.io", "ghcr.io", True),
        ("ghcr.io/org", "ghcr.io", True),
        ("GHCR.io", "ghcr.io", False),
        ("*.io", "ghcr.io", False),
        ("*", "ghcr.io", False),
        ("registry.acme.io", "registry.acme.io:5000", False),
        ("registry.acme.io:5000", "registry.acme.io:5000", True),
        ("registry.acme.io:5000", "registry.acme.io", False),
        ("acme.io", "registry.acme.io", False),
    ],
)
def test_which_key_serves_which_registry(key: str, registry: str, found: bool) -> None:
    assert serves([key], registry) is found


@pytest.mark.parametrize(
    ("registry", "key"),
    [
        ("docker.io", DOCKER_HUB_KEY),
        ("index.docker.io", DOCKER_HUB_KEY),
        ("https://registry-1.docker.io/v2/", DOCKER_HUB_KEY),
        (DOCKER_HUB_KEY, DOCKER_HUB_KEY),
        ("ghcr.io", "ghcr.io"),
        ("https://registry.acme.io:5000/v2/", "registry.acme.io:5000"),
    ],
)
def test_the_key_that_is_written(registry: str, key: str) -> None:
    assert registry_key(registry) == key
    written = json.loads(docker_config([(registry, "u", "p")]))
    assert list(written["auths"]) == [key]


def _config(**entry: Any) -> str:
    return json.dumps({"auths": {"registry.acme.io": entry}})


GOOD = _config(username="u", password=CANARY)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CANARY, "it is not JSON"),
        (json.dumps([CANARY]), "it is not a JSON object"),
        (json.dumps({"registry.acme.io": {"password": CANARY}}), "it has no 'auths'"),
        (json.dumps({"auths": CANARY}), "it has no 'auths'"),
        (json.dumps({"auths": {}}), "it has no 'auths'"),
        (json.dumps({"auths": {"ghcr.io": {"password": CANARY}}, "credsStore": "desktop"}), "it names credsStore"),
        (json.dumps({"auths": {"ghcr.io": {"password": CANARY}}, "credHelpers": {"a": "b"}}), "it names credHelpers"),
        (json.dumps({"auths": {"*.acme.io": {"password": CANARY}}}), "patterns do not work"),
        (json.dumps({"auths": {"docker.io": {"password": CANARY}}}), f"found under {DOCKER_HUB_KEY} only"),
        (json.dumps({"auths": {"ghcr.io": CANARY}}), "is not an object"),
        (_config(auth=CANARY), "is not the base64 form of user:password"),
        (_config(auth=base64.b64encode(CANARY.encode()).decode()), "is not the base64 form of user:password"),
        (_config(username="u"), "holds no credentials"),
        (
            json.dumps({"auths": {"ghcr.io": {"password": CANARY}, "https://ghcr.io": {"password": f"{CANARY}2"}}}),
            "both serve ghcr.io, with different credentials",
        ),
    ],
)
def test_what_the_puller_cannot_use(text: str, says: str) -> None:
    found = list(problems(text))
    assert any(says in problem for problem in found), found
    assert CANARY not in "".join(found)
    assert base64.b64encode(CANARY.encode()).decode() not in "".join(found)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        _config(auth=base64.b64encode(b"u:p").decode()),
        _config(identitytoken="t"),
        json.dumps({"auths": {"ghcr.io": {"password": "p"}, "https://ghcr.io": {"password": "p"}}}),
        json.dumps({"auths": {"ghcr.io": {"password": "p"}}, "credsStore": ""}),
        docker_config([("docker.io", "u", "p"), ("ghcr.io", "u", "p:with:colons")]),
    ],
)
def test_what_it_can_use(text: str) -> None:
    assert list(problems(text)) == []
    assert list(overruled(text)) == []


def test_auth_wins_over_a_password_beside_it() -> None:
    auth = base64.b64encode(b"u:old").decode()
    assert list(overruled(_config(username="u", password="new", auth=auth))) == ["registry.acme.io"]


def test_merging_keeps_the_first_of_two_entries() -> None:
    one, other = docker_config([("ghcr.io", "a", "1")]), docker_config([("ghcr.io", "b", "2"), ("quay.io", "c", "3")])
    both = json.loads(merged([one, other]))["auths"]
    assert {key: entry["username"] for key, entry in both.items()} == {"ghcr.io": "a", "quay.io": "c"}


HOSTS = st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[a-z]{2,4}){1,2}(:[1-9][0-9]{1,3})?", fullmatch=True)
TEXTS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1, max_size=20)
USERS = TEXTS.filter(lambda text: not text.startswith(":"))


@settings(deadline=None)
@given(st.lists(st.tuples(HOSTS, USERS, TEXTS), min_size=1, max_size=4, unique_by=lambda one: one[0]))
def test_what_is_written_is_found_again(credentials: list[tuple[str, str, str]]) -> None:
    text = docker_config(credentials)
    assert list(problems(text)) == []
    for host, username, password in credentials:
        assert serves(keys_of(text), host)
        entry = json.loads(text)["auths"][registry_key(host)]
        assert base64.b64decode(entry["auth"]).decode() == f"{username}:{password}"
    assert merged([text]) == text == merged([docker_config([one]) for one in credentials])


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    list(problems(text))
    list(overruled(text))
    keys_of(text)
    key_registry(text)
