"""brian2_build.py W1|W2|W3 TICKS DIR: a stand-alone C++ program in DIR that runs
the integer neurons in float64, exactly. It writes its spike counts to
DIR/results."""
import sys

from brian2 import (NeuronGroup, Network, SpikeGeneratorGroup, SpikeMonitor, Synapses, defaultclock, device, ms, set_device)
import numpy as np

import networks

name, ticks, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
net = networks.WORKS[name]()
set_device("cpp_standalone", directory=folder, build_on_run=False)
defaultclock.dt = 1 * ms

# The current decays and takes the input, the membrane decays and takes the
# current, both toward zero; a membrane that is held stays 0.
TICK = """
u = sign(u)*floor(abs(u)*keep_u/4096) + q
q = 0
v = (sign(v)*floor(abs(v)*keep_v/4096) + u + bias)*int(hold == 0)
hold = hold - int(hold > 0)
"""
cells = NeuronGroup(net["n"], "u : 1\nv : 1\nq : 1\nbias : 1\nhold : 1", threshold="v > threshold",
                    reset=f"v = 0\nhold = {net['refract'] - 1}", method="euler",
                    namespace={k: net[k] for k in ("keep_u", "keep_v", "threshold")})
cells.run_regularly(TICK, when="groups")
parts = [cells]


def link(pre, post, i, j, weight):
    s = Synapses(pre, post, "w : 1", on_pre="q_post += w")
    s.connect(i=i, j=j)
    s.w = weight * 64.0
    parts.append(s)
    return s


if name == "W2":
    pixels = SpikeGeneratorGroup(784, net["pixel"], net["tick"] * ms, when="start")
    parts.append(pixels)
    layer = [pixels, cells[0:256], cells[256:384], cells[384:394]]
    for k, matrix in enumerate(net["layers"]):
        a, b = matrix.shape
        s = link(layer[k], layer[k + 1], np.repeat(np.arange(a), b), np.tile(np.arange(b), a), matrix.ravel())
        if k == 0:  # pixels of a tick act in that tick
            s.pre.when, s.pre.order = "start", 1
else:
    cells.bias, cells.v = net["bias"], net["start"]
    link(cells, cells, net["pre"], net["post"], net["weight"])
spikes = SpikeMonitor(cells, record=False)
run = Network(parts + [spikes])
run.run(ticks * ms)
device.build(directory=folder, compile=True, run=False, debug=False)
with open(folder + "/spikes.txt", "w") as f:  # where the program leaves the counts
    f.write(device.get_array_filename(spikes.variables["count"]) + "\n")
