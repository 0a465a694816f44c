"""The page in a real browser: on a phone and on a desk, in light and in dark, without network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from support import chromium

from mesh_wasm.explain import differences, report
from mesh_wasm.explain.page import page as render
from mesh_wasm.sources.source import Source

from .members import plugin

pytestmark = pytest.mark.browser

PHONE, SMALL_PHONE, DESK = 375, 320, 1280
LONG = "organizations/a-rather-long-organization/extensions/an-extension-with-a-remarkably-long-name-of-its-own"
CONTRAST = """
(() => {
  const channel = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 };
  const numbers = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = numbers(c); return .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b) };
  const ground = e => { for (; e; e = e.parentElement) { const c = numbers(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return getComputedStyle(e).backgroundColor } return 'rgb(255,255,255)' };
  const poor = [];
  for (const e of document.querySelectorAll('main *, header *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) poor.push(e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 30));
  }
  return poor;
})()
"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Page]:
    binary = chromium.find()
    if binary is None:
        pytest.skip(f"no browser on PATH ({', '.join(chromium.NAMES)}); on Debian: apt-get install chromium")
    profile = tmp_path_factory.mktemp("profile")
    with chromium.browser(binary, profile) as page:
        yield page
    shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clusters = tuple(f"cluster-{number}" for number in range(8))
    members = [
        member
        for cluster in clusters
        for member in (
            plugin("acl", cluster=cluster, labels={"app": "gateway"}, phase="AUTHZ", priority=10, fqn=LONG),
            plugin("geo", cluster=cluster, phase="AUTHZ", priority=10, pluginConfig={"mode": 1}),
            plugin("net", "istio-system", cluster=cluster, type="NETWORK"),
            plugin("later", "shop", cluster=cluster, priority=5, ref="Service/cart"),
        )
    ]
    before = report(Source("shop", tuple(members[1:]), clusters))
    after = report(Source("shop", tuple(members), clusters))
    file = tmp_path_factory.mktemp("page") / "page.html"
    file.write_text(render(after, differences(before, after)), encoding="utf-8")
    return file


@pytest.mark.parametrize("width", [SMALL_PHONE, PHONE, 768, DESK])
def test_nothing_but_the_matrix_scrolls_sideways(tab: chromium.Page, file: Path, width: int) -> None:
    tab.open(file, width)
    assert tab.ask("document.documentElement.scrollWidth") <= width
    assert tab.ask("document.querySelector('.scroll').scrollWidth") > tab.ask(
        "document.querySelector('.scroll').clientWidth"
    )
    drawn = "[...document.querySelectorAll('main .variant *, .list *')]"
    assert tab.ask(f"{drawn}.filter(e => e.getBoundingClientRect().right > innerWidth).length") == 0


def test_the_workload_stays_in_sight_while_the_matrix_scrolls(tab: chromium.Page, file: Path) -> None:
    tab.open(file, PHONE)
    left = "document.querySelector('tbody th').getBoundingClientRect().left"
    before = tab.ask(left)
    tab.ask("document.querySelector('.scroll').scrollLeft = 400")
    assert tab.ask(left) == before
    assert tab.ask("document.querySelector('tbody td').getBoundingClientRect().left") < before


@pytest.mark.parametrize(("width", "runs"), [(PHONE, "down"), (DESK, "across")])
def test_the_chain_is_drawn_in_its_order(tab: chromium.Page, file: Path, width: int, runs: str) -> None:
    tab.open(file, width)
    steps = "[...document.querySelector('#c0 ol.chain').children]"
    places = [tuple(place) for place in tab.ask(f"{steps}.map(e => [e.offsetTop, e.offsetLeft])")]
    assert len(places) > 4
    if runs == "down":
        assert len({left for _, left in places}) == 1
        assert places == sorted(places)
    else:
        middles = tab.ask(f"{steps}.map(e => Math.round(e.offsetTop + e.offsetHeight / 2))")
        for (row, (_, left)), (next_row, (_, next_left)) in pairwise(zip(middles, places, strict=True)):
            assert next_row > row + 8 or next_left > left
        assert middles[-1] - middles[0] < 400


def test_a_cell_leads_to_its_chain_and_a_plugin_opens(tab: chromium.Page, file: Path) -> None:
    tab.open(file, PHONE)
    tab.ask("document.querySelector('td a').click()")
    assert tab.ask("document.querySelector(':target').className") == "variant"
    shown = "document.querySelector(':target dl').checkVisibility()"
    assert tab.ask(shown) is False
    tab.ask("document.querySelector(':target summary').click()")
    assert tab.ask(shown) is True
    assert "it runs on" in tab.ask("document.querySelector(':target dl').innerText")
    assert tab.ask("document.documentElement.scrollWidth") <= PHONE


def test_everything_to_press_is_large_enough_for_a_thumb(tab: chromium.Page, file: Path) -> None:
    tab.open(file, PHONE)
    assert min(tab.ask("[...document.querySelectorAll('summary')].map(e => e.offsetHeight)")) >= 44


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read(tab: chromium.Page, file: Path, dark: bool) -> None:
    tab.open(file, DESK, dark=dark)
    tab.ask("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert tab.ask(CONTRAST) == []
    ground = tab.ask("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 200) is dark


def test_nothing_is_fetched_and_nothing_complains(tab: chromium.Page, file: Path) -> None:
    tab.open(file, DESK)
    assert tab.requests == [file.as_uri()]
    assert tab.complaints == []


def test_a_screen_reader_finds_the_matrix_and_the_chains(tab: chromium.Page, file: Path) -> None:
    tab.open(file, DESK)
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    found = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]}
    assert ("heading", "Filter chains: shop") in found
    assert ("table", "Clusters and workloads") in found
    assert ("columnheader", "cluster-0") in found
    assert ("rowheader", "edge · app=gateway") in found
    assert ("list", "HTTP filters, in order") in found
    assert not [name for role, name in found if role == "link" and not name]
