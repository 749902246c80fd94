"""Writes a YAML document as JSON, on one line:  yaml_to_json.py IN OUT"""
import json
import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as document, open(sys.argv[2], "w", encoding="utf-8") as out:
    json.dump(yaml.safe_load(document), out, ensure_ascii=False, separators=(",", ":"))
