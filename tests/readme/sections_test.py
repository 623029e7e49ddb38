#!/usr/bin/python3
"""Whether the table of sections in docs/experiments.md has the sections, keys and defaults that the program has."""

import json
import os
import re
import subprocess
import tomllib
import unittest
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "experiments.md"
COMPONENTS = ("dataset", "model", "loss", "optimizer", "metric")  # their sections hold `use`, and a component's settings


def sections_of_the_program():
    """The keys of each section that is the program's own, with the schema of each."""
    schema = json.loads(subprocess.run([os.environ["ATELIER"], "schema"], capture_output=True, check=True).stdout)
    top = schema["properties"]
    found = {"": {name: key for name, key in top.items() if "type" in key and key["type"] not in ("object",)}}
    shapes = next(option["then"]["properties"] for option in top["dataset"]["allOf"]
                  if option["if"]["properties"]["use"]["const"] == "shapes")
    found["dataset"] = {name: shapes[name] for name in ("range", "validation")}
    found["dataset.transform"] = shapes["transform"]["properties"]
    metric = top["metric"]["additionalProperties"]["allOf"][0]["then"]["properties"]
    found["metric.NAME"] = {"when": metric["when"]}
    for name, section in top.items():
        if name in COMPONENTS or section.get("type") != "object":
            continue
        keys = dict(section["properties"])
        for key, value in section["properties"].items():
            if value.get("type") == "object":
                found[f"{name}.{key}"] = value["properties"]
                del keys[key]
        found[name] = keys
    return found


def sections_of_the_document():
    """The keys of each row of the table, with the defaults that it names."""
    found = {}
    rows = re.findall(r"^\| (`\[[^|]+\]`|top) \|([^|]*)\|([^|]*)\|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    for name, keys, text in rows:
        section = "" if name == "top" else name.strip("`[]")
        found[section] = {}
        for written in re.findall(r"`([^`]+)`", keys + (text if section == "schedule" else "")):
            key, _, value = written.partition(" = ")
            found[section][key] = tomllib.loads(f"value = {value}")["value"] if value else None
    return found


class Sections(unittest.TestCase):
    def test_keys_and_defaults(self):
        program, document = sections_of_the_program(), sections_of_the_document()
        for section, keys in program.items():
            with self.subTest(section=section):
                named = {key: value for key, value in document[section].items() if key != "use" or "use" in keys}
                choices = keys.get("use", {}).get("enum", [])
                self.assertEqual(set(named) - set(choices), set(keys))
                for key, value in named.items():
                    if value is not None:
                        self.assertEqual(value, keys[key].get("default"), key)
        self.assertEqual(set(document) - set(program),
                         {"dataset.source", "dataset.sources.NAME", "model", "loss.ROLE", "optimizer", "optimizer.GROUP"})


if __name__ == "__main__":
    unittest.main()
