"""The GitHub action and the GitLab template: valid by their schemas, and their shell parts do what they say."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cli.test_closing_lines import FLEET, PLUGIN, project

from .runner import ACTION, TEMPLATE, github, gitlab

PROGRAM = FLEET + "plugin('a', {'mode': 'enforce'}, fleet=wasm.Fleet(clusters()))\n"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    project(tmp_path, PROGRAM, "dev")
    (tmp_path / "mesh").mkdir()
    (tmp_path / "mesh" / "acl.yaml").write_text(PLUGIN.replace("PHASE", "AUTHZ"))
    return tmp_path


def report(work: Path) -> None:
    command = ["mesh-wasm", "explain", ".", "--format", "json", "--out", "before.json"]
    subprocess.run(command, cwd=work, check=True, capture_output=True)
    (work / "__main__.py").write_text(
        PROGRAM.replace("'priority': 1", "'priority': 7").replace('"priority": 1', '"priority": 7')
    )


def stand_in_for_gh(folder: Path) -> Path:
    """A stand-in for GitHub's command line: it writes down what it was asked for."""
    programs = folder / "programs"
    programs.mkdir()
    gh = programs / "gh"
    gh.write_text(f"#!/bin/sh\necho \"$@\" >'{folder}/gh.asked'\ncp \"$5\" '{folder}/gh.comment'\n")
    gh.chmod(0o755)
    return programs


@pytest.mark.parametrize(("kind", "file"), [("github-actions", ACTION), ("gitlab-ci", TEMPLATE)])
def test_they_are_valid(kind: str, file: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}", str(file)]
        + (["--data-transform", "gitlab-ci"] if kind == "gitlab-ci" else []),
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_github_passes_what_is_good(work: Path) -> None:
    ran = github(work, {"lint": "mesh", "source": ".", "install": ""})
    assert ran.code == 0, ran.said
    assert ran.outputs["errors"] == "0"
    assert json.loads(Path(ran.outputs["sarif"]).read_text())["version"] == "2.1.0"


def test_github_tells_all_and_fails_last(work: Path) -> None:
    (work / "mesh" / "acl.yaml").write_text(PLUGIN.replace("PHASE", "AUTHX"))
    (work / "__main__.py").write_text(PROGRAM.replace("'url': ", "'uri': ").replace('"url": ', '"uri": '))
    ran = github(work, {"lint": "mesh", "source": ".", "install": ""})
    assert ran.code == 1
    assert ran.outputs["errors"] == "2"
    assert "::error file=mesh/acl.yaml" in ran.said
    assert "there is no field 'uri' here" in ran.said


def test_github_comments_what_changes(work: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    report(work)
    beside = tmp_path_factory.mktemp("gh")
    inputs = {"source": ".", "before": "before.json", "comment": "17", "install": ""}
    ran = github(work, inputs, stand_in_for_gh(beside))
    assert ran.code == 0, ran.said
    asked = (beside / "gh.asked").read_text().split()
    assert asked[:3] == ["pr", "comment", "17"]
    assert (beside / "gh.comment").read_text() == ran.summary
    assert "priority" in ran.summary


def test_a_path_with_shell_in_it_is_a_path(work: Path) -> None:
    ran = github(work, {"lint": "mesh;touch${IFS}owned", "install": ""})
    assert ran.code == 2
    assert not (work / "owned").exists()


def test_gitlab_lints_and_plans(work: Path) -> None:
    assert gitlab(work, "mesh-wasm lint", {"MESH_WASM_LINT": "mesh"}).code == 0
    assert gitlab(work, "mesh-wasm plan", {"MESH_WASM_SOURCE": "."}).code == 0
    (work / "mesh" / "acl.yaml").write_text(PLUGIN.replace("PHASE", "AUTHX"))
    bad = gitlab(work, "mesh-wasm lint", {"MESH_WASM_LINT": "mesh"})
    assert bad.code == 1
    assert "MW104" in bad.said


class Server:
    """A stand-in for GitLab's API: it gives the report of the main branch, and takes notes."""

    def __init__(self, report: bytes) -> None:
        self.notes: list[dict[str, str]] = []
        self.paths: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.paths.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(report)

            def do_POST(self) -> None:
                outer.paths.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.notes.append({**json.loads(body), "token": self.headers["PRIVATE-TOKEN"]})
                self.send_response(201)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/v4"


@pytest.fixture
def api(work: Path) -> Iterator[Server]:
    report(work)
    made = Server((work / "before.json").read_bytes())
    (work / "before.json").unlink()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_gitlab_says_what_changes(work: Path, api: Server) -> None:
    variables = {
        "MESH_WASM_SOURCE": ".",
        "CI_API_V4_URL": api.url,
        "CI_PROJECT_ID": "5",
        "CI_DEFAULT_BRANCH": "main/line",
        "CI_JOB_TOKEN": "job",
        "CI_MERGE_REQUEST_IID": "17",
        "MESH_WASM_TOKEN": "bot",
    }
    ran = gitlab(work, "mesh-wasm change", variables)
    assert ran.code == 0, ran.said
    assert api.paths == [
        "/api/v4/projects/5/jobs/artifacts/main%2Fline/raw/mesh-wasm-chains.json?job=mesh-wasm%20report&job_token=job",
        "/api/v4/projects/5/merge_requests/17/notes",
    ]
    assert api.notes == [{"body": (work / "change.md").read_text(), "token": "bot"}]
    assert "priority" in api.notes[0]["body"]
