"""sanafe_run.py STEPS [simple|detailed|cycle]: SANA-FE on the network of the workload
sanafe; prints firings, synaptic events and CPU seconds of the steps."""
import sys
import time

import sanafe

CORES, SIDE = 16, 1024
steps, model = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "simple"
chip_plan = sanafe.load_loihi()
net = sanafe.Network()
groups = []
for c in range(CORES):
    # A threshold that is never reached; every neuron is updated in every step.
    g = net.create_neuron_group(f"core{c}", SIDE, model_attributes=dict(threshold=1e9, reset=0.0, leak_decay=1.0, force_update=True),
                                default_synapse_hw_name="loihi_dense_synapse", default_dendrite_hw_name="loihi_dendrites",
                                soma_hw_name="loihi_lif")
    for i in range(SIDE):
        if (c * SIDE + i) % 33 == 0:
            g.neurons[i].set_attributes(model_attributes=dict(threshold=0.0, bias=1.0))
    groups.append(g)
for c, g in enumerate(groups):
    for off in (1, 3, 5, 11):
        pairs = [(i, (37 * (c * SIDE + i) + 31 * j) % SIDE) for i in range(SIDE) for j in range(32)]
        g.connect_neurons_sparse(groups[(c + off) % CORES], {"weight": [0.0] * len(pairs)}, pairs)
cores = chip_plan.cores() if callable(chip_plan.cores) else chip_plan.cores
for g, core in zip(groups, cores):
    g.map_to_core(core)
chip = sanafe.SpikingChip(chip_plan)
chip.load(net)
begin = time.process_time()
r = chip.sim(steps, timing_model=model, processing_threads=1)
used = time.process_time() - begin
print(r["neurons_fired"], r["spikes"], used)
