package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"hillock/compiler/partition"
	"hillock/compiler/placement"
)

// mapFlags are the flags of map.
type mapFlags struct {
	common
	capacity, axons, synapses  int64
	effort, coords, part, html string
	seed                       uint64
	workers                    int
}

// mapReport is the JSON of map.
type mapReport struct {
	Schema  string  `json:"schema"`
	Neurons int     `json:"neurons"`
	Nets    int     `json:"nets"`
	Effort  string  `json:"effort"`
	Cores   int     `json:"cores"`
	Mesh    [2]int  `json:"mesh"`
	Packets int64   `json:"packets"`
	Axons   int64   `json:"axons"`
	Unicast int64   `json:"unicast"`
	Tree    int64   `json:"tree"`
	MaxLink int64   `json:"maxlink"`
	MaxCore int64   `json:"maxcore"`
	MaxN    int32   `json:"maxn"`
	MaxAx   int32   `json:"maxax"`
	MaxSyn  int32   `json:"maxsyn"`
	From    string  `json:"from"`
	Note    string  `json:"note,omitempty"`
	Seconds float64 `json:"seconds"`
}

func newMap() *cobra.Command {
	var f mapFlags
	cmd := &cobra.Command{
		Use: "map FILE.hgr", Short: "Partition and place a bare hypergraph: few packets, short routes, no limit broken", Args: needArgs(1, 1, "1 operand FILE.hgr"),
		Long: `Divide the neurons of a hypergraph (hMETIS format 1: a weighted net per neuron, its
source first) among cores and place the cores on a near-square mesh. Packets count
each spike once per other core that holds a target; unicast and tree are their
hops, one packet per core or multicast. PART has a line per neuron: its core, which
is also its tile, row by row. No limit is ever broken; if a limit leaves no way,
that is an error.`,
		Example: `  hillock map net.hgr --capacity 256 -o net.part
  hillock map net.hgr --capacity 1024 --max-axons 4096 --effort high --json
  hillock map net.hgr --coords net.csv --effort fast --html net.html`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.add(cmd)
	fl := cmd.Flags()
	fl.Int64Var(&f.capacity, "capacity", 256, "neurons that a core holds")
	fl.Int64Var(&f.axons, "max-axons", 0, "distinct sources that a core can hear of; 0 is no limit")
	fl.Int64Var(&f.synapses, "max-synapses", 0, "synapses that a core holds; 0 is no limit")
	fl.StringVar(&f.effort, "effort", "normal", "fast, normal or high")
	fl.StringVar(&f.coords, "coords", "", "file with a line per neuron: y x, layer y x, or layer channel y x")
	fl.StringVarP(&f.part, "output", "o", "", "write the core of each neuron, a line each")
	fl.StringVar(&f.html, "html", "", "write a page: floor plan, links, resources of each core")
	fl.Uint64Var(&f.seed, "seed", 0, "seed of the search")
	fl.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "goroutines; the result does not depend on it")
	return cmd
}

