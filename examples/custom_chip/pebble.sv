// Pebble in SystemVerilog: what pebble.json and pebble.uasm describe, for the
// bench that `hillock vectors` makes. Memories have the section layout's words.
module pebble (
    input  logic       clk,
    input  logic       rst,
    input  logic       tick,        // a pulse
    input  logic       in_valid,    // an event for an in-axon, before the pulse
    input  logic [6:0] in_axon,
    output logic       spike,       // a neuron fires
    output logic [5:0] spike_neuron
);
    logic [27:0] neurons  [0:63];   // wait, membrane, current
    logic [44:0] settings [0:63];   // sends, in-axon, threshold, bias, what stays of membrane and current
    logic [24:0] lists    [0:127];  // synapses, first, exponent
    logic [12:0] synapses [0:8191]; // target, weight

    logic [127:0][7:0] due, next; // events per in-axon: of this tick, of the one to come
    logic [63:0][23:0] sum;

    typedef enum logic [1:0] {REST, AXON, SYNAPSE, NEURON} phase_t;
    phase_t phase;
    logic [6:0]  axon;
    logic [12:0] at, last;
    logic [5:0]  n;

    // a synapse
    wire signed [6:0] weight = synapses[at][6:0];
    wire signed [3:0] exponent = lists[axon][3:0];
    wire signed [23:0] wide = 24'(weight);
    wire signed [23:0] effect = exponent < 0 ? wide >>> 1 : wide <<< exponent;

    // a neuron
    function automatic signed [31:0] hold(input signed [31:0] x, input signed [31:0] low, input signed [31:0] high);
        hold = x < low ? low : x > high ? high : x;
    endfunction
    wire [3:0] waits = neurons[n][27:24];
    wire signed [11:0] v = neurons[n][23:12], u = neurons[n][11:0];
    wire signed [31:0] keep_u = {23'b0, settings[n][8:0]}, keep_v = {23'b0, settings[n][17:9]};
    wire signed [7:0] bias = settings[n][25:18];
    wire signed [31:0] threshold = {21'b0, settings[n][36:26]};
    wire signed [31:0] now_u = hold(32'(u) * keep_u / 256 + hold(32'($signed(sum[n])), -8192, 8191), -2047, 2047);
    wire signed [31:0] sum_v = 32'(v) * keep_v / 256 + now_u + 32'(bias);
    wire signed [31:0] now_v = waits == 0 ? hold(sum_v, -2047, 2047) : 32'(v);
    wire fires = now_v > threshold;
    wire signed [31:0] next_v = fires ? hold(now_v - threshold, -2047, 2047) : now_v;

    always_ff @(posedge clk) begin
        spike <= 0;
        if (rst) begin
            phase <= REST;
            due <= 0; next <= 0; sum <= 0;
        end else begin
            if (in_valid) next[in_axon] <= next[in_axon] + 1;
            case (phase)
                REST: if (tick) begin
                    due <= next; next <= 0;
                    axon <= 0;
                    phase <= AXON;
                end
                AXON: begin
                    at <= lists[axon][16:4];
                    last <= lists[axon][16:4] + 13'(lists[axon][24:17]) - 1;
                    if (due[axon] != 0 && lists[axon][24:17] != 0) phase <= SYNAPSE;
                    else begin
                        axon <= axon + 1;
                        if (axon == 127) begin n <= 0; phase <= NEURON; end
                    end
                end
                SYNAPSE: begin
                    sum[synapses[at][12:7]] <= sum[synapses[at][12:7]] + effect;
                    at <= at + 1;
                    if (at == last) begin due[axon] <= due[axon] - 1; phase <= AXON; end
                end
                NEURON: begin
                    neurons[n] <= {waits == 0 ? 4'd0 : waits - 4'd1, next_v[11:0], now_u[11:0]};
                    sum[n] <= 0;
                    if (fires) begin
                        spike <= 1;
                        spike_neuron <= n;
                        if (settings[n][44]) next[settings[n][43:37]] <= next[settings[n][43:37]] + 1;
                    end
                    n <= n + 1;
                    if (n == 63) phase <= REST;
                end
            endcase
        end
    end
endmodule
