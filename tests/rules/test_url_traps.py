"""Module URLs that can be read and cannot be what was meant: told by the one rule that knows why, and by no other."""

from __future__ import annotations

from typing import Any

import pytest

from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.rules.checks import plugin_findings, pull_findings
from mesh_wasm.rules.subjects import PullSubject, SecretSubject
from mesh_wasm.values.module_urls.placeholders import placeholder_in


def said(url: str, **fields: Any) -> list[Finding]:
    spec = parse(WasmPluginSpec, {"url": url, "priority": 0, **fields}, wire=True).value
    return [one for one in plugin_findings(spec) if one.severity is not Severity.INFO and one.rule != "MW302"]


def rules(url: str, **fields: Any) -> list[str]:
    return [one.rule for one in said(url, **fields)]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("oci://harbor/team/acl:1", ["'harbor'", "docker.io/harbor/team/acl", "oci://harbor:443/team/acl:1"]),
        ("harbor/team/acl:1", ["'harbor'", "docker.io/harbor/team/acl"]),
        ("oci://localhost/acl:1", ["docker.io/localhost/acl"]),
        ("oci://localhost/team/acl:1", ["docker.io/localhost/team/acl"]),
        ("oci://docker.io/acme/team/acl:1", ["repositories of Docker Hub have two parts"]),
        ("oci://registry.acme.io", ["no repository after registry.acme.io"]),
        ("oci://registry.acme.io:5000", ["no repository after registry.acme.io:5000"]),
    ],
)
def test_an_image_that_istio_looks_for_at_docker_hub(url: str, words: list[str]) -> None:
    (finding,) = said(url)
    assert (finding.rule, finding.is_error) == ("MW250", True)
    for word in words:
        assert word in f"{finding.message} {finding.fix}"


@pytest.mark.parametrize(
    "url",
    [
        "oci://acme/acl:1",
        "oci://docker.io/acme/acl:1",
        "oci://harbor:443/team/sub/acl:1",
        "oci://harbor.acme.io/team/sub/acl:1",
        "oci://10.0.0.1/team/sub/acl:1",
        "oci://localhost:5000/team/acl:1",
        "oci://ubuntu:22",
        "oci://index.docker.io/library/ubuntu:22",
        "https://example.com/acl.wasm",
        "file:///opt/acl.wasm",
    ],
)
def test_what_is_fine(url: str) -> None:
    assert rules(url) == []


@pytest.mark.parametrize(
    ("text", "told", "variable"),
    [
        ("oci://YOUR_REGISTRY/acl:1", "YOUR_REGISTRY", False),
        ("oci://ghcr.io/YOUR-ORG/acl:1", "YOUR-ORG", False),
        ("oci://<registry>/acl:1", "<registry>", False),
        ("oci://ghcr.io/acme/acl:REPLACE_ME", "REPLACE_ME", False),
        ("oci://changeme/acl:1", "changeme", False),
        ("oci://ghcr.io/acme/acl:TODO", "TODO", False),
        ("oci://${HUB}/acl:${TAG}", "${HUB}", True),
        ("oci://$HUB/acl:1", "$HUB", True),
        ("oci://$(HUB)/acl:1", "$(HUB)", True),
        ("oci://{{ .Values.hub }}/acl:1", "{{ .Values.hub }}", True),
        ("oci://{registry}/acl:1", "{registry}", True),
        ("oci://__HUB__/acl:1", "__HUB__", True),
    ],
)
def test_placeholders(text: str, told: str, variable: bool) -> None:
    found = placeholder_in(text)
    assert found is not None
    assert (found.text, found.is_variable, found.is_certain) == (told, variable, True)


@pytest.mark.parametrize(
    "url", ["oci://YOUR_REGISTRY/acl:1", "oci://${HUB}/acl:${TAG}", "oci://ghcr.io/acme/acl:REPLACE_ME"]
)
def test_a_placeholder_is_told_once(url: str) -> None:
    (finding,) = said(url)
    assert (finding.rule, finding.is_error) == ("MW251", True)