// problem reads the files into what is to be solved.
func (f *mapFlags) problem(cmd *cobra.Command, path string) (*partition.Problem, error) {
	for _, x := range []struct {
		flag     string
		low, val int64
	}{{"capacity", 1, f.capacity}, {"max-axons", 0, f.axons}, {"max-synapses", 0, f.synapses}} {
		if x.val < x.low || x.val > math.MaxInt32 {
			return nil, fmt.Errorf("map: --%s: need %d to %d, have %d", x.flag, x.low, math.MaxInt32, x.val)
		}
	}
	b, err := readInput(cmd, path)
	if err != nil {
		return nil, err
	}
	if err := needText(b, path, "a hypergraph in hMETIS format 1"); err != nil {
		return nil, err
	}
	h, err := partition.ReadHGR(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p := &partition.Problem{Graph: h, MaxInAxons: f.axons, Resources: []partition.Resource{{Name: "neurons", Limit: f.capacity}}}
	if f.synapses > 0 {
		p.Resources = append(p.Resources, partition.Resource{Name: "synapses", Need: h.FanIn(), Limit: f.synapses})
	}
	if f.coords == "" {
		return p, nil
	}
	if b, err = readInput(cmd, f.coords); err != nil {
		return nil, err
	}
	if p.Coords, err = partition.ReadCoords(b, h.Neurons); err != nil {
		return nil, fmt.Errorf("%s: %w", f.coords, err)
	}
	return p, nil
}

func (f *mapFlags) run(cmd *cobra.Command, path string) error {
	effort, err := partition.ParseEffort(f.effort)
	if err != nil {
		return fmt.Errorf("map: --effort: %w", err)
	}
	if err := checkWorkers("map", f.workers); err != nil {
		return err
	}
	out, err := f.report(cmd, f.part, f.html)
	if err != nil {
		return err
	}
	start := time.Now()
	p, err := f.problem(cmd, path)
	if err != nil {
		return err
	}
	m, err := mapResult(p, partition.Options{Effort: effort, Seed: f.seed, Workers: f.workers})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if f.part != "" {
		if err := writeOutput(cmd, f.part, m.writePart); err != nil {
			return err
		}
	}
	if f.html != "" {
		if err := writeOutput(cmd, f.html, m.page(path, p).Render); err != nil {
			return err
		}
	}
	r := m.report(p)
	r.Effort, r.Seconds = f.effort, time.Since(start).Seconds()
	if f.json {
		return printJSON(out, r)
	}
	return printMap(out, path, r)
}

// mapping is a partition with its places.
type mapping struct {
	result *partition.Result
	score  *partition.Score
	mesh   placement.Mesh
	links  []int64
	cost   placement.Cost
}

// mapResult partitions and places; cores are numbered by their tiles.
func mapResult(p *partition.Problem, o partition.Options) (*mapping, error) {
	r, err := partition.Run(p, o)
	if err != nil {
		return nil, err
	}
	m := &mapping{result: r, mesh: placement.Square(r.Cores)}
	t := placement.Of(p.Graph, r.Part, r.Cores)
	tile, err := placement.Place(t, m.mesh, placement.Options{Seed: o.Seed, Attempts: placement.Attempts(r.Cores, int(o.Effort))})
	if err != nil {
		return nil, err
	}
	m.links, m.cost = placement.Links(t, m.mesh, tile)
	busy := make([]int64, len(m.cost.Core)) // by tile, as cores are numbered from here on
	for c, x := range m.cost.Core {
		busy[tile[c]] = x
	}
	m.cost.Core = busy
	for v, c := range r.Part {
		r.Part[v] = tile[c]
	}
	m.score = partition.Rate(p.Graph, r.Part, r.Cores)
	return m, nil
}

func (m *mapping) writePart(w io.Writer) error {
	b := bufio.NewWriterSize(w, 1<<16)
	var line []byte
	for _, c := range m.result.Part {
		line = append(strconv.AppendInt(line[:0], int64(c), 10), '\n')
		if _, err := b.Write(line); err != nil {
			return err
		}
	}
	return b.Flush()
}

func (m *mapping) report(p *partition.Problem) mapReport {
	return mapReport{Schema: "hillock/map/1", Neurons: p.Graph.Neurons, Nets: p.Graph.Nets(),
		Cores: m.score.Cores, Mesh: [2]int{m.mesh.W, m.mesh.H}, Packets: m.score.Packets, Axons: m.score.Axons,
		Unicast: m.cost.Unicast, Tree: m.cost.Tree, MaxLink: m.cost.MaxLink, MaxCore: m.cost.MaxCore,
		MaxN: slices.Max(m.score.Neurons), MaxAx: slices.Max(m.score.InAxons), MaxSyn: slices.Max(m.score.Synapses),
		From: m.result.From, Note: m.result.Note}
}

func printMap(w io.Writer, path string, r mapReport) error {
	fmt.Fprintf(w, "network   %s: %s, %s\n", path, many(r.Neurons, "neuron"), many(r.Nets, "net"))
	fmt.Fprintf(w, "cores     %d on a mesh of %d by %d; most in one: %d neurons, %d in-axons, %d synapses\n", r.Cores, r.Mesh[0], r.Mesh[1], r.MaxN, r.MaxAx, r.MaxSyn)
	fmt.Fprintf(w, "packets   %d per 1,000 ticks (start: %s, effort %s)\n", r.Packets, r.From, r.Effort)
	_, err := fmt.Fprintf(w, "hops      unicast %d, tree %d; fullest link %d, busiest core %d\n", r.Unicast, r.Tree, r.MaxLink, r.MaxCore)
	if r.Note != "" {
		_, err = fmt.Fprintf(w, "note      %s\n", r.Note)
	}
	return err
}
