package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hillock/internal/page"
	"hillock/router/mesh"
)

// nocFlags are the flags of noc, as they stand on the command line.
type nocFlags struct {
	common
	spec                         mesh.Spec
	traffic                      mesh.Traffic
	window                       mesh.Window
	side                         int
	dims, link, pattern, alloc   string
	choose, curve                string
	load                         float64
	hotspot                      []int
	seed                         uint64
	html                         string
	only, strict                 bool
	links, routers, stuck, drops float64
}

// nocCurve is measured when no load is given.
const nocCurve = "0.02,0.05,0.1,0.15,0.2,0.25,0.3,0.35,0.4"

func newNoc() *cobra.Command {
	n := &nocFlags{spec: mesh.Default()}
	cmd := &cobra.Command{
		Use: "noc", Short: "The network alone under synthetic traffic: latency over load, cycle by cycle", Args: needArgs(0, 0, ""),
		Long: `Run a mesh of packet routers, cycle by cycle, under synthetic traffic. Load is
packets per node and cycle; latency is the mean number of cycles from generation
to the arrival of the last flit, source queue included. A load is stable if the
mean latency stays within 500 cycles; beyond, it is only indicative.
docs/network.md says what is modelled.`,
		Example: "  hillock noc --curve 0.02,0.1,0.2,0.3,0.35 --html curve.html\n  hillock noc -k 16 --vcs 1 --traffic transpose --load 0.04 --alloc joint --json",
		RunE:    n.run,
	}
	n.add(cmd)
	n.addMesh(cmd)
	n.addTraffic(cmd)
	return cmd
}

func (n *nocFlags) addMesh(cmd *cobra.Command) {
	f, s := cmd.Flags(), &n.spec
	f.IntVarP(&n.side, "k", "k", 8, "a mesh of k x k routers")
	f.StringVar(&n.dims, "dims", "", "a mesh of W,H routers instead")
	f.IntVar(&s.VCs, "vcs", s.VCs, "virtual channels per link")
	f.IntVar(&s.Buffer, "buffer", s.Buffer, "flits per virtual channel")
	f.StringVar(&n.alloc, "alloc", "split", "split: virtual channel, then switch; joint: both in one cycle")
	f.IntVar(&s.Flits, "flits", s.Flits, "flits per packet")
	f.IntVar(&s.Routing, "routing-delay", s.Routing, "cycles of route computation, 0 = looked ahead")
	f.IntVar(&s.Crossbar, "crossbar-delay", s.Crossbar, "cycles of switch traversal")
	f.IntVar(&s.Credit, "credit-delay", s.Credit, "cycles until a router uses a credit that arrived")
	f.StringVar(&n.link, "link", "1", "cycles of a link between routers, or X,Y for each axis")
	f.IntVar(&s.InjectLink, "inject-link", s.InjectLink, "cycles from source to router")
	f.IntVar(&s.EjectLink, "eject-link", s.EjectLink, "cycles from router to sink")
	f.IntVar(&s.CreditLink, "credit-link", s.CreditLink, "cycles of credit wires, 0 = as long as their link")
	f.IntVar(&s.CyclesPerFlit, "cycles-per-flit", s.CyclesPerFlit, "cycles that a flit occupies a link between routers")
	f.IntVar(&s.Concentration, "concentration", s.Concentration, "nodes per router")
	f.IntVar(&s.Subnets, "subnets", s.Subnets, "independent meshes that share sources and sinks")
	f.StringVar(&n.choose, "subnet-choice", "round-robin", "subnet of a packet: round-robin, random or source")
	f.IntVar(&s.DropAfter, "drop-after", s.DropAfter, "cycles after which a packet that cannot leave a router is dropped, 0 = never")
	f.IntVar(&s.BlockedAfter, "blocked-after", s.BlockedAfter, "cycles after which such a packet is reported, 0 = never")
	f.BoolVar(&n.strict, "fail-on-loss", false, "exit status 1 if a measured packet was lost")
	f.Float64Var(&n.links, "dead-links", 0, "probability that a link is dead")
	f.Float64Var(&n.routers, "dead-routers", 0, "probability that a router is dead")
	f.Float64Var(&n.stuck, "stuck-buffers", 0, "probability that a buffer never gives a place back")
	f.Float64Var(&n.drops, "drop", 0, "probability that a packet is lost on a link")
}

