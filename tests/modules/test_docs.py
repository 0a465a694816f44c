"""What docs/modules.md says can be done."""

from __future__ import annotations

import json
import re
from pathlib import Path

from click.testing import CliRunner

from mesh_wasm.cli import main
from mesh_wasm.modules.lockfile import parse_lock

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "modules.md").read_text()


def test_the_pattern_for_renovate_finds_every_image_of_a_lock() -> None:
    (config,) = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    (pattern,) = config["customManagers"][0]["matchStrings"]
    text = (ROOT / "examples" / "locked" / "mesh-wasm.lock").read_text()
    found = {
        f"oci://{one['depName']}:{one['currentValue']}": one["currentDigest"]
        for one in re.finditer(pattern.replace("(?<", "(?P<"), text)
    }
    assert found == {url: entry.digest for url, entry in parse_lock(text).modules.items()}
    assert len(found) == 4


def test_every_option_of_the_page_exists() -> None:
    told = CliRunner().invoke(main, ["lock", "--help"]).output
    options = set(re.findall(r"`(?:…|mesh-wasm lock \S+) ?(--[a-z-]+)", PAGE))
    assert {"--update", "--check", "--prune", "--use-pull-secrets"} <= options
    assert {option for option in options if option not in told} == set()
