#!/usr/bin/env python3
"""The kernel beside other engines: `mesh` on each that is installed, in turns, the best of several passes, as ratios.

    compare.py BENCH_KERNEL FOLDER_OF_PEERS [PASSES]

Mean latencies beside the speeds say that all simulate the same; the exact mean is 22.622 ms. Wanted (engines.md 3.6):
at least 2.7 times ns-3's Map, 25 times SimGrid's actors, 80 times SimPy.
"""
import os
import subprocess
import sys

kernel, folder = sys.argv[1], sys.argv[2]
passes = int(sys.argv[3]) if len(sys.argv) > 3 else 3
here = os.path.dirname(os.path.abspath(__file__))
commands = [[kernel, "mesh", "1000000"]]
for program, arguments in (("peer_ns3", ["1000000", "Map"]), ("peer_ns3", ["1000000", "PriorityQueue"]),
                           ("peer_simgrid", ["100000"])):
    path = os.path.join(folder, program)
    if os.path.exists(path):
        commands.append([path] + arguments)
    else:
        print(f"{program} was not built: its library is not installed")
commands.append([sys.executable, os.path.join(here, "peer_simpy.py"), "50000"])

best = {}
for _ in range(passes):
    for command in commands:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            print(f"{os.path.basename(command[-2])}: {run.stderr.strip().splitlines()[-1:] or 'failed'}")
            continue
        for line in run.stdout.splitlines():
            engine, speed, mean = line.split(";")
            if float(speed) > best.get(engine, (0, ""))[0]:
                best[engine] = (float(speed), mean)
ours = next(iter(best.values()))[0]
print(f"{'engine':<24}{'requests/s':>14}{'mean ms':>10}{'we are':>10}")
for engine, (speed, mean) in best.items():
    print(f"{engine:<24}{speed:>14,.0f}{mean:>10}{ours / speed:>9.1f}x")
