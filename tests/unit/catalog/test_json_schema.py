import json
from pathlib import Path

import jsonschema
import yaml

from grader.catalog.json_schema import FILE, schema_text

LABS = Path(__file__).resolve().parents[3] / "labs"


def test_the_committed_schema_is_current() -> None:
    """Refresh it with: python -m grader.catalog.json_schema"""
    assert FILE.read_text(encoding="utf-8") == schema_text()


def test_our_labs_fit_the_schema_that_editors_use() -> None:
    schema = json.loads(schema_text())
    for file in LABS.glob("*/lab.yaml"):
        jsonschema.validate(yaml.safe_load(file.read_text(encoding="utf-8")), schema)
