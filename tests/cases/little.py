#!/usr/bin/env python3
"""Little's law at every station of every simulated scenario below a folder: the time integral of the population is the
sum of the sojourns, up to what was under way when the run ended. Usage: little.py MESHSIM FOLDER"""
import json
import pathlib
import subprocess
import sys

meshsim, folder = sys.argv[1:]
bad = stations = simulated = 0
for scenario in sorted(pathlib.Path(folder).rglob("scenario.*")):
    run = subprocess.run([meshsim, "run", scenario, "-o", "json"], capture_output=True, text=True, check=False)
    simulation = json.loads(run.stdout).get("simulation")
    if simulation is None:
        continue
    simulated += 1
    for proxy in simulation["proxies"]:
        if proxy["jobs"] < 100:
            continue
        stations += 1
        population, sojourn = int(proxy["populationNs"]), int(proxy["sojournNs"])
        # Who was there when counting began or ended is counted in part by the one and wholly by the other.
        at_the_ends = 2 + abs(proxy["arrivals"] - proxy["jobs"])
        if abs(population - sojourn) > 0.001 * sojourn + at_the_ends * 5 * sojourn / proxy["jobs"]:
            bad += 1
            print(f"{scenario}: {proxy['proxy']} {proxy['name']}: population {population}, sojourns {sojourn}")
print(f"{simulated} scenarios, {stations} stations, {bad} where Little's law does not hold")
sys.exit(1 if bad or simulated < 7 else 0)
