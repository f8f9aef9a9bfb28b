#!/usr/bin/env python3
"""What must never change a verdict: the order of objects and files, and policies that are for others. order.py MESHSIM

Random policies of every kind on every path P01..P29, asked of the program three times.
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import columns
import mesh_tables as m

ATTACHMENTS = [("a", {"selector": m.SRV}), ("a", {}), ("istio-system", {"selector": m.SRV}), ("a", {"targetRefs": columns.REFS}),
               ("a", {"targetRefs": columns.GATEWAY_REFS}), ("istio-ingress", {"targetRefs": m.gateways("gw")}),
               ("istio-system", {"targetRefs": [{"kind": "GatewayClass", "group": "gateway.networking.k8s.io", "name": "istio-waypoint"}]})]


def rule(dice):
    out = {}
    if dice.random() < 0.6:
        source = {}
        if dice.random() < 0.5:
            source["principals"] = dice.sample([m.CLIENT_PRINCIPAL, m.WAYPOINT_PRINCIPAL, "*", "*/sa/gw-istio"], 2)
        if dice.random() < 0.4 or not source:
            source[dice.choice(["namespaces", "notNamespaces"])] = [dice.choice(["a", "istio-ingress", "*"])]
        out["from"] = [{"source": source}]
    if dice.random() < 0.6:
        operation = dice.choice([{"methods": ["GET"]}, {"methods": ["POST"]}, {"ports": ["8080"]}, {"ports": ["80"]}, {"paths": ["/a*"]},
                                 {"methods": ["POST"], "ports": ["8080"]}])
        out["to"] = [{"operation": operation}]
    return out


def policies(dice):
    out = []
    for i in range(dice.randint(1, 5)):
        ns, attachment = dice.choice(ATTACHMENTS)
        action = dice.choice(["ALLOW", "ALLOW", "DENY", "DENY", "AUDIT"])
        out.append(m.authz(f"p{i}", {**attachment, "action": action, "rules": [rule(dice) for _ in range(dice.randint(1, 3))]}, ns))
    if dice.random() < 0.4:
        mode = dice.choice(["STRICT", "PERMISSIVE", "DISABLE"])
        out.append(m.security("PeerAuthentication", "peer", {"mtls": {"mode": mode}}, dice.choice(["a", "istio-system"])))
    if dice.random() < 0.4:
        out.append(m.security("RequestAuthentication", "tokens", {**dice.choice(ATTACHMENTS)[1], "jwtRules": [
            {"issuer": "https://issuer.example.test", "jwksUri": "https://issuer.example.test/keys"}]}))
    return out


def unrelated():
    deny = {"action": "DENY", "rules": [{}]}
    return [m.authz("elsewhere", deny, "z"), m.authz("others", {"selector": {"matchLabels": {"app": "nobody"}}, **deny}),
            m.authz("root-others", {"selector": {"matchLabels": {"app": "nobody"}}, **deny}, "istio-system"),
            m.authz("other-service", {"targetRefs": m.services("no-such-service"), **deny}),
            m.authz("other-gateway", {"targetRefs": m.gateways("no-such-gateway"), **deny}),
            m.authz("other-class", {"targetRefs": [{"kind": "GatewayClass", "group": "gateway.networking.k8s.io", "name": "mine"}], **deny}, "istio-system"),
            m.security("PeerAuthentication", "elsewhere", {"mtls": {"mode": "STRICT"}}, "z")]


def ask(binary, files, flows):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        names = []
        for i, objects in enumerate(files):
            names.append(f"file-{i}.json")
            (path / names[-1]).write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        (path / "scenario.json").write_text(json.dumps({"apiVersion": "meshsim/v1", "kind": "Scenario", "metadata": {"name": "order"},
                                                        "manifests": names, "flows": flows}))
        out = subprocess.run([binary, "run", str(path / "scenario.json"), "-o", "json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        if out.returncode != 0:
            sys.exit(f"exit {out.returncode}")
        answers = []
        for f in json.loads(out.stdout)["flows"]:
            for o in f["outcomes"]:
                statuses = [(p["policy"], p["status"], p["at"]) for p in o["policies"] if p["policy"].split("/")[-1][0] in "pt"]
                answers.append((f["name"], o["probability"], o["verdict"], o["httpStatus"], o["deniedBy"], o["path"], o["transport"], statuses))
        return answers


def main():
    binary = sys.argv[1]
    base = m.mesh_objects()
    rows = m.rows()
    verdicts = {}
    for seed in range(16):
        dice = random.Random(seed)
        flows = []
        for r in rows:
            request = {"method": dice.choice(["GET", "POST"]), "path": dice.choice(["/a/b", "/c"])}
            if dice.random() < 0.3:
                request["jwt"] = {"issuer": "https://issuer.example.test", "subject": "s", "valid": dice.random() < 0.7}
            flows.append({"name": r.title(), "from": r.source(), "to": r.target(), "protocol": "http", "request": request})
        some = policies(dice)
        first = ask(binary, [base, some], flows)
        mixed = base + some
        dice.shuffle(mixed)
        shuffled = ask(binary, [mixed[i::3] for i in range(3)], flows)
        crowded = ask(binary, [base, unrelated() + some], flows)
        for what, other in (("the order of objects and files", shuffled), ("unrelated policies", crowded)):
            for a, b in zip(first, other):
                if a != b:
                    print(f"seed {seed}: {what} changed\n  {a}\n  {b}\n  {json.dumps(some)}")
                    return 1
            if len(first) != len(other):
                sys.exit(f"seed {seed}: {what} changed the number of outcomes")
        for a in first:
            verdicts[a[2]] = verdicts.get(a[2], 0) + 1
    print(verdicts)
    return 0 if verdicts.get("allowed", 0) > 100 and verdicts.get("denied", 0) > 100 else 1


if __name__ == "__main__":
    sys.exit(main())
