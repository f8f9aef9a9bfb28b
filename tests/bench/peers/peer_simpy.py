"""`mesh` on SimPy (workload.h says what it is): a process for each request. peer_simpy.py REQUESTS"""
import random
import sys
import time

import simpy

SERVICE, GAP, LINK = 1e6, 1.25e6, 5e4
requests = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
draws = random.Random(42)
world = simpy.Environment()
stations = [simpy.Resource(world, 2) for _ in range(4)]
total = 0.0


def request():
    global total
    start = world.now
    for place in (0, 1, 2, 3, 3, 2, 1, 0):
        yield world.timeout(LINK)
        with stations[place].request() as server:
            yield server
            yield world.timeout(draws.expovariate(1 / SERVICE))
    total += world.now - start


def clients():
    for _ in range(requests):
        world.process(request())
        yield world.timeout(draws.expovariate(1 / GAP))


world.process(clients())
begin = time.process_time()
world.run()
seconds = time.process_time() - begin
print(f"SimPy {simpy.__version__};{requests / seconds:.0f};{total / requests * 1e-6:.3f}")