func (n *nocFlags) addTraffic(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&n.pattern, "traffic", "uniform", "uniform, transpose, bitcomp, neighbor or hotspot")
	f.IntSliceVar(&n.hotspot, "hotspot", nil, "target nodes of hotspot, x + W*y")
	f.Float64Var(&n.load, "load", 0, "one load: packets per node and cycle")
	f.StringVar(&n.curve, "curve", "", "several loads, comma-separated (default "+nocCurve+")")
	f.Int64Var(&n.window.Warmup, "warmup", 10000, "cycles before packets are measured")
	f.Int64Var(&n.window.Cycles, "cycles", 50000, "cycles in which the measured packets are generated")
	f.Uint64Var(&n.seed, "seed", 1, "seed of the traffic and of faults")
	f.BoolVar(&n.only, "points-only", false, "measure the loads only, not the limits")
	f.StringVar(&n.html, "html", "", "write the curve as a page to this file")
}

func (n *nocFlags) run(cmd *cobra.Command, _ []string) error {
	loads, err := n.settle(cmd)
	if err != nil {
		return fmt.Errorf("noc: %w", err)
	}
	out, err := n.report(cmd, n.html)
	if err != nil {
		return err
	}
	n.notice(cmd, "noc: %s; cycle-level, x then y, round-robin allocators", n.describe())
	faults := mesh.RandomFaults(n.spec, n.seed, n.links, n.routers, n.stuck, n.drops)
	c, err := mesh.Sweep(n.spec, faults, n.traffic, loads, n.window, !n.only, n.bar(cmd, len(loads)))
	if err != nil {
		return fmt.Errorf("noc: %w", err)
	}
	if n.html != "" {
		if err := n.writePage(cmd, c); err != nil {
			return err
		}
	}
	if n.json {
		err = printJSON(out, n.object(c, faults))
	} else {
		err = printNoc(out, c, !n.only)
	}
	if err != nil || !n.strict {
		return err
	}
	for _, p := range c.Points {
		if p.Lost > 0 {
			return answerNo("noc: %s lost at load %g", many(int(p.Lost), "packet"), p.Load)
		}
	}
	return nil
}

// bar shows how many measurements are behind; that of the knee takes about ten.
func (n *nocFlags) bar(cmd *cobra.Command, loads int) func(float64) {
	show := progress(cmd.ErrOrStderr(), n.quiet)
	if show == nil {
		return nil
	}
	done := -1
	return func(float64) {
		done++
		show(min(done, loads+10), loads+11)
	}
}

