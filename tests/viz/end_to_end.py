#!/usr/bin/env python3
"""The window as a person uses it, on a virtual display: end_to_end.py MESHSIM_GUI MESHSIM.

Opens a scenario, sets a namespace to ambient by the command palette, saves, exports the flow table, quits with 0. Then
the command line reads what was saved: its verdicts are those of the window, and the bypass is there that was not there
before. Exit 77 (skipped) without Xvfb and xdotool.
"""
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

SCENARIO = """apiVersion: meshsim/v1
kind: Scenario
metadata: { name: shop }
labels:
  - { object: namespace/shop, set: { istio-injection: enabled } }
  - { object: namespace/clients, set: { istio-injection: enabled } }
  - { object: shop/service/api, set: { istio.io/use-waypoint: waypoint } }
workloads:
  - { name: api, namespace: shop, serviceAccount: api, ports: [{ port: 80, targetPort: 8080, name: http }] }
  - { name: web, namespace: clients, serviceAccount: web }
gateways:
  - { name: waypoint, namespace: shop, kind: waypoint, for: service }
policies:
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: { name: read-only, namespace: shop }
    spec:
      targetRefs: [{ group: "", kind: Service, name: api }]
      action: ALLOW
      rules: [{ to: [{ operation: { methods: [GET] } }] }]
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: { name: by-sidecar, namespace: shop }
    spec:
      selector: { matchLabels: { app: api } }
      action: DENY
      rules: [{ to: [{ operation: { methods: [DELETE] } }] }]
flows:
  - { name: web deletes, from: { workload: clients/web }, to: { host: api.shop.svc.cluster.local, port: 80 }, protocol: http, request: { method: DELETE } }
  - { name: web reads, from: { workload: clients/web }, to: { host: api.shop.svc.cluster.local, port: 80 }, protocol: http }
"""
PATIENCE = 60


class Display:
    def __init__(self, folder):
        self.process = subprocess.Popen(["Xvfb", "-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        number = self.process.stdout.readline().strip().decode()
        run_time = folder / "run"
        run_time.mkdir(mode=0o700)
        leaks = pathlib.Path(run_time) / "lsan.supp"  # libdbus keeps its connection for the life of a program
        leaks.write_text("leak:libdbus-1\n")
        self.environment = dict(os.environ, DISPLAY=f":{number}", QT_QPA_PLATFORM="xcb", XDG_RUNTIME_DIR=str(run_time),
                                LSAN_OPTIONS=f"suppressions={leaks}",
                                XDG_CONFIG_HOME=str(folder / "config"), HOME=str(folder), LC_ALL="C.UTF-8")

    def xdotool(self, *arguments):
        return subprocess.run(["xdotool", *arguments], env=self.environment, capture_output=True, text=True,
                              timeout=PATIENCE, check=False).stdout.split()

    def window(self, name):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = self.xdotool("search", "--onlyvisible", "--name", name)
            if found:
                self.xdotool("windowfocus", "--sync", found[-1])  # no window manager gives focus
                time.sleep(0.3)
                return found[-1]
            time.sleep(0.2)
        raise AssertionError(f"no window {name!r} appeared")

    def gone(self, name):
        until = time.monotonic() + PATIENCE
        while self.xdotool("search", "--onlyvisible", "--name", name):
            if time.monotonic() > until:
                raise AssertionError(f"the window {name!r} did not close")
            time.sleep(0.2)

    def key(self, *keys):
        self.xdotool("key", "--clearmodifiers", *keys)

    def type(self, text):
        self.xdotool("type", "--delay", "15", text)


def wait_for(path):
    until = time.monotonic() + PATIENCE
    while not path.exists():
        if time.monotonic() > until:
            raise AssertionError(f"{path.name} was not written")
        time.sleep(0.2)


def verdicts(meshsim, path):
    done = subprocess.run([meshsim, "run", str(path), "-o", "json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {flow["name"]: flow["outcomes"] for flow in json.loads(done.stdout)["flows"]}


def statuses(outcomes):
    return {p["policy"]: p["status"] for flow in outcomes.values() for outcome in flow for p in outcome["policies"]}


def use_the_window(display, gui, scenario, saved, exported):
    window = subprocess.Popen([gui, str(scenario)], env=display.environment)
    try:
        display.window("^shop.yaml.*meshsim")
        time.sleep(1)
        display.key("ctrl+k")
        display.window("^Commands$")
        display.type("namespace/shop to ambient")
        display.key("Return")
        display.gone("^Commands$")
        display.window("shop.yaml.*meshsim")
        time.sleep(1)
        display.key("ctrl+shift+s")
        display.window("^Save scenario$")
        display.key("ctrl+a")
        display.type(str(saved))
        display.key("Return")
        wait_for(saved)
        display.gone("^Save scenario$")
        display.window("saved.yaml.*meshsim")
        display.key("ctrl+e")
        display.window("^Export view$")
        display.key("ctrl+a")
        display.type(str(exported))
        display.key("Return")
        wait_for(exported)
        display.gone("^Export view$")
        display.window("saved.yaml.*meshsim")
        display.key("ctrl+q")
        return window.wait(timeout=PATIENCE)
    finally:
        if window.poll() is None:
            window.kill()
            window.wait()


def main(gui, meshsim):
    if not shutil.which("Xvfb") or not shutil.which("xdotool"):
        print("skipped: Xvfb or xdotool is not installed")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        scenario, saved, exported = folder / "shop.yaml", folder / "saved.yaml", folder / "flows.csv"
        scenario.write_text(SCENARIO)
        before = verdicts(meshsim, scenario)
        display = Display(folder)
        try:
            code = use_the_window(display, gui, scenario, saved, exported)
        finally:
            display.process.terminate()
            display.process.wait()
        assert code == 0, f"the window ended with {code}"
        after = verdicts(meshsim, saved)
        shown = {row["Flow"]: row["Verdict"] for row in csv.DictReader(exported.open())}
        assert set(shown) == set(after), (shown, after)
        for flow, outcomes in after.items():
            assert shown[flow].startswith(outcomes[0]["verdict"]), (flow, shown[flow], outcomes[0]["verdict"])
        # PO-031 before: the sidecar of api refuses. DP-052 after: the sidecar of web passes the waypoint by, and nobody does.
        assert before["web deletes"][0]["verdict"] == "denied", before
        assert after["web deletes"][0]["verdict"] == "allowed", after
        assert statuses(after)["AuthorizationPolicy shop/read-only"] == "bypassed", statuses(after)
        assert shown["web deletes"].startswith("allowed, bypassed"), shown
    print("the window and the command line agree")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
