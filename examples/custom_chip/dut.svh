// Pebble for the bench of a set of bars.img: neurons 8 and 9 are its outputs.
`define PERIOD 2000
wire spike; wire [5:0] spike_neuron;
pebble dut (.clk(clk), .rst(rst), .tick(tick), .in_valid(in_valid), .in_axon(in_word[6:0]), .spike(spike), .spike_neuron(spike_neuron));
assign out_valid = spike && spike_neuron >= 8, out_number = 32'(spike_neuron) - 8, out_payload = 1;
`define LOAD_neurons(c, a, w) dut.neurons[a] = w;
`define PEEK_neurons(c, a) dut.neurons[a]
`define LOAD_settings(c, a, w) dut.settings[a] = w;
`define LOAD_lists(c, a, w) dut.lists[a] = w;
`define LOAD_synapses(c, a, w) dut.synapses[a] = w;
`define START
