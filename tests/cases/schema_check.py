#!/usr/bin/env python3
"""schema_check.py SCHEMA FOLDER...: every scenario file under the folders fits the JSON Schema that `meshsim schema` prints."""
import json
import pathlib
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """As kubectl has it: no timestamps."""


Loader.yaml_implicit_resolvers = {k: [r for r in v if r[0] != "tag:yaml.org,2002:timestamp"]
                                  for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def as_json(value):
    """Mapping keys as JSON has them: portLevelMtls has numbers."""
    if isinstance(value, dict):
        return {str(k): as_json(v) for k, v in value.items()}
    return [as_json(v) for v in value] if isinstance(value, list) else value


def main(schema, *folders):
    validator = jsonschema.Draft7Validator(json.loads(pathlib.Path(schema).read_text()))
    files = bad = 0
    for path in sorted(p for f in folders for p in pathlib.Path(f).rglob("*.yaml")):
        text = path.read_text()
        if "\nkind: Scenario\n" not in text:
            continue
        files += 1
        for error in validator.iter_errors(as_json(yaml.load(text, Loader))):
            bad += 1
            print(f"{path}: {'/'.join(str(p) for p in error.absolute_path)}: {error.message[:200]}")
    print(f"{files} scenarios, {bad} findings")
    return 1 if bad or not files else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
