#!/usr/bin/env python3
"""The 236 expressions of Istio's Grafana dashboards (istio/istio samples/addons/grafana.yaml at 86c9f01, Apache-2.0; as
dashboard, panel, expression in files/istio-dashboards.json) asked of a real Prometheus over exported blocks.

dashboards.py MESHSIM SOURCE_DIR          compares with docs/dashboards.md, as a test
dashboards.py MESHSIM SOURCE_DIR --write  writes that report
"""
import collections
import json
import math
import pathlib
import re
import sys
import tempfile

import consumers

SCENARIOS = ["tests/scenarios/export/files/mixed.yaml", "scenarios/cases/bookinfo/mixed/scenario.yaml",
             "scenarios/cases/online-boutique/split/scenario.yaml", "scenarios/cases/train-ticket/mixed/scenario.yaml",
             "tests/scenarios/export/files/busy.yaml"]
AT = consumers.START + 15  # the second sample: every flow has happened, and irate() has two samples

# Why an expression cannot return data here, by what it asks for. The first that matches counts.
REASONS = [
    (r'app="istiod"|istiod-|component="pilot"|\b(pilot_|galley_|sidecar_injection_)',
     "istiod and its container; the control plane is not simulated"),
    (r"\bcontainer_fs_", "disk: proxies of a simulation have none"),
    (r"\bprocess_open_fds", "ztunnel's descriptors: beside its sockets (istio_tcp_sockets_open) nobody knows them"),
    (r"\benvoy_(wasm|cluster)", "Envoy's own statistics, not Istio's standard metrics"),
    (r"\b(istio_dns_|istio_xds_)", "ztunnel's DNS proxy and its connection to istiod (unstable, TM-001); neither is simulated"),
    (r'reporter="source", connection_security_policy="mutual_tls"|connection_security_policy="mutual_tls", reporter="source"',
     "a sidecar reports `unknown` as source (TM-012); only ztunnels, which have no request metrics, say mutual_tls there"),
]


def values(server, label):
    result = server.query(f"group by ({label}) ({{__name__=~\"istio_.+\",{label}!=\"\"}})", AT)
    return sorted(row["metric"][label] for row in result if label in row["metric"])


def substituted(expression, service):
    fixed = {"__rate_interval": "1m", "qrep": "source|destination", "service": service}
    return re.sub(r"\$\{?(\w+)\}?", lambda m: fixed.get(m.group(1), ".*"), expression)


def has_data(rows):
    return any(not math.isnan(float(row["value"][1])) for row in rows)


def measure(meshsim, source):
    expressions = [tuple(row) for row in json.loads((source / "tests/scenarios/export/files/istio-dashboards.json").read_text())]
    returned = collections.defaultdict(set)
    for number, scenario in enumerate(SCENARIOS):
        with tempfile.TemporaryDirectory(prefix="meshsim-dashboards-") as folder:
            folder = consumers.export(meshsim, source / scenario, "metrics", pathlib.Path(folder) / "out")
            with consumers.Prometheus(consumers.make_blocks(folder)) as server:
                services = [name for name in values(server, "destination_service") if name != "unknown"]
                for index, (_, _, expression) in enumerate(expressions):
                    for service in services if "$service" in expression else [""]:
                        if has_data(server.query(substituted(expression, service), AT)):
                            returned[index].add(number)
                            break
    return expressions, returned


def report(expressions, returned):
    names = [json_name(scenario) for scenario in SCENARIOS]
    lines = ["# Istio's dashboards over exported metrics", "",
             "Every expression of the Grafana dashboards in istio/istio `samples/addons`, asked of Prometheus 2.42 over the blocks that",
             "`meshsim run --export metrics` gives of five scenarios, 15 s after the start. Written by `tests/scenarios/export/dashboards.py`;",
             "the test `export.dashboards` compares.", ""]
    lines += ["| dashboard | expressions | " + " | ".join(names) + " | none |", "|---|---|" + "---|" * (len(names) + 1)]
    dashboards = list(dict.fromkeys(row[0] for row in expressions))
    for dashboard in dashboards:
        mine = [i for i, row in enumerate(expressions) if row[0] == dashboard]
        counts = [sum(1 for i in mine if n in returned[i]) for n in range(len(names))]
        none = sum(1 for i in mine if not returned[i])
        lines.append(f"| {dashboard} | {len(mine)} | " + " | ".join(map(str, counts)) + f" | {none} |")
    total = sum(1 for i in range(len(expressions)) if returned[i])
    lines += ["", f"{total} of {len(expressions)} return data for at least one scenario. Why the others cannot:", "",
              "| reason | expressions | panels |", "|---|---|---|"]
    reasons = collections.defaultdict(list)
    for index, (dashboard, panel, expression) in enumerate(expressions):
        if returned[index]:
            continue
        reason = next((text for pattern, text in REASONS if re.search(pattern, expression)), "not explained: " + expression)
        reasons[reason].append(panel)
    for reason, panels in reasons.items():
        lines.append(f"| {reason} | {len(panels)} | {', '.join(dict.fromkeys(panels))} |")
    lines += ["", "## Expressions that some scenario leaves empty", "",
              "| dashboard | panel | returns data for | expression begins |", "|---|---|---|---|"]
    for index, (dashboard, panel, expression) in enumerate(expressions):
        if returned[index] and len(returned[index]) < len(names):
            begins = expression[:100].replace("|", "\\|")
            lines.append(f"| {dashboard} | {panel} | {', '.join(names[n] for n in sorted(returned[index]))} | `{begins}` |")
    return "\n".join(lines) + "\n"


def json_name(scenario):
    path = pathlib.Path(scenario)
    return path.stem if path.stem != "scenario" else "/".join(path.parts[-3:-1])


def main():
    meshsim, source = sys.argv[1], pathlib.Path(sys.argv[2])
    text = report(*measure(meshsim, source))
    target = source / "docs/dashboards.md"
    if "--write" in sys.argv:
        target.write_text(text)
    if "not explained" in text:
        sys.exit("expressions without data and without a reason:\n" + "\n".join(l for l in text.splitlines() if "not explained" in l))
    if not target.exists() or target.read_text() != text:
        sys.exit("docs/dashboards.md is not what the blocks say; dashboards.py --write writes it")
    for problem in consumers.problems:
        print(problem)
    sys.exit(1 if consumers.problems else 0)


if __name__ == "__main__":
    main()
