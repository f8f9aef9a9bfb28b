#!/usr/bin/env python3
"""The JSON Schema of scenario files and our decoder must come to the same verdict.

    scenario_schema_test.py PROGRAM SOURCE_DIR

Reads scenario_cases.json beside this file (name, valid, scenario) and every scenario shipped under scenarios/cases.
Exit 77 (skipped) without python3-jsonschema.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)


def main():
    program, source = sys.argv[1], sys.argv[2]
    schema = json.loads(subprocess.run([program, "--schema"], capture_output=True, check=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker(["ipv4", "ipv6"]))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "scenario_cases.json")) as f:
        cases = json.load(f)
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for i, case in enumerate(cases):
            files.append(os.path.join(folder, "%03d.json" % i))
            with open(files[-1], "w") as f:
                json.dump(case["scenario"], f)
        for path in sorted(glob.glob(os.path.join(source, "scenarios", "cases", "**", "*.json"), recursive=True)):
            with open(path) as f:
                scenario = json.load(f)
            if isinstance(scenario, dict) and scenario.get("kind") == "Scenario":
                cases.append({"name": os.path.relpath(path, source), "valid": True, "scenario": scenario})
                files.append(path)
        answers = subprocess.run([program] + files, capture_output=True, text=True, check=True).stdout.splitlines()
    failed = 0
    for case, answer in zip(cases, answers):
        ours, _, why = answer.partition("\t")
        errors = [e.message for e in validator.iter_errors(case["scenario"])]
        wanted = "good" if case["valid"] else "bad"
        theirs = "bad" if errors else "good"
        if ours != wanted or theirs != wanted:
            failed += 1
            print("%s: wanted %s, decoder %s (%s), schema %s (%s)" % (case["name"], wanted, ours, why, theirs, "; ".join(errors)[:200]))
    print("%d scenarios, %d with different verdicts" % (len(cases), failed))
    return 1 if failed or len(answers) != len(cases) else 0


sys.exit(main())