def test_a_placeholder_that_the_api_server_refuses_is_told_as_one() -> None:
    (finding,) = said("oci://<registry>/acl%zz")
    assert finding.rule == "MW113"
    assert "placeholder <registry>" in finding.message


def test_a_word_that_somebody_may_be_called_by_is_a_warning() -> None:
    (finding,) = said("oci://ghcr.io/your-org/acl:1")
    assert (finding.rule, finding.severity) == ("MW251", Severity.WARNING)
    assert rules("oci://ghcr.io/your-money/acl:1") == []
    assert rules("oci://ghcr.io/acme/todo:1") == []


def test_a_placeholder_for_the_pull_secret() -> None:
    found = said("oci://ghcr.io/acme/acl:1", imagePullSecret="changeme")
    assert [(one.rule, one.path) for one in found] == [("MW251", ("imagePullSecret",))]


@pytest.mark.parametrize(
    ("url", "mended"),
    [
        ("https://github.com/o/r/blob/main/a.wasm", "https://github.com/o/r/raw/main/a.wasm"),
        ("https://github.acme.com/o/r/blob/v1/d/a.wasm", "https://github.acme.com/o/r/raw/v1/d/a.wasm"),
        ("https://gitlab.acme.io/g/s/p/-/blob/main/a.wasm", "https://gitlab.acme.io/g/s/p/-/raw/main/a.wasm"),
        ("https://bitbucket.org/o/r/src/main/a.wasm", "https://bitbucket.org/o/r/raw/main/a.wasm"),
        ("https://codeberg.org/o/r/src/branch/main/a.wasm", "https://codeberg.org/o/r/raw/branch/main/a.wasm"),
        ("https://gist.github.com/me/0123abc", "https://gist.github.com/me/0123abc/raw"),
        ("https://www.dropbox.com/s/x/a.wasm?dl=0", "dl=1"),
    ],
)
def test_a_web_page_about_the_file(url: str, mended: str) -> None:
    found = [one for one in said(url) if one.rule == "MW252"]
    assert len(found) == 1
    assert mended in found[0].fix


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/o/r/raw/main/a.wasm",
        "https://github.com/o/r/blob/main/a.wasm?raw=true",
        "https://github.com/o/r/releases/download/v1/a.wasm",
        "https://raw.githubusercontent.com/o/blob/blob/main/a.wasm",
        "https://files.acme.io/o/r/blob/a.wasm",
    ],
)
def test_a_file_itself(url: str) -> None:
    assert "MW252" not in rules(url)


def test_a_relative_file() -> None:
    (finding,) = said("file://filters/acl.wasm")
    assert (finding.rule, finding.is_error) == ("MW253", True)
    assert "file:///filters/acl.wasm" in finding.fix


def test_a_repository_of_one_character() -> None:
    (finding,) = said("oci://ghcr.io/a:1")
    assert (finding.rule, finding.severity) == ("MW254", Severity.WARNING)
    assert rules("oci://ghcr.io/a/b:1") == []


def test_what_istio_reads_and_no_registry_serves_stays_an_error() -> None:
    assert rules("oci://ghcr.io/acme/acl-:1") == ["MW205"]
    assert rules(f"oci://ghcr.io/{'a' * 256}:1") == ["MW205"]


def test_the_key_of_a_host_that_istio_takes_for_a_repository() -> None:
    """Docker Hub's key would be the wrong cure."""

    def told(url: str) -> list[str]:
        text = '{"auths": {"harbor": {"auth": "cDpz"}}}'
        type_ = "kubernetes.io/dockerconfigjson"
        secret = SecretSubject("regcred", "edge", type_, string_data={".dockerconfigjson": text})
        spec = parse(WasmPluginSpec, {"url": url, "imagePullSecret": "regcred"}, wire=True).value
        return [f"{one.message} {one.fix}" for one in pull_findings(PullSubject(spec, "edge", (secret,)))]

    assert told("oci://harbor/team/acl:1") == []  # MW250 says it
    (sentence,) = told("oci://harbor/acl:1")
    assert "harbor has neither a dot nor a port" in sentence
    assert "harbor:443" in sentence
