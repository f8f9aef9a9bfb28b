#!/usr/bin/env python3
"""Little's law at every station of a simulated scenario: the time integral of the population is the sum of the sojourns,
up to what was under way when the run ended. Usage: little.py MESHSIM SCENARIO..."""
import json
import subprocess
import sys

meshsim, *scenarios = sys.argv[1:]
bad = stations = 0
for scenario in scenarios:
    run = subprocess.run([meshsim, "run", scenario, "-o", "json"], capture_output=True, text=True, check=False)
    simulation = json.loads(run.stdout).get("simulation")
    if simulation is None:
        sys.exit(f"{scenario} simulates nothing")
    for proxy in simulation["proxies"]:
        if proxy["jobs"] < 100:
            continue
        stations += 1
        population, sojourn = int(proxy["populationNs"]), int(proxy["sojournNs"])
        under_way = proxy["arrivals"] - proxy["jobs"]
        if abs(population - sojourn) > 0.001 * sojourn + (1 + under_way) * 50_000_000:
            bad += 1
            print(f"{scenario}: {proxy['proxy']} {proxy['name']}: population {population}, sojourns {sojourn}")
print(f"{stations} stations, {bad} where Little's law does not hold")
sys.exit(1 if bad or not stations else 0)
