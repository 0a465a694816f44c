"""docs/chains.png, on the README's first screen: chains of examples/istio-seed, as a browser shows them.

The picture carries the hash of the page that it shows, so that a picture of an old page is told without comparing pixels.
`UPDATE_GOLDEN=1` takes it anew.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner
from support import chromium
from support.golden import ROOT

from mesh_wasm_pulumi.cli import main

PICTURE = ROOT / "docs" / "chains.png"
WIDTH, HEIGHT = 960, 340


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("picture") / "chains.html"
    told = CliRunner().invoke(main, ["explain", str(ROOT / "examples" / "istio-seed"), "--cluster", "chain", "--format", "html", "--out", str(file)])
    assert told.exit_code == 0, told.output
    return file


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def marked(png: bytes, mark: str) -> bytes:
    """The picture with a text in it, in front of its end."""
    end = png.rindex(b"IEND") - 4
    return png[:end] + chunk(b"tEXt", b"page\0" + mark.encode()) + png[end:]


def mark_of(html: Path) -> str:
    return hashlib.sha256(html.read_bytes()).hexdigest()


def test_golden_picture_shows_the_page_as_it_is(html: Path, tmp_path: Path) -> None:
    if os.environ.get("UPDATE_GOLDEN") and (binary := chromium.find()):
        with chromium.browser(binary, tmp_path) as page:
            page.open(html, WIDTH)
            page.call("Emulation.setScrollbarsHidden", hidden=True)
            top = page.ask("[...document.querySelectorAll('h2')].find(one => one.textContent === 'Chains').offsetTop")
            clip = {"x": 0, "y": int(top) - 16, "width": WIDTH, "height": HEIGHT, "scale": 1}
            shot = page.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        PICTURE.write_bytes(marked(base64.b64decode(shot["data"]), mark_of(html)))
    picture = PICTURE.read_bytes()
    assert b"page\0" + mark_of(html).encode() in picture, "docs/chains.png shows an old page: UPDATE_GOLDEN=1 takes it anew"
    assert struct.unpack(">II", picture[16:24]) == (WIDTH, HEIGHT)


def test_the_readme_shows_it_on_its_first_screen() -> None:
    assert "docs/chains.png" in "\n".join((ROOT / "README.md").read_text().splitlines()[:30])
