// Package count enumerates everything a machine counts. Time and energy are
// prices on these counts; a count without a price is unpriced, never zero.
package count

import "fmt"

// Event is one class of countable event.
type Event uint8

// The event classes, in the order in which reports print them.
const (
	SynSparse         Event = iota // synaptic events from sparse lists
	SynDense                       // synaptic events from dense rows
	SynConv                        // synaptic events from shared kernels
	SynWords                       // 64-bit synapse memory words read
	AxonEvents                     // in-axon events served (one per packet and host spike)
	Updates                        // compartment updates, all configured compartments
	UpdatesActive                  // updates that had input, changed state or spiked
	Spikes                         // spikes emitted by compartments
	PacketsOut                     // packets sent to the network
	PacketsIn                      // packets received from the network
	HopsX                          // tile hops along x
	HopsY                          // tile hops along y
	HostIn                         // spikes injected from outside
	HostOut                        // spikes of output populations read by the host
	Draws                          // random draws
	Barriers                       // tick barriers
	Resets                         // state resets of the whole machine
	InstrX                         // issued instructions by class: control,
	InstrA                         // add and logic,
	InstrM                         // multiply,
	InstrL                         // look-up and divide,
	InstrS                         // spike,
	InstrW                         // synapse write
	LearnUpdates                   // synapse learning updates
	Overflowed                     // accumulator values that wrapped or clipped
	Lost                           // packets lost
	Late                           // packets delivered after their tick
	Merged                         // packets merged into another
	HostReads                      // state words read by the host
	HostWrites                     // parameter words written by the host during a run
	HostMultiplies                 // multiply-accumulates that an input encoding leaves to the host
	OverflowedPlastic              // the same as Overflowed, after every event of synapses that learn
	NumEvents
)

var names = [NumEvents]string{
	"synaptic_events_sparse", "synaptic_events_dense", "synaptic_events_conv", "synapse_words",
	"axon_events", "neuron_updates", "neuron_updates_active", "spikes", "packets_out", "packets_in",
	"hops_x", "hops_y", "host_in", "host_out", "draws", "barriers", "resets",
	"instructions_x", "instructions_a", "instructions_m", "instructions_l", "instructions_s", "instructions_w",
	"learning_updates", "accumulator_overflows", "lost", "late", "merged",
	"host_reads", "host_writes", "host_multiplies", "plastic_overflows",
}

// String is the name of the event in every report, census and JSON.
func (e Event) String() string {
	if e < NumEvents {
		return names[e]
	}
	return fmt.Sprintf("event(%d)", uint8(e))
}

// Parse is the inverse of String.
func Parse(s string) (Event, error) {
	for i, n := range names {
		if n == s {
			return Event(i), nil
		}
	}
	return 0, fmt.Errorf("count: unknown event %q (hillock energy --events lists them)", s)
}

// Counts holds one number per event class.
type Counts [NumEvents]int64

// Add adds o to c.
func (c *Counts) Add(o *Counts) {
	for i := range c {
		c[i] += o[i]
	}
}

// Sub returns c - o.
func (c Counts) Sub(o *Counts) Counts {
	for i := range c {
		c[i] -= o[i]
	}
	return c
}

// SynapticEvents is the sum over all synapse forms.
func (c *Counts) SynapticEvents() int64 { return c[SynSparse] + c[SynDense] + c[SynConv] }
