#!/usr/bin/env python3
"""Every rule that the engine gives as a reason shows up in what shipped scenarios and tables print, or stands in UNREACHABLE
below with the reason why no file can bring it out. Usage: rules_check.py MESHSIM ROOT"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ID = re.compile(r"\b(?:DP|PO|TM|HB|CO)-\d+[a-z]?\b")
# Texts that are no reasons of a verdict: `meshsim profiles` describes switches, and what validation says are findings of
# the linter, each of which has its own pair of cases in tests/scenarios/lint/cases.
NO_REASONS = ("models/mesh/profile.cpp", "models/mesh/profile.h", "models/policy/validation/")

MARK = "a mark within a decision that no report prints: "
UNREACHABLE = {  # no line of `meshsim explain`
    "DP-204": "of addresses outside the mesh, which are no destination of a verdict; the window shows it",
    "DP-256": "the text of the finding MSH0240, which has its own cases",
    "DP-258": "the text of the finding MSH0242, which has its own cases",
    "PO-001": MARK + "the policy is not attached; tests/models/policy/attachment_test.cpp",
    "PO-002": MARK + "as PO-001",
    "PO-005": MARK + "a gateway is no destination of a verdict: pf-11 has the policy that stops at one",
    "PO-010": MARK + "as PO-001",
    "PO-036": "what makes a rule undecidable, an EnvoyFilter apart, is refused by the reader first; envoy_test.cpp",
    "PO-065": MARK + "the CONNECT is answered 401; the 503 that a client reads of it: pf-48",
    "PO-068": MARK + "no policy is evaluated; rules/capture has the kubelet's probe",
    "PO-069h": "a status of a policy that concerns no flow; tests/models/policy/status_test.cpp",
    "PO-089": MARK + "as PO-005; rules/routes has a gateway under STRICT",
    "PO-096": MARK + "the name of the converted policy: bookinfo/mixed expects it as ztunnelPolicy",
}


def emitted(root):
    out = {}
    for path in sorted((root / "models").rglob("*.cpp")) + sorted((root / "models").rglob("*.h")):
        name = path.relative_to(root).as_posix()
        if name.startswith(NO_REASONS):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = line.split("//")[0]
            for literal in re.findall(r'"(?:[^"\\]|\\.)*"', code):
                for rule in ID.findall(literal):
                    out.setdefault(rule, f"{name}:{number}")
    return out


def shown(meshsim, path):
    if path.name.endswith(".meshtest.yaml"):
        return set()
    run = subprocess.run([meshsim, "explain", str(path), "--color", "never"], capture_output=True, text=True, check=False)
    # Names of flows cite rules, too: they stand in the first column and do not count.
    return {rule for line in run.stdout.splitlines() if line.startswith(" ") for rule in ID.findall(line)}


def main(meshsim, root):
    root = pathlib.Path(root)
    files = sorted((root / "scenarios/cases").rglob("scenario.yaml")) + sorted((root / "tests/tables").rglob("*.yaml"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        seen = set().union(*pool.map(lambda path: shown(meshsim, path), files))
    rules = emitted(root)
    missing = {rule: at for rule, at in rules.items() if rule not in seen and rule not in UNREACHABLE}
    stale = [rule for rule in UNREACHABLE if rule in seen or rule not in rules]
    for rule, at in sorted(missing.items()):
        print(f"{rule} ({at}) is in the result of no shipped scenario")
    for rule in stale:
        print(f"{rule} stands in UNREACHABLE, but {'a scenario shows it' if rule in seen else 'no reason cites it'}")
    print(f"{len(rules)} rules given as reasons, {len(rules.keys() & seen)} shown by {len(files)} files, "
          f"{len(UNREACHABLE)} that no file can bring out")
    return 1 if missing or stale or not files else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
