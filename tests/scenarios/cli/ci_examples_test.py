#!/usr/bin/env python3
"""The examples of docs/ci, run for real: ci_examples_test.py MESHSIM ROOT.

A repository with a mesh is made; the workflow's `run` steps are executed by bash as a runner would, the hooks by
pre-commit (where it is installed; it needs no network for local hooks). Then a policy loses its effect, and all of them
must refuse. Also: completion scripts in real shells, manual pages through groff.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml

meshsim, root = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
docs = root / "docs/ci"
failures, done = [], []

SCENARIO = """apiVersion: meshsim/v1
kind: Scenario
metadata: {name: shop}
workloads:
  - {name: api, namespace: shop, serviceAccount: api, mode: %s, labels: {app: api}, ports: [{port: 80, targetPort: 8080, name: http}]}
  - {name: web, namespace: clients, serviceAccount: web, mode: ambient}
policies:
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: no-delete, namespace: shop}
    spec:
      selector: {matchLabels: {app: api}}
      action: DENY
      rules: [{to: [{operation: {methods: [DELETE], ports: ["8080"]%s}}]}]
flows:
  - name: web deletes
    from: {workload: clients/web}
    to: {host: api.shop.svc.cluster.local, port: 80}
    protocol: http
    request: {method: DELETE}
    expect: {verdict: denied}
"""


def run(command, folder, environment, expected_failure=False):
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if (result.returncode != 0) != expected_failure:
        failures.append(f"{command}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout + result.stderr


def workflow(folder, environment, broken):
    document = yaml.safe_load((docs / "github-actions.yaml").read_text())
    failed = []
    for step in document["jobs"]["meshsim"]["steps"]:
        if "run" not in step:
            continue
        result = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=folder,
                                env=environment, capture_output=True, text=True)
        if result.returncode != 0:
            failed.append(step["name"])
            if not broken:
                failures.append(f"step {step['name']}: {result.stdout}{result.stderr}")
    if broken and failed != ["Expectations", "Findings"]:
        failures.append(f"a broken mesh fails in {failed}")
    if not (folder / "reports/lint.sarif").is_file():
        failures.append("no reports/lint.sarif")
    done.append("workflow" + (" on a broken mesh" if broken else ""))


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    tools = folder / "tools"
    tools.mkdir()
    (tools / "meshsim").symlink_to(meshsim)
    repository = folder / "repository"
    (repository / "mesh").mkdir(parents=True)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "HOME": name, "GITHUB_BASE_REF": "main",
                   "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GIT_CONFIG_GLOBAL": "/dev/null"}
    scenario = repository / "mesh/scenario.yaml"
    scenario.write_text(SCENARIO % ("sidecar", ""))
    shutil.copy(docs / "pre-commit-config.yaml", repository / ".pre-commit-config.yaml")
    for words in (["init", "-q", "-b", "main"], ["config", "user.name", "t"], ["config", "user.email", "t@example.com"],
                  ["add", "-A"], ["commit", "-qm", "one"], ["update-ref", "refs/remotes/origin/main", "HEAD"]):
        run(["git", *words], repository, environment)
    has_pre_commit = shutil.which("pre-commit") is not None
    workflow(repository, environment, broken=False)
    if has_pre_commit:
        run(["pre-commit", "run", "--all-files"], repository, environment)
    # The api becomes ambient and the rule loses what held it: the DENY has no effect any more.
    scenario.write_text((SCENARIO % ("ambient", "")).replace(', ports: ["8080"]', ""))
    workflow(repository, environment, broken=True)
    if "denied" not in (folder / "summary.md").read_text():
        failures.append("the summary does not show what changes")
    if has_pre_commit:
        run(["git", "add", "-A"], repository, environment)
        text = run(["pre-commit", "run", "--all-files"], repository, environment, expected_failure=True)
        if "MSH1001" not in text:
            failures.append("pre-commit does not show MSH1001: " + text)
        done.append("pre-commit")

    # Completion in the shells that are there.
    probes = {
        "bash": "source <(meshsim completion bash); COMP_WORDS=(meshsim lin); COMP_CWORD=1; _meshsim; echo ${COMPREPLY[@]}; "
                "COMP_WORDS=(meshsim lint --show); COMP_CWORD=2; _meshsim; echo ${COMPREPLY[@]}",
        "fish": "meshsim completion fish | source; complete -C 'meshsim lin'; complete -C 'meshsim lint --show'",
        "zsh": "autoload -U compinit; compinit -u -D; meshsim completion zsh > _meshsim; fpath=($PWD $fpath); "
               "autoload -U _meshsim; whence -v _meshsim; zsh -n _meshsim && grep -q -- '--show-flow' _meshsim && echo lint --show-flow",
    }
    for shell, text in probes.items():
        if shutil.which(shell) is None:
            continue
        words = [shell, "-f", "-c", text] if shell == "zsh" else [shell, "-c", text]
        output = run(words, folder, environment)
        if "lint" not in output or "--show-flow" not in output:
            failures.append(f"{shell} completes to {output!r}")
        done.append(shell)

    run([str(meshsim), "man", "--out", "man"], folder, environment)
    pages = sorted((folder / "man").iterdir())
    if len(pages) < 10:
        failures.append(f"only {len(pages)} manual pages")
    if shutil.which("groff"):
        for page in pages:
            result = subprocess.run(["groff", "-man", "-Tutf8", "-ww", str(page)], env=environment, capture_output=True,
                                    text=True)
            if result.returncode != 0 or result.stderr:
                failures.append(f"{page.name}: {result.stderr}")
        done.append(f"{len(pages)} manual pages")

print("\n".join(failures) if failures else "fine: " + ", ".join(done))
sys.exit(1 if failures else 0)
