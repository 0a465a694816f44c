"""Reading proxies: the form of --proxy, an admin endpoint, and waiting."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh_wasm.verify import survey as surveying
from mesh_wasm.verify.judge import Status
from mesh_wasm.verify.planned import Planned
from mesh_wasm.verify.read import EvidenceError, Where
from mesh_wasm.verify.survey import survey

DUMP = (Path(__file__).parent / "gateway.json").read_text()
STATISTICS = (
    "wasm.edge.aa~istio-translated-wasmplugin.vm_reload: 0\nwasm.edge.cc~istio-translated-wasmplugin.vm_reload: 3\n"
    "wasm.edge.aa.vm_reload: 1\nother.vm_reload: 1\n"
)


class Admin(http.server.BaseHTTPRequestHandler):
    """An admin endpoint; what it answers is the server's."""

    answers: dict[str, str]

    def do_GET(self) -> None:
        text = self.answers.get(self.path)
        self.send_response(200 if text is not None else 404)
        self.end_headers()
        self.wfile.write((text or "").encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answers() -> dict[str, str]:
    return {"/config_dump": DUMP, "/stats?filter=vm_reload$": STATISTICS}


@pytest.fixture
def admin(answers: dict[str, str]) -> Iterator[str]:
    """The URL of an admin endpoint."""
    handler = type("Handler", (Admin,), {"answers": answers})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("dump.json", Where(None, "dump.json")),
        ("east=dump.json", Where("east", "dump.json")),
        ("east=http://localhost:15000,log=p.log", Where("east", "http://localhost:15000", "p.log")),
        ("http://localhost:15000/?a=b", Where(None, "http://localhost:15000/?a=b")),
        ("/tmp/a=b.json", Where(None, "/tmp/a=b.json")),
    ],
)
def test_the_form_of_the_option(text: str, where: Where) -> None:
    assert Where.parse(text) == where


def test_an_endpoint_has_statistics_too(admin: str) -> None:
    evidence = Where.parse(f"{admin}/").read()
    assert evidence.proxy.pod == "edge/router-1"
    assert evidence.started == {"edge/aa", "edge/cc", "TrafficExtension edge/aa"}


def test_an_older_envoy_has_no_such_statistics(admin: str, answers: dict[str, str]) -> None:
    answers["/config_dump"] = DUMP.replace('"ISTIO_VERSION": "unknown"', '"ISTIO_VERSION": "1.26.4"')
    assert Where.parse(admin).read().started is None


def test_names_without_an_ending_are_those_of_plugins_before_1_30(admin: str, answers: dict[str, str]) -> None:
    answers["/config_dump"] = DUMP.replace('"ISTIO_VERSION": "unknown"', '"ISTIO_VERSION": "1.29.1"')
    answers["/stats?filter=vm_reload$"] = "wasm.edge.aa.vm_reload: 1\n"
    assert Where.parse(admin).read().started == {"edge/aa"}


def test_statistics_that_are_refused_are_not_missed(admin: str, answers: dict[str, str]) -> None:
    del answers["/stats?filter=vm_reload$"]
    assert Where.parse(admin).read().started is None


def test_another_server_is_no_admin_endpoint(admin: str, answers: dict[str, str]) -> None:
    answers.clear()
    with pytest.raises(EvidenceError, match="answers 404; give the URL of Envoy's admin endpoint"):
        Where.parse(admin).read()


def test_waiting_ends_as_soon_as_all_is_as_planned(
    admin: str, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right after an up the proxy does not have the plugin yet."""
    looks = []

    def pause(_seconds: float) -> None:
        looks.append(answers["/config_dump"])
        answers["/config_dump"] = DUMP

    monkeypatch.setattr(surveying.time, "sleep", pause)
    before = json.loads(DUMP)
    before["configs"][2]["ecds_filters"] = []
    answers["/config_dump"] = json.dumps(before)
    code = json.loads(DUMP)["configs"][2]["ecds_filters"][0]["ecds_filter"]["typed_config"]["config"]["vm_config"][
        "code"
    ]
    spec = {"url": f"file://{code['local']['filename']}", "phase": "AUTHN", "pluginConfig": {"m": "c"}}
    planned = [Planned("east", "edge", "cc", spec)]

    assert [one.status for one in survey(planned, ["east"], [Where.parse(admin)]).proxies[0].verdicts] == [
        Status.PENDING
    ]
    assert looks == []
    found = survey(planned, ["east"], [Where.parse(admin)], wait=60)
    assert [one.status for one in found.proxies[0].verdicts] == [Status.LOADED]
    assert len(looks) == 1
