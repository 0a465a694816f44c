"""docs/components.md is made from the schema that is served."""

from __future__ import annotations

import json
from pathlib import Path

from support.golden import ROOT, check_file
from support.reference import reference


def test_golden_reference_of_components() -> None:
    schema = json.loads((Path(__file__).parent / "schema.json").read_text())
    check_file(ROOT / "docs" / "components.md", reference(schema))
