#!/usr/bin/env python3
"""--watch, driven as a user drives it: a real process, files that an editor writes. watch_test.py MESHSIM"""
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading

TEST = """apiVersion: meshsim/v1
kind: Scenario
manifests: [../shared/policy.yaml]
workloads:
  - { name: api, namespace: shop, mode: sidecar, labels: { app: api }, ports: [{ port: 80, targetPort: 8080, name: http }] }
  - { name: web, namespace: clients, serviceAccount: web, mode: sidecar }
flows:
  - name: NAME
    from: { workload: clients/web }
    to: { host: api.shop.svc.cluster.local, port: 80 }
    protocol: http
    expect: { verdict: VERDICT }
"""
POLICY = """apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: p, namespace: shop }
spec: { action: ACTION, rules: [{}] }
"""
ALONE = TEST.replace("manifests: [../shared/policy.yaml]\n", "")


def replace(path, text):
    """As editors do: a new file takes the place of the old one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(path)


def main(meshsim):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tests, shared = folder / "tests", folder / "shared"
        tests.mkdir()
        shared.mkdir()
        (shared / "policy.yaml").write_text(POLICY.replace("ACTION", "ALLOW"))
        for n in ("a", "b"):
            (tests / f"{n}.yaml").write_text(TEST.replace("NAME", f"{n} reads").replace("VERDICT", "allowed"))
        (tests / "c.yaml").write_text(ALONE.replace("NAME", "c reads").replace("VERDICT", "allowed"))
        process = subprocess.Popen([meshsim, "test", "tests", "--watch"], cwd=folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in process.stdout], daemon=True).start()

        def await_line(part):
            seen = []
            while True:
                try:
                    seen.append(lines.get(timeout=60))
                except queue.Empty:
                    sys.exit(f"nothing says {part!r} any more: {seen}")
                if part in seen[-1]:
                    return "".join(seen)

        try:
            await_line("3 of 3 test files read")
            # A manifest outside the folder that is watched: the two files that use it, and only these.
            replace(shared / "policy.yaml", POLICY.replace("ACTION", "DENY"))
            said = await_line("2 of 3 test files read")
            assert "1 passed, 2 failed" in said, said
            # One test file.
            replace(tests / "b.yaml", TEST.replace("NAME", "b reads").replace("VERDICT", "denied"))
            said = await_line("1 of 3 test files read")
            assert "2 passed, 1 failed" in said, said
            # A new one in the folder.
            (tests / "d.yaml").write_text(ALONE.replace("NAME", "d reads").replace("VERDICT", "allowed"))
            said = await_line("1 of 4 test files read")
            assert "3 passed, 1 failed" in said, said
            # Broken input: the last good result stays, and it goes on when the file is mended.
            replace(tests / "b.yaml", "flows: [\napiVersion: meshsim/v1 # expect\n")
            said = await_line("above is the last good result")
            assert "3 passed, 1 failed" in said, said
            replace(shared / "policy.yaml", POLICY.replace("ACTION", "ALLOW"))
            replace(tests / "b.yaml", TEST.replace("NAME", "b reads").replace("VERDICT", "allowed"))
            said = await_line("4 passed")
        finally:
            process.kill()
            process.wait()
    print("watched: shared manifests, single files, new files, broken files")


if __name__ == "__main__":
    main(sys.argv[1])
