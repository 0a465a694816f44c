"""The documentation site: it builds strictly, asks nobody else for anything, and its search finds rules."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import chromium
from support.files import page
from support.golden import ROOT, check_file


def test_golden_files() -> None:
    check_file(ROOT / "docs" / "files.md", page())


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
    return folder


@pytest.mark.browser
def test_it_builds_strictly(site: Path) -> None:
    assert (site / "start" / "index.html").is_file()
    assert len(list((site / "rules").glob("MW*/index.html"))) > 150


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="session")
def url(site: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[chromium.Page]:
    binary = chromium.find()
    if binary is None:
        pytest.skip(f"no browser on PATH ({', '.join(chromium.NAMES)}); on Debian: apt-get install chromium")
    with chromium.browser(binary, tmp_path) as opened:
        yield opened


FOUND = "[...document.querySelectorAll('.md-search-result__link')].map(a => a.getAttribute('href')).join(' ')"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("MW214", "MW214"),
        ("SERVER on a gateway", "MW201"),
        ("runs after every other", "MW214"),
        ("403 image cannot be fetched", "MW"),
    ],
)
def test_search_finds_a_rule_by_its_id_and_by_its_symptom(
    tab: chromium.Page, url: str, words: str, wanted: str
) -> None:
    tab.open(f"{url}/?q={words.replace(' ', '%20')}", 1280)
    found = ""
    for _ in range(100):
        found = str(tab.ask(FOUND))
        if wanted in found:
            break
        time.sleep(0.1)
    assert f"rules/{wanted}" in found, found
    assert [one for one in tab.requests if not one.startswith((url, "data:", "about:"))] == []
