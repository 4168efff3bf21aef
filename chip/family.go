package chip

import (
	"math"

	"hillock/chip/timing"
	"hillock/core"
	"hillock/core/event"
	"hillock/isa"
	"hillock/isa/fixed"
)

// Family is a loaded and checked chip description. All of it is data: see
// docs/families.md for the file format.
type Family struct {
	Name, Title string
	Inherits    string
	Hash        string // of the canonical description, microcode and cost table
	Fidelity    []Fidelity
	Limits      []Limit
	Strategies  []Strategy
	Roles       []Role
	Mesh        Mesh
	MeshSource  string
	Latency     Latency
	Fields      []Field // register fields: the variables of expressions
	Weights     WeightFormat
	Memory      SynapseMemory
	Core        CoreTemplate
	Routers     *Routers      // nil = packets arrive a tick later, whatever their way
	Layout      *Layout       // how its cores lie in memories, nil = not described
	Tiers       *TierTemplate // nil = a core holds any slices of populations
	Learning    []LearnModel
	Event       *event.Spec    // the core of a chip without ticks, nil = Core is the core
	Frame       *FrameTemplate // how its host shows samples; nil = not said
	Network     *EventNetwork  // how a network goes into its memories; nil = not said
	EventSource string
	// EventReset are the registers of such a core that do not start at 0.
	EventReset []RegisterValue
	EnergyFile string // name of the energy table, "" = none
	Energy     []byte // its bytes
	Notes      []string
	Deviations []string
}

// Fidelity says, for one feature, against what it was proven.
type Fidelity struct{ Feature, Label, Against, Source string }

// Limit is one numeric limit of the chip, with its source.
type Limit struct {
	Name   string
	Value  int64
	Per    string // core, chip, neuron, axon, synapse
	Source string
}

// Strategy is a named behaviour that a family chooses.
type Strategy struct{ Name, Value string }

// Role says which group of the core plays a part that a compiler knows, or
// why none can.
type Role struct {
	Name  string // see RoleNames
	Group string // "" = none
	Lacks string // the reason then
	Set   []RoleSetting
}

// RoleSetting is a register field of a role's neurons, as a function of what a
// network asks of them; see RoleVars.
type RoleSetting struct {
	Field string
	Expr  *Expr
}

// Field is one register field of a neuron or core with its legal range. A
// field with a default need not be given when a group is bound.
type Field struct {
	Name       string
	Lo, Hi     int64
	Scope      string // neuron, core
	Default    int64
	HasDefault bool
	Source     string
}

// Mesh is the tile grid: tile t has cores t*CoresPerTile.., x = t mod X.
type Mesh struct {
	X, Y, CoresPerTile int
	ColumnMajor        bool // tiles are numbered column by column

	// ChipX times ChipY tiles are one chip of a board; 0 = the mesh is one chip.
	ChipX, ChipY int
}

// Latency is the family's time table, in integer femtoseconds per event.
type Latency struct {
	PerEvent []EventTime // summed per core; the slowest core decides
	Sync     []SyncTime  // by tiles in use, largest key <= tiles
	Network  timing.Spec // how packets travel; need not be described
	Source   string
}

// EventTime is the time that one event costs on its core. Fs is the
// femtoseconds for each event of the named class.
type EventTime struct {
	Event  string // a count name
	Fs     int64
	Stage  string // generate (neurons, sending) or process (receiving, synapses)
	Source string
}

// SyncTime is the barrier time when at least Tiles tiles are in use.
type SyncTime struct {
	Tiles int
	Fs    int64
}

// WeightFormat is the compile-time side of synapse formats.
type WeightFormat struct {
	Quantiser      string  // round-even-sym, toward-zero, floor
	Bits           []int64 // stored widths that the format can encode
	ExpLo, ExpHi   int64
	Scale          int64 // contribution = (mant shifted) << Scale
	Clip           int64 // largest magnitude of one contribution, 0 = no limit
	MantLo, MantHi int64
	Formats        int64 // formats per core
	Source         string
}

// Unsigned says that mantissas are stored without a sign.
func (w *WeightFormat) Unsigned() bool { return w.MantLo == 0 && w.MantHi > math.MaxInt16 }

// SynapseMemory is how a core stores the synapse lists of its in-axons: in
// groups of at most GroupSynapses synapses of one format. A group costs
// HeaderBits and, per synapse, weight, delay, tag and index bits, rounded up
// to whole words.
type SynapseMemory struct {
	Words, WordBits    int64
	GroupSynapses      int64
	HeaderBits         int64
	DelayBits, TagBits int64   // per synapse, delay only where a delay is stored
	IndexBits          []int64 // encodable index widths; 0 = dense row
	Source             string
}

// CoreTemplate is the part of a description that becomes core.Image fields;
// expressions are evaluated over fields at bind time.
type CoreTemplate struct {
	Ring   string
	Rows   string // of the axon store, "" = it is a list
	Ports  []PortTemplate
	Groups []GroupTemplate
	Draws  []core.DrawFormat
	// Generator serves the draws, Kind "" = they are functions of the seed of a run.
	Generator GeneratorTemplate
	Source    string // of ring, ports and draws
}

// GeneratorTemplate is the random generator of a core: its kind and the
// expressions of its seed.
type GeneratorTemplate struct {
	Kind string
	Seed []string
}

// PortTemplate describes one port; ReadShift is an expression.
type PortTemplate struct {
	Acc       fixed.Layout
	When      core.When
	ReadShift string
	Keep      string // state word that the port is, "" = none
}

// GroupTemplate is one neuron model of a family.
type GroupTemplate struct {
	Name     string
	Inherits string          // group that this one was derived from, "" = none
	Texts    []string        // names of microcode files, in order
	Prog     *isa.Program    // constants at the defaults of their fields
	Consts   []ConstTemplate // assembly-time constants of the microcode
	State    []StateTemplate
	Params   []string // expressions, "" = not used
	Init     []string // expression per state word, "" = 0
	Substeps string   // expression over core fields, "" = 1
	Cap      int64    // |spike payload| of a tick, 0 = no cap
	Taps     []string // names of the taps
	Source   string

	Sources []ProgramText // what Prog was assembled from, where it has constants
}

// StateTemplate is one state word.
type StateTemplate struct {
	Name   string
	Layout fixed.Layout
}
