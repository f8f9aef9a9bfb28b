#!/usr/bin/env python3
"""Reports against the schemas of their readers: schema_test.py MESHSIM ROOT.

SARIF 2.1.0 by OASIS' schema, JUnit by the XSD of Jenkins' xUnit plugin (the common one), over every case of the linter,
the scenarios, and input that cannot be read.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema

meshsim, root = sys.argv[1], pathlib.Path(sys.argv[2])
here = root / "tests/scenarios/lint"
schemas = here / "schemas"
sarif = jsonschema.Draft4Validator(json.loads((schemas / "sarif-schema-2.1.0.json").read_text()))
failures, validated = [], 0


def run(arguments):
    done = subprocess.run([meshsim, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode not in (0, 1, 65, 79):
        failures.append(f"{arguments}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def check_junit(texts):
    global validated
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for number, (what, text) in enumerate(texts):
            path = pathlib.Path(folder) / f"{number}.xml"
            path.write_text(text)
            names.append(str(path))
        done = subprocess.run(["xmllint", "--noout", "--schema", str(schemas / "junit-10.xsd"), *names],
                              capture_output=True, text=True)
        validated += len(names)
        if done.returncode != 0:
            failures.append(done.stderr)


scenarios = sorted((root / "scenarios/cases").rglob("scenario.yaml"))
broken = sorted((root / "tests/scenarios/read/broken").iterdir())[:12]
junit = []
for path in [*scenarios[::3], *broken]:
    document = json.loads(run(["lint", path, "-o", "sarif", "--show-flow"]))
    for error in sarif.iter_errors(document):
        failures.append(f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    validated += 1
    junit.append((path, run(["lint", path, "-o", "junit"])))
    junit.append((path, run(["test", path, "-o", "junit"])))
junit.append(("failing", run(["test", root / "tests/scenarios/cli/files/shop-wrong.yaml", "-o", "junit"])))
check_junit(junit)

# A validator that accepts anything would prove nothing.
if sarif.is_valid({"version": "2.1.0", "runs": [{"results": []}]}):
    failures.append("the SARIF schema accepts a run without a tool")

print("\n".join(failures) if failures else f"{validated} documents are valid")
sys.exit(1 if failures else 0)
