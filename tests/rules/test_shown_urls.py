"""A URL that holds a login or a token: nothing that people read shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.extension import WasmExtension
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.modules.reference import reference_of
from mesh_wasm.planning.manifests import in_line
from mesh_wasm.rules.catalog import scheme
from mesh_wasm.rules.checks import plugin_findings
from mesh_wasm.rules.pull_secrets.existing import existing_findings
from mesh_wasm.rules.subjects import ExtensionSubject
from mesh_wasm.values.docker_config import SECRET_TYPE
from mesh_wasm.values.module_urls.docker_hub import misread
from mesh_wasm.values.module_urls.shown import has_login, shown_url
from mesh_wasm.values.module_urls.web_pages import web_page
from mesh_wasm_pulumi.cli import main

CANARY = "canary7"
DIGEST = f"sha256:{'0123456789abcdef' * 4}"
URLS = {
    f"https://u:{CANARY}@r.io/f/acl.wasm?sig={CANARY}": "https://r.io/f/acl.wasm",
    f"https://r.io/f/acl.wasm?sig={CANARY}#{CANARY}": "https://r.io/f/acl.wasm",
    f"https://u:p?{CANARY}@r.io/f/acl.wasm": "https://r.io/f/acl.wasm",
    f"oci://u:{CANARY}@h.io/a:1": "oci://h.io/a:1",
    f"oci://{CANARY}@h.io/a:1@{DIGEST}": f"oci://h.io/a:1@{DIGEST}",
    f"u:{CANARY}@h.io/a:1": "h.io/a:1",
    f"{CANARY}:u@h.io/a:1": "h.io/a:1",
    f"{CANARY}@h.io/a:1?x={CANARY}": "h.io/a:1",
    f"ftp://u:{CANARY}@h.io/a": "ftp://h.io/a",
    f"https:/u:{CANARY}@h.io/a": "https:/h.io/a",
    f"https:u:{CANARY}@h.io/a": "https:h.io/a",
    f"//u:{CANARY}@h.io/a": "//h.io/a",
    f"https://u:pa/{CANARY}@h.io/a.wasm?x=1": "https://h.io/a.wasm",
    f"oci://u:{CANARY}/{CANARY}/s@h.io/a:1@{DIGEST}": f"oci://h.io/a:1@{DIGEST}",
    f"u:{CANARY}/s@h.io/a:1": "h.io/a:1",
}


@pytest.mark.parametrize(("url", "shown"), URLS.items())
def test_what_is_shown(url: str, shown: str) -> None:
    assert shown_url(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        f"oci://h.io:5000/f/a:1@{DIGEST}",
        f"h.io/a@{DIGEST}",
        f"oci://acl@{DIGEST}",
        "registry:5000/x",
        "https://h.io/f@1/a.wasm",
        "https://h.io:8443/f@1/a.wasm",
        "https://[::1]:8443/f@1/a.wasm",
        "https://h.io/npm/@scope/a.wasm",
        "file:///opt/a.wasm",
        "",
    ],
)
def test_what_holds_neither_is_shown_as_it_is(url: str) -> None:
    assert shown_url(url) == url
    assert not has_login(url)


def _found(url: str) -> list[Finding]:
    return list(plugin_findings(parse(WasmPluginSpec, {"url": url, "priority": 0}, wire=True).value))


@pytest.mark.parametrize("url", URLS)
def test_no_finding_of_a_plugin_shows_it(url: str) -> None:
    for finding in _found(url):
        assert CANARY not in f"{finding.message} {finding.fix}", finding
        assert finding.mend is None or CANARY not in repr(finding.mend)


def test_no_mend_for_a_url_without_a_scheme_that_holds_a_login() -> None:
    (with_login,) = (one for one in _found(f"u:{CANARY}@h.io/a:1") if one.rule == "MW113")
    (plain,) = (one for one in _found("h.io:5000/a:1") if one.rule == "MW113")
    assert (with_login.mend, with_login.fix) == (None, "Write oci://h.io/a:1.")
    assert plain.mend is not None


@pytest.mark.parametrize("field", ["image", "url"])
@pytest.mark.parametrize("url", URLS)
def test_no_finding_of_a_catalogue_entry_shows_it(url: str, field: str) -> None:
    extension = parse(WasmExtension, {"fqn": "organizations/o/extensions/a", field: url}, wire=True).value
    for finding in scheme(ExtensionSubject(extension)):
        assert CANARY not in f"{finding.message} {finding.fix}"
        assert finding.mend is None


@pytest.mark.parametrize("url", URLS)
def test_the_line_of_a_plan_does_not_show_it(url: str) -> None:
    assert CANARY not in in_line("WasmPlugin", {"url": url, "priority": 1})
    assert CANARY not in in_line("TrafficExtension", {"wasm": {"url": url}})


def test_an_image_is_cut_at_its_digest_and_not_at_its_login() -> None:
    found = reference_of(f"oci://u:{CANARY}@h.io/a:1@{DIGEST}")
    assert found is not None
    assert found.base == f"oci://u:{CANARY}@h.io/a:1"
    assert (found.has_login, found.shown) == (True, f"oci://h.io/a:1@{DIGEST}")


def test_no_advice_shows_it() -> None:
    page = web_page(f"https://u:{CANARY}@github.com/a/b/blob/main/x.wasm")
    assert page is not None
    assert CANARY not in page.fix
    assert misread(f"oci://u:{CANARY}@harbor/team/acl:1") is None


@pytest.mark.parametrize("command", [["lock", "--offline"], ["lock", "--check", "--offline"], ["explain"], ["lint"]])
@pytest.mark.parametrize("url", URLS)
def test_no_command_shows_it(url: str, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESH_WASM_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "east" / "edge"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text(
        "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\n"
        f"metadata: {{name: a, namespace: edge}}\nspec: {{url: '{url}', priority: 1}}\n"
    )
    name, *more = command
    told = CliRunner().invoke(main, [name, str(tmp_path), *more])
    assert told.exit_code in (0, 1), told.output
    assert CANARY not in told.output


@pytest.mark.parametrize("entry", [{}, {"auth": "eA=="}, {"password": "x"}])
def test_no_key_of_a_docker_configuration_shows_it(entry: dict[str, str]) -> None:
    auths = {f"https://{CANARY}@h.io": entry, f"{CANARY}@h.io/v1": {"auth": "dTpw"}, f"{CANARY}@*.h.io": {}}
    found = list(existing_findings("Secret a/b", SECRET_TYPE, json.dumps({"auths": auths}), "r.io"))
    assert len(found) >= 2
    for finding in found:
        assert CANARY not in f"{finding.message} {finding.fix}"
        assert "h.io" in finding.message


@pytest.mark.parametrize("url", ["@/", "@", "/", "u@", "oci://@/", "a.b:C@h/x", "@sha256:" + "ab" * 32])
def test_a_url_of_next_to_nothing_is_no_traceback(url: str) -> None:
    assert misread(url) is None or "C" not in str(misread(url))
