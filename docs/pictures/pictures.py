#!/usr/bin/env python3
"""Pictures of the window.

    pictures.py MESHSIM-GUI                     the pictures of the documentation, into this folder
    pictures.py MESHSIM-GUI --review FOLDER     every view, light and dark, at 1x and 2x, at 1280x800 and 2560x1440:
                                                what to look at after the looks of the window were changed
                            [--only WORD] [--theme light] [--scale 1] [--size 1280x800]

Needs no display. All pictures are made by `meshsim-gui --screenshot`.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE.parent.parent / "scenarios" / "cases"
BOOKINFO = CASES / "bookinfo/mixed/scenario.yaml"
BYPASS = CASES / "openshift/waypoint-bypass/scenario.yaml"
TELEMETRY = CASES / "openshift/telemetry/scenario.yaml"
BOUTIQUE = CASES / "online-boutique/split/scenario.yaml"
TRAIN = CASES / "train-ticket/mixed/scenario.yaml"
GUIDE = CASES / "migration/openshift-guide/scenario.yaml"
TIMEOUTS = CASES / "resilience/timeouts-and-retries/scenario.yaml"
FLIP = ["--edit", "default/deployment/productpage-v1=ambient"]
MOST_BYTES = 300_000

DOCUMENTATION = {
    "window-light": [BOOKINFO, "--theme", "light", "--size", "1280x800", "--select",
                     "flow:productpage deletes a review: read-only it is not (PO-150)"],
    "changes-dark": [BOOKINFO, "--theme", "dark", "--size", "1280x800", "--whole", "--view", "changes", *FLIP],
    "telemetry": [TELEMETRY, "--theme", "light", "--size", "1100x300", "--view", "chart-telemetry"],
    "over-time": [GUIDE, "--theme", "light", "--size", "1280x800", "--whole", "--view", "chart-over-time", "--at", "45"],
    "timeline": [GUIDE, "--theme", "light", "--size", "1100x420", "--view", "timeline", "--at", "45"],
}


def thousand():
    """Forty namespaces of twenty-five workloads, in a chain of calls."""
    out = ["apiVersion: meshsim/v1", "kind: Scenario", "metadata: { name: thousand }", "labels:"]
    out += [f"  - {{ object: namespace/ns-{n}, set: {{ istio.io/use-waypoint: waypoint }} }}" for n in range(0, 40, 5)]
    out.append("workloads:")
    out += [f"  - {{ name: w-{i}, namespace: ns-{i // 25}, mode: {'sidecar' if i // 25 % 3 == 0 else 'ambient'}, "
            "ports: [{ port: 80, targetPort: 8080, name: http }] }" for i in range(1000)]
    out.append("gateways:")
    out += [f"  - {{ name: waypoint, namespace: ns-{n}, kind: waypoint, for: service }}" for n in range(0, 40, 5)]
    out.append("flows:")
    out += [f"  - {{ name: w-{i} calls w-{j}, from: {{ workload: ns-{i // 25}/w-{i} }}, "
            f"to: {{ host: w-{j}.ns-{j // 25}.svc.cluster.local, port: 80 }}, protocol: http }}"
            for i in range(1000) for j in ((i + 25) % 1000, (i * 7 + 3) % 1000)]
    return "\n".join(out) + "\n"


def review(folder):
    """name -> (arguments, text that the file gets once it is open)"""
    (folder / "thousand.yaml").write_text(thousand())
    (folder / "broken.yaml").write_text("apiVersion: meshsim/v1\nkind: Scenario\nmetadata: { name: broken }\nworkloads: [ {\n")
    (folder / "empty.yaml").write_text("apiVersion: meshsim/v1\nkind: Scenario\nmetadata: { name: empty }\n")
    shutil.copytree(BOOKINFO.parent, folder / "stale")
    out = {}
    add = lambda name, *args, then=None: out.__setitem__(name, ([str(a) for a in args], then))
    add("start", "--view", "start")
    add("start-whole", "--view", "start", "--whole")
    add("bookinfo", BOOKINFO)
    add("bookinfo-flow", BOOKINFO, "--select", "flow:productpage deletes a review: read-only it is not (PO-150)")
    add("bypass", BYPASS)
    add("boutique", BOUTIQUE)
    add("train", TRAIN)
    add("train-find", TRAIN, "--find", "bypassed")
    add("thousand", folder / "thousand.yaml")
    add("thousand-graph", folder / "thousand.yaml", "--view", "graph")
    add("broken", folder / "broken.yaml")
    add("empty", folder / "empty.yaml")
    add("stale", folder / "stale/scenario.yaml", "--view", "stale", then="workloads: [ {\n")
    add("guide-simulated", GUIDE, "--simulate", "--at", "45")
    for view in ("graph", "explorer", "ask", "inspector", "flows", "policies", "findings", "source", "log"):
        add(view, BOUTIQUE, "--view", view)
    for view in ("explorer", "ask", "policies", "findings", "source", "log"):
        add(f"{view}-whole", BOUTIQUE, "--view", view, "--whole")
    add("inspector-policy", BOOKINFO, "--view", "inspector", "--select", "policy:AuthorizationPolicy default/reviews-read-only")
    add("inspector-node", BOOKINFO, "--view", "inspector", "--select", "node:workload/default/reviews-v1")
    add("changes", BOOKINFO, *FLIP, "--view", "changes")
    add("changes-whole", BOOKINFO, *FLIP, "--view", "changes", "--whole")
    add("timeline", GUIDE, "--view", "timeline", "--at", "45")
    add("timeline-whole", GUIDE, "--view", "timeline", "--at", "45", "--whole")
    for chart in ("points", "paths", "telemetry"):
        for name, scenario in (("boutique", BOUTIQUE), ("train", TRAIN)):
            add(f"chart-{chart}-{name}", scenario, "--view", f"chart-{chart}")
        add(f"chart-{chart}-whole", BOUTIQUE, "--view", f"chart-{chart}", "--whole")
    for chart in ("verdicts", "transitions"):
        add(f"chart-{chart}", BOOKINFO, *FLIP, "--view", f"chart-{chart}")
        add(f"chart-{chart}-whole", BOOKINFO, *FLIP, "--view", f"chart-{chart}", "--whole")
    for chart in ("latency", "over-time", "parts", "hops", "reporters", "utilisation"):
        add(f"chart-{chart}-guide", GUIDE, "--view", f"chart-{chart}", "--at", "45")
        add(f"chart-{chart}-whole", GUIDE, "--view", f"chart-{chart}", "--at", "45", "--whole")
        add(f"chart-{chart}-timeouts", TIMEOUTS, "--view", f"chart-{chart}", "--at", "5")
    add("chart-not-simulated", BOUTIQUE, "--view", "charts", "--whole")
    add("chart-points-table", BOUTIQUE, "--view", "chart-points", "--table")
    for name in ("policy", "new-policy", "labels", "until", "commands", "shortcuts", "about", "unsaved"):
        add(f"dialog-{name}", GUIDE, "--view", f"dialog-{name}")
    for name in ("menu-object", "menu-file", "menu-edit", "menu-go", "menu-run", "menu-view", "menu-help"):
        add(name, BOOKINFO, "--view", name)
    return out


def take(gui, args, target, scale=1, then=None):
    env = dict(os.environ, QT_QPA_PLATFORM="offscreen", QT_SCALE_FACTOR=str(scale), LC_ALL="C.UTF-8", LANGUAGE="en")
    with tempfile.TemporaryDirectory() as home:  # nobody's recent files and layout
        env.update(XDG_CONFIG_HOME=home, XDG_RUNTIME_DIR=home)
        process = subprocess.Popen([gui, *map(str, args), "--screenshot", str(target)], env=env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if then is not None:
            process.stdout.readline()
            pathlib.Path(args[0]).write_text(then)
        _, errors = process.communicate(timeout=900)
    if process.returncode != 0:
        sys.exit(f"{target.name}: {errors}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gui")
    parser.add_argument("--review", type=pathlib.Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--theme", action="append")
    parser.add_argument("--scale", action="append", type=int)
    parser.add_argument("--size", action="append")
    options = parser.parse_args()
    os.chdir(CASES.parent.parent)  # files are named as seen from here
    if options.review is None:
        for name, args in DOCUMENTATION.items():
            if options.only in name:
                target = HERE / f"{name}.png"
                relative = [args[0].relative_to(CASES.parent.parent), *args[1:]]
                take(options.gui, relative, target)
                if target.stat().st_size > MOST_BYTES:
                    sys.exit(f"{target.name} has {target.stat().st_size} bytes, more than {MOST_BYTES}")
        return
    options.review.mkdir(parents=True, exist_ok=True)
    for theme in options.theme or ("light", "dark"):
        for scale in options.scale or (1, 2):
            for size in options.size or ("1280x800", "2560x1440"):
                folder = options.review / f"{theme}-{scale}x-{size}"
                folder.mkdir(exist_ok=True)
                with tempfile.TemporaryDirectory() as made:
                    for name, (args, then) in review(pathlib.Path(made)).items():
                        if options.only in name:
                            take(options.gui, args + ["--theme", theme, "--size", size], folder / f"{name}.png", scale, then)


if __name__ == "__main__":
    main()
