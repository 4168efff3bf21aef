// Package firmware is what runs beside the neuron cores. This part is the host
// protocol: a table of commands, their frames and text, and a session that
// executes them on a machine. docs/host.md is made from the same table.
package firmware

//go:generate go test . -run TestManual -update

import (
	"hillock/chip"
)

// Op is the first byte of a frame: a command of the host, or an answer. The
// answer to command c has Op c | Answered.
type Op uint8

// The commands. Numbers are frozen by the check bytes of the tests.
const (
	Load Op = 1 + iota
	Fetch
	Start
	Run
	Step
	Read
	Write
	Modulate
	Inject
	Probe
	Reset
	Snapshot
	Restore
	Transfer
	endOfCommands

	Answered Op = 0x80 // bit that makes a command's number that of its answer
	Sample   Op = 0xc0 // one value of a probe, sent by run and step before their answer
	Spiked   Op = 0xc1 // spikes of a tick, sent by step before its answer
	Unset    Op = 0xc2 // registers that nothing wrote, sent by transfer and read before their answer
	Refused  Op = 0xff // a command that was not executed
)

// Kind says how the value of a field is read and written as text.
type Kind uint8

// The kinds of field.
const (
	Unsigned Kind = iota
	Signed        // two's complement
	Check         // a checksum, as hexadecimal digits
	Named         // a number with a name in Field.Names
)

// Field is one number of a frame, little-endian, of 8, 16, 32 or 64 bits.
type Field struct {
	Name  string
	Bits  int
	Kind  Kind
	Names []string // of a Named field, by number
	Doc   string
}

// Tail is what a frame has behind its fields.
type Tail uint8

// The tails.
const (
	NoTail Tail = iota
	Bytes       // bytes
	Words       // 32-bit signed numbers
	Spikes      // spikes: population, index and payload, three 32-bit signed numbers each
	Text        // a sentence in UTF-8
)

// Form is the payload of a frame.
type Form struct {
	Fields []Field
	Tail   Tail
	Doc    string // of the tail
}

// Row is one line of the command table.
type Row struct {
	Op     Op
	Name   string
	Form   Form   // of the command
	Answer Form   // of the frame that answers it
	Counts string // what it adds to the machine's counts, and how often
	Doc    string
}

// AllCores is the core number of a broadcast.
const AllCores = 0xffff

var (
	fieldCore  = Field{"core", 16, Unsigned, nil, "number of the core on the chip"}
	fieldBytes = Field{"bytes", 32, Unsigned, nil, "length of the file in the buffer"}
	fieldCheck = Field{"check", 32, Check, nil, "CRC-32C of the file"}
	fieldTick  = Field{"tick", 64, Unsigned, nil, "ticks since the last reset"}
	fieldPop   = Field{"population", 16, Unsigned, nil, "number of the population in the image"}
	fieldIndex = Field{"index", 32, Unsigned, nil, "neuron of the population"}
	fieldWord  = Field{"word", 8, Unsigned, nil, "state word, parameter or port"}
	places     = []Field{
		{"space", 8, Named, spaces(), "memory of the core"}, fieldCore,
		{"group", 16, Unsigned, nil, "group of the core, memory for mem, 0 for acc and mod"}, fieldWord,
		{"first", 32, Unsigned, nil, "first lane, accumulator, register or part"},
	}
)

func spaces() (names []string) {
	for s := range chip.NumSpaces {
		names = append(names, s.String())
	}
	return names
}

