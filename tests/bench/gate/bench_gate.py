#!/usr/bin/env python3
"""CPU time of meshsim as a gate, from process start to exit, least of five: bench_gate.py MESHSIM ROOT MEGABYTES [BENCH_READ].

test   500 assertions over Online Boutique                       goal 0.25 s
diff   two policy sets of Online Boutique with HTTP attributes   goal 0.10 s
lint   50 MB of manifests, beside reading them alone             goal: a small multiple of reading
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

meshsim, root = sys.argv[1], pathlib.Path(sys.argv[2])
megabytes = int(sys.argv[3]) if len(sys.argv) > 3 else 50
boutique = root / "scenarios/cases/online-boutique/split"


def cpu(arguments, rounds=5, codes=(0,)):
    best = None
    for _ in range(rounds):
        with open(os.devnull, "w") as nothing:
            child = subprocess.Popen([meshsim, *map(str, arguments)], stdout=nothing, stderr=nothing)
            _, status, usage = os.wait4(child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if code not in codes:
            sys.exit(f"meshsim {arguments}: exit {code}")
        seconds = usage.ru_utime + usage.ru_stime
        best = seconds if best is None else min(best, seconds)
    return best


POLICY = """apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: NAME, namespace: default}
spec:
  selector: {matchLabels: {app: APP}}
  rules:
    - from: [{source: {principals: ["cluster.local/ns/default/sa/CLIENT"]}}]
      to: [{operation: {methods: [METHODS], paths: ["/SERVICE/*"]}}]
---
"""
PAIRS = [("cartservice", "frontend"), ("checkoutservice", "frontend"), ("currencyservice", "frontend"),
         ("emailservice", "checkoutservice"), ("paymentservice", "checkoutservice"), ("shippingservice", "checkoutservice"),
         ("productcatalogservice", "recommendationservice"), ("recommendationservice", "frontend"), ("adservice", "frontend")]


def policies(methods):
    return "".join(POLICY.replace("NAME", f"{app}-from-{client}").replace("APP", app).replace("CLIENT", client)
                   .replace("METHODS", methods).replace("SERVICE", app) for app, client in PAIRS)


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    parts = [part for path in sorted(boutique.glob("boutique-*.yaml")) for part in path.read_text().split("\n---\n")]
    text = "\n---\n".join(re.sub(r"namespace: boutique-\w+", "namespace: default", part) for part in parts
                          if "kind: Namespace" not in part)
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {istio-injection: enabled}}\n---\n"

    mesh = folder / "mesh"
    mesh.mkdir()
    (mesh / "app.yaml").write_text(namespace + text)
    (mesh / "policies.yaml").write_text(policies("GET, POST"))
    written = subprocess.run([meshsim, "init", str(mesh)], capture_output=True, text=True, check=True, cwd=folder).stdout
    head, cases = written.split("cases:\n", 1)
    one = ["- name:" + part for part in cases.split("- name:")[1:]]
    many = [one[number % len(one)] for number in range(500)]
    tests = folder / "boutique.meshtest.yaml"
    tests.write_text(head + "cases:\n" + "".join(many))
    listed = subprocess.run([meshsim, "test", str(tests)], capture_output=True, text=True)
    print(f"test   {cpu(['test', tests]):.3f} s  ({listed.stdout.strip().splitlines()[-1]})")

    for side, methods in (("a", "GET, POST"), ("b", "GET")):
        (folder / side).mkdir()
        (folder / side / "app.yaml").write_text(namespace + text)
        (folder / side / "policies.yaml").write_text(policies(methods))
    asked = subprocess.run([meshsim, "diff", str(folder / "a"), str(folder / "b")], capture_output=True, text=True)
    print(f"diff   {cpu(['diff', folder / 'a', folder / 'b']):.3f} s  ({asked.stdout.strip().splitlines()[-1]})")

    big, size, number = folder / "big", 0, 0
    big.mkdir()
    while size < megabytes * 1_000_000:
        ns = f"team-{number}"
        document = namespace.replace("default", ns) + (text + "\n---\n" + policies("GET")).replace("namespace: default",
                                                                                            f"namespace: {ns}")
        (big / f"{ns}.yaml").write_text(document)
        size += len(document)
        number += 1
    resolved = cpu(["lint", big, "--only", "MSH0001", "--threshold", "never"])
    lint = cpu(["lint", big, "--threshold", "never"])
    print(f"lint   {lint:.2f} s of {size / 1e6:.0f} MB in {number} namespaces; without any rule {resolved:.2f} s")
    if len(sys.argv) > 4:
        read = float(subprocess.run([sys.argv[4], str(big)], capture_output=True, text=True, check=True).stdout)
        print(f"       reading alone {read:.2f} s: lint is {lint / read:.1f} times that")