// settle turns the flags into a mesh, traffic and loads.
func (n *nocFlags) settle(cmd *cobra.Command) (loads []float64, err error) {
	s := &n.spec
	if s.W, s.H = n.side, n.side; n.dims != "" {
		if cmd.Flags().Changed("k") {
			return nil, fmt.Errorf("-k and --dims: need one of them, have both")
		}
		if s.W, s.H, err = pair("--dims", n.dims, false); err != nil {
			return nil, err
		}
	}
	if s.LinkX, s.LinkY, err = pair("--link", n.link, true); err != nil {
		return nil, err
	}
	if s.Alloc, err = mesh.ParseAlloc(n.alloc); err != nil {
		return nil, err
	}
	if s.Choose, err = mesh.ParseChoice(n.choose); err != nil {
		return nil, err
	}
	n.traffic = mesh.Traffic{Hotspots: n.hotspot, Seed: n.seed}
	if n.traffic.Pattern, err = mesh.ParsePattern(n.pattern); err != nil {
		return nil, err
	}
	if len(n.hotspot) > 0 && n.traffic.Pattern != mesh.Hotspot {
		return nil, fmt.Errorf("--hotspot: need --traffic hotspot, have %s", n.pattern)
	}
	for _, p := range []float64{n.links, n.routers, n.stuck, n.drops} {
		if !(p >= 0 && p <= 1) {
			return nil, fmt.Errorf("faults: need probabilities of 0 to 1, have %v", p)
		}
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	return n.loads(cmd)
}

func (n *nocFlags) loads(cmd *cobra.Command) ([]float64, error) {
	if cmd.Flags().Changed("load") {
		if n.curve != "" {
			return nil, fmt.Errorf("--load and --curve: need one of them, have both")
		}
		n.traffic.Load = n.load
		return []float64{n.load}, n.traffic.Check(n.spec)
	}
	curve := n.curve
	if curve == "" {
		curve = nocCurve
	}
	var out []float64
	for _, w := range strings.Split(curve, ",") {
		l, err := strconv.ParseFloat(strings.TrimSpace(w), 64)
		if err != nil {
			return nil, fmt.Errorf("--curve: need loads separated by commas, have %q", w)
		}
		n.traffic.Load = l
		if err := n.traffic.Check(n.spec); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// pair parses A,B, or A alone for both where one is allowed.
func pair(flag, text string, one bool) (a, b int, err error) {
	first, second, two := strings.Cut(text, ",")
	a, err = strconv.Atoi(strings.TrimSpace(first))
	if err == nil && two {
		b, err = strconv.Atoi(strings.TrimSpace(second))
	} else {
		b = a
	}
	if err != nil || !two && !one {
		return 0, 0, fmt.Errorf("%s: need two whole numbers with a comma, have %q", flag, text)
	}
	return a, b, nil
}

// describe is the mesh in one line.
func (n *nocFlags) describe() string {
	s := n.spec
	return fmt.Sprintf("%d x %d mesh, %d VCs of %d flits, %s allocation, packets of %s, %s traffic, seed %d",
		s.W, s.H, s.VCs, s.Buffer, s.Alloc, many(s.Flits, "flit"), n.traffic.Pattern, n.seed)
}

type nocPoint struct {
	Load     float64 `json:"load"`
	Latency  float64 `json:"latency_mean"`
	Min      int64   `json:"latency_min"`
	Max      int64   `json:"latency_max"`
	Accepted float64 `json:"accepted"`
	Routers  float64 `json:"hops_routers"`
	Stable   bool    `json:"stable"`
	Packets  int64   `json:"packets"`
	Lost     int64   `json:"lost"`
	Left     int64   `json:"left"`
	Cycles   int64   `json:"cycles"`
	Seconds  float64 `json:"seconds"`

	Events []nocEvent `json:"events,omitempty"`
	Losses nocLosses  `json:"losses"`
}

// nocLosses counts events of the whole run, warm-up included.
type nocLosses struct {
	Dropped  int64 `json:"dropped"`
	DeadLink int64 `json:"dead_link"`
	Overdue  int64 `json:"overdue"`
	Blocked  int64 `json:"blocked"`
}

func losses(k [mesh.NumKinds]int64) nocLosses {
	return nocLosses{k[mesh.Dropped], k[mesh.DeadLink], k[mesh.Overdue], k[mesh.Blocked]}
}

// nocEvent is a packet that was lost or blocked, and where.
type nocEvent struct {
	Kind   string `json:"kind"`
	Tick   int64  `json:"tick"`
	Cycle  int64  `json:"cycle"`
	Subnet int32  `json:"subnet"`
	X      int32  `json:"x"`
	Y      int32  `json:"y"`
	Port   int32  `json:"port"`
	VC     int32  `json:"vc"`
	Packet int64  `json:"packet"`
	Src    int32  `json:"source"`
	Dst    int32  `json:"target"`
}

type nocHop struct {
	Hops    int `json:"hops"`
	Latency int `json:"latency"`
}

type nocJSON struct {
	Schema     string     `json:"schema"`
	Network    string     `json:"network"`
	Warmup     int64      `json:"warmup"`
	Cycles     int64      `json:"cycles"`
	Seed       uint64     `json:"seed"`
	Points     []nocPoint `json:"points"`
	ZeroLoad   []nocHop   `json:"zero_load"`
	Saturation *float64   `json:"saturation"`
	Knee       *float64   `json:"load_at_3x"`
	Base       float64    `json:"latency_base"`
	Faults     nocFaults  `json:"faults"`
}

// nocFaults counts the defects of the mesh that was measured.
type nocFaults struct {
	Links   int     `json:"dead_links"`
	Routers int     `json:"dead_routers"`
	Stuck   int     `json:"stuck_buffers"`
	Drop    float64 `json:"drop"`
}

func (n *nocFlags) object(c *mesh.Curve, f mesh.Faults) nocJSON {
	o := nocJSON{Schema: "hillock/noc/1", Network: n.describe(), Warmup: n.window.Warmup, Cycles: n.window.Cycles, Seed: n.seed,
		Points: []nocPoint{}, ZeroLoad: []nocHop{}, Base: c.Base,
		Faults: nocFaults{len(f.Links), len(f.Routers), len(f.Stuck), f.Drop}}
	if !n.only {
		o.Saturation, o.Knee = &c.Saturation, &c.Knee
	}
	for _, p := range c.Points {
		o.Points = append(o.Points, nocPoint{p.Load, p.Latency, p.Min, p.Max, p.Accepted, p.Routers, p.Stable, p.Packets, p.Lost, p.Left, p.Cycles, p.Seconds, nocEvents(p.Events), losses(p.Kinds)})
	}
	for _, h := range c.ZeroLoad {
		o.ZeroLoad = append(o.ZeroLoad, nocHop{h.Hops, h.Latency})
	}
	return o
}

func nocEvents(events []mesh.Event) (out []nocEvent) {
	for _, e := range events {
		out = append(out, nocEvent{e.Kind.String(), e.Tick, e.Cycle, e.Subnet, e.X, e.Y, e.Port, e.VC, e.Packet, e.Src, e.Dst})
	}
	return out
}

func nocRows(c *mesh.Curve) (rows [][]string) {
	for _, p := range c.Points {
		stable := "yes"
		if !p.Stable {
			stable = "no"
		}
		rows = append(rows, []string{fmt.Sprintf("%.4g", p.Load), fmt.Sprintf("%.3f", p.Latency), fmt.Sprintf("%.5f", p.Accepted),
			fmt.Sprintf("%.3f", p.Routers), stable, fmt.Sprint(p.Lost)})
	}
	return rows
}

var nocHeader = []string{"load", "latency", "accepted", "routers", "stable", "lost"}

func printNoc(w io.Writer, c *mesh.Curve, limits bool) error {
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "%8s %10s %10s %8s %7s %7s\n", anys(cells)...) }
	line(nocHeader)
	for _, r := range nocRows(c) {
		line(r)
	}
	if limits {
		fmt.Fprintf(&b, "accepted at load 1: %.5f\nload at 3 times the latency of %.2f: %.4f\n", c.Saturation, c.Base, c.Knee)
	}
	b.WriteString("zero load:")
	for i, h := range c.ZeroLoad {
		if i == 16 {
			last := c.ZeroLoad[len(c.ZeroLoad)-1]
			fmt.Fprintf(&b, " ... %d:%d", last.Hops, last.Latency)
			break
		}
		fmt.Fprintf(&b, " %d:%d", h.Hops, h.Latency)
	}
	b.WriteString(" (hops:cycles)\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func anys(cells []string) (out []any) {
	for _, c := range cells {
		out = append(out, c)
	}
	return out
}

// writePage writes latency and accepted rate over load.
func (n *nocFlags) writePage(cmd *cobra.Command, c *mesh.Curve) error {
	p := page.New("hillock noc", n.describe())
	var latency, accepted, offered page.Series
	latency.Label, accepted.Label, offered.Label = "mean latency", "accepted", "offered"
	for _, x := range c.Points {
		if x.Stable {
			latency.X, latency.Y = append(latency.X, x.Load), append(latency.Y, x.Latency)
		}
		accepted.X, accepted.Y = append(accepted.X, x.Load), append(accepted.Y, x.Accepted)
	}
	offered.X, offered.Y = accepted.X, accepted.X
	far := max(c.Knee, accepted.X[len(accepted.X)-1])
	limit := page.Series{Label: "3 times the latency without load", X: []float64{0, far}, Y: []float64{mesh.KneeFactor * c.Base, mesh.KneeFactor * c.Base}}
	p.Lines("Latency over load, stable loads", "load, packets per node and cycle", "latency, cycles", []page.Series{latency, limit})
	p.Lines("Accepted over load", "load, packets per node and cycle", "accepted, packets per node and cycle", []page.Series{accepted, offered})
	p.Table("Points", nocHeader, nocRows(c))
	var hops [][]string
	for _, h := range c.ZeroLoad {
		hops = append(hops, []string{fmt.Sprint(h.Hops), fmt.Sprint(h.Latency)})
	}
	p.Table("Without load", []string{"hops", "latency, cycles"}, hops)
	if n.only {
		return writeOutput(cmd, n.html, p.Render)
	}
	p.Table("Limits", []string{"what", "packets per node and cycle"}, [][]string{
		{"accepted at load 1", fmt.Sprintf("%.5f", c.Saturation)}, {"load at 3 times the latency without load", fmt.Sprintf("%.5f", c.Knee)}})
	return writeOutput(cmd, n.html, p.Render)
}