// Table is the command set; Table[op-1].Op == op.
var Table = [...]Row{
	{Load, "load", Form{[]Field{{"offset", 32, Unsigned, nil, "byte of the buffer, at most its length"}}, Bytes, "what is put there"},
		Form{[]Field{{"length", 32, Unsigned, nil, "bytes in the buffer now"}}, NoTail, ""}, "",
		"put a block into the buffer, which ends with it"},
	{Fetch, "fetch", Form{[]Field{{"offset", 32, Unsigned, nil, "byte of the buffer"}, {"count", 16, Unsigned, nil, "how many"}}, NoTail, ""},
		Form{nil, Bytes, "what is there"}, "", "read a block of the buffer"},
	{Start, "start", Form{[]Field{fieldBytes, fieldCheck}, NoTail, ""},
		Form{[]Field{{"cores", 16, Unsigned, nil, "cores in use"}, {"neurons", 32, Unsigned, nil, "compartments of all cores"}}, NoTail, ""}, "",
		"check the image in the buffer, configure the chip with it and go to tick 0"},
	{Run, "run", Form{[]Field{{"ticks", 32, Unsigned, nil, "how many"}}, NoTail, ""}, Form{[]Field{fieldTick}, NoTail, ""},
		"those of the ticks", "advance; the spikes injected before it arrive in its first tick"},
	{Step, "step", Form{}, Form{[]Field{fieldTick, {"count", 32, Unsigned, nil, "spikes that were read"}}, NoTail, ""},
		"those of the tick", "advance one tick and read the spikes of the output populations"},
	{Read, "read", Form{append(places[:len(places):len(places)], Field{"count", 16, Unsigned, nil, "how many words"}), NoTail, ""},
		Form{nil, Words, "what is there"}, "host_reads per word", "read consecutive words of a core's memory"},
	{Write, "write", Form{places, Words, "what is written"}, Form{}, "host_writes per word",
		"write consecutive words of a core's memory; a state word takes only what its layout holds"},
	{Modulate, "modulate", Form{[]Field{{"core", 16, Unsigned, nil, "number of the core, 65535 for all"},
		{"register", 8, Unsigned, nil, "modulator"}, {"value", 32, Signed, nil, "what it holds from now on"}}, NoTail, ""}, Form{}, "host_writes, once",
		"set a modulator register of one core, or of all at once"},
	{Inject, "inject", Form{[]Field{fieldPop, fieldIndex, {"payload", 32, Signed, nil, "1 for a plain spike"}}, NoTail, ""}, Form{}, "host_in, in the coming tick",
		"send a spike of an input population into the coming tick"},
	{Probe, "probe", Form{[]Field{fieldPop, fieldIndex, fieldWord, {"state", 8, Named, []string{"off", "on"}, "whether it is sampled"}}, NoTail, ""},
		Form{[]Field{{"probes", 16, Unsigned, nil, "how many are on"}}, NoTail, ""}, "host_reads per sample",
		"sample a state word of a neuron after every tick from now on, or no longer"},
	{Reset, "reset", Form{}, Form{}, "resets", "put every memory back to its start, go to tick 0; spikes that wait are dropped, probes stay"},
	{Snapshot, "snapshot", Form{}, Form{[]Field{fieldBytes, fieldCheck}, NoTail, ""}, "", "put the whole state of the machine into the buffer, as a file"},
	{Restore, "restore", Form{[]Field{fieldBytes, fieldCheck}, NoTail, ""}, Form{[]Field{fieldTick}, NoTail, ""}, "",
		"go on from the snapshot in the buffer; spikes that wait are dropped, probes stay"},
	{Transfer, "transfer", Form{[]Field{fieldCore, {"period", 32, Unsigned, nil, "ticks of a bit, 0 for the fewest that are enough"}}, Bytes, "head and data, the first bit highest, the last byte filled with 0"},
		Form{[]Field{fieldTick, {"missed", 16, Unsigned, nil, "accesses that came to nothing: the gate was not set, or the controller at work too long"},
			{"ignored", 16, Unsigned, nil, "words for registers that the model has not"}}, Bytes, "what came back meanwhile, in the same form"},
		"host_writes or host_reads per word of data, and those of the ticks",
		"shift bits through the serial port of a core without ticks; the ticks that it takes are run"},
}

// Notices are the frames to the host that are not the answer of their command.
var Notices = [...]Row{
	{Op: Sample, Name: "sample", Form: Form{[]Field{{"tick", 64, Unsigned, nil, "tick that was computed"}, fieldPop, fieldIndex, fieldWord,
		{"value", 32, Signed, nil, "of the state word"}}, NoTail, ""}, Doc: "one value of a probe, before the answer of run or step"},
	{Op: Spiked, Name: "spiked", Form: Form{[]Field{{"tick", 64, Unsigned, nil, "tick that was computed"}}, Spikes, "by core and compartment"},
		Doc: "spikes of the output populations, before the answer of step; as many frames as they need"},
	{Op: Unset, Name: "unset", Form: Form{[]Field{{"tick", 64, Unsigned, nil, "ticks since the last reset"}, fieldCore}, Text, "their names"},
		Doc: "registers without a reset value that neither the image nor a transfer gave one, when a transfer lets the core run or one is read: the chip holds anything there, the machine 0"},
	{Op: Refused, Name: "refused", Form: Form{[]Field{{"command", 32, Unsigned, nil, "which command of the stream, from 0"}}, Text, "why"},
		Doc: "the answer to a command that was not executed; the machine is as it was, except that a run may have stopped on its way"},
}

// form finds the payload of an operation and its name.
func form(op Op) (name string, f *Form, ok bool) {
	for i := range Notices {
		if Notices[i].Op == op {
			return Notices[i].Name, &Notices[i].Form, true
		}
	}
	c := op &^ Answered
	if c == 0 || c >= endOfCommands || op&^(Answered|0x3f) != 0 {
		return "", nil, false
	}
	row := &Table[c-1]
	if op&Answered != 0 {
		return row.Name + "!", &row.Answer, true
	}
	return row.Name, &row.Form, true
}
