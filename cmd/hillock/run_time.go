package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/chip/timing"
	"hillock/internal/page"
	"hillock/router/aer"
)

// timeFlags say what a run tells of its times.
type timeFlags struct {
	timing    string
	bounds    string
	incidents string
	mesh      timing.MeshOptions
	drop      int
	wave      waveFlags

	profile chip.Profile
	list    []aer.Incident
	kinds   [timing.NumKinds]int64
	one     []timing.Incident // of a tick
	rows    *csv.Writer       // of --bounds
}

func (t *timeFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&t.timing, "timing", timing.Analytic, "level of times: functional, analytic, queued or mesh")
	f.StringVar(&t.bounds, "bounds", "", "write what bound each tick, as csv")
	f.StringVar(&t.incidents, "incidents", "", "write the packets that were late, dropped, merged or blocked, as csv")
	f.IntVar(&t.mesh.BlockedAfter, "blocked-after", 1024, "mesh: a packet that waits in a router for so many cycles is blocked; 0 = never")
	f.IntVar(&t.drop, "drop-after", 0, "mesh: drop a packet that cannot leave a router for so many cycles; 0 = as the chip does")
	f.Float64Var(&t.mesh.Links, "dead-links", 0, "mesh: probability that a link is dead")
	f.Float64Var(&t.mesh.Routers, "dead-routers", 0, "mesh: probability that a router is dead")
	f.Float64Var(&t.mesh.Stuck, "stuck-buffers", 0, "mesh: probability that a buffer never gives a place back")
	f.Float64Var(&t.mesh.Drop, "drop", 0, "mesh: probability that a packet is lost on a link")
	t.wave.add(f)
}

// mostWait bounds --blocked-after and --drop-after.
const mostWait = 1 << 30

func (t *timeFlags) check() error {
	if timing.Known(t.timing) != nil {
		return fmt.Errorf("run: --timing %q, need one of %s", t.timing, strings.Join(timing.Names(), ", "))
	}
	if t.mesh.BlockedAfter < 0 || t.mesh.BlockedAfter > mostWait {
		return fmt.Errorf("run: --blocked-after %d, need 0..%d", t.mesh.BlockedAfter, mostWait)
	}
	if t.drop < 0 || t.drop > mostWait {
		return fmt.Errorf("run: --drop-after %d, need 0..%d", t.drop, mostWait)
	}
	if err := t.mesh.Check(); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	if t.timing != timing.Mesh && (t.drop > 0 || t.mesh.Links+t.mesh.Routers+t.mesh.Stuck+t.mesh.Drop > 0) {
		return fmt.Errorf("run: --drop-after and faults of the network: need --timing mesh, have %s", t.timing)
	}
	return t.wave.check()
}

// prepare sets what the flags change of an image and of how it runs.
func (t *timeFlags) prepare(img *chip.Image, o *chip.Options) {
	if t.drop > 0 {
		img.Latency.Network.DropAfter = t.drop
	}
	o.Timing, o.Incidents, o.Mesh = t.timing, true, t.mesh
	o.Watch = t.wave.on()
}

// tick takes the times of the tick that m just computed.
func (t *timeFlags) tick(tick int64, m *chip.Machine) error {
	if err := t.profile.Tick(tick, m); err != nil {
		return err
	}
	if t.rows != nil {
		if err := t.rows.Write(boundRow(m, tick)); err != nil {
			return err
		}
	}
	t.one = m.Incidents(t.one[:0])
	img := m.Image()
	for _, x := range t.one {
		t.kinds[x.Kind]++
		if len(t.list) < aer.MaxIncidents {
			t.list = append(t.list, aer.Incident{Tick: tick, Cycle: x.Cycle, Kind: uint8(x.Kind), Src: coreID(img, x.Src), Dst: coreID(img, x.Dst), Axon: x.Axon, X: x.X, Y: x.Y, Port: x.Port})
		}
	}
	return t.wave.tick(tick, m)
}

// coreID is the number of a core on its chip, -1 if it is not known.
func coreID(img *chip.Image, i int32) int32 {
	if i < 0 {
		return -1
	}
	return int32(img.Cores[i].ID)
}

var boundHead = []string{"tick", "time_s", "longest", "bound", "class", "core", "link", "generate_s", "link_s", "process_s", "barrier_s"}

func boundRow(m *chip.Machine, tick int64) []string {
	b := m.Bound()
	link, core := "", ""
	if b.Term == timing.Link {
		link = linkName(b.Link)
	}
	if b.Core >= 0 {
		core = strconv.Itoa(m.Image().Cores[b.Core].ID)
	}
	s := func(fs int64) string { return strconv.FormatFloat(chip.Femtoseconds(fs).Seconds(), 'g', 9, 64) }
	return []string{strconv.FormatInt(tick, 10), s(b.Work() + b.Sync), b.Longest().String(), b.Term.String(), b.Class.String(), core, link, s(b.Gen), s(b.Net), s(b.Proc), s(b.Sync)}
}

// linkName names a link by its router and side.
func linkName(l timing.LinkID) string {
	if l.Side < 0 {
		return fmt.Sprintf("(%d,%d) local", l.X, l.Y)
	}
	return fmt.Sprintf("(%d,%d) %s", l.X, l.Y, timing.SideNames[l.Side&3])
}

// during calls run with the files open that are written tick by tick.
func (t *timeFlags) during(cmd *cobra.Command, img *chip.Image, run func() error) error {
	if t.bounds == "" {
		return t.wave.during(cmd, img, run)
	}
	return writeOutput(cmd, t.bounds, func(w io.Writer) error {
		t.rows = csv.NewWriter(w)
		if err := t.rows.Write(boundHead); err != nil {
			return err
		}
		if err := t.wave.during(cmd, img, run); err != nil {
			return err
		}
		t.rows.Flush()
		return t.rows.Error()
	})
}

// write writes the files that are made at the end.
func (t *timeFlags) write(cmd *cobra.Command) error {
	if t.incidents == "" {
		return nil
	}
	aer.SortIncidents(t.list)
	return writeOutput(cmd, t.incidents, func(w io.Writer) error { return aer.WriteIncidents(w, t.list) })
}

// pathOrder is the parts of a critical path in the order in which they follow.
var pathOrder = [...]timing.Term{timing.Generate, timing.Link, timing.Process, timing.Barrier}

// shownPlaces is the number of bottlenecks that are listed.
const shownPlaces = 5

func (t *timeFlags) print(out io.Writer, img *chip.Image, took chip.Femtoseconds) {
	if t.timing == timing.Functional {
		return
	}
	fmt.Fprintf(out, "time (%s): %.3f us\n", t.timing, 1e6*took.Seconds())
	p := &t.profile
	if took == 0 {
		return
	}
	var parts []string
	for _, k := range pathOrder {
		parts = append(parts, fmt.Sprintf("%s %.1f %%", k, 100*float64(p.Path[k])/float64(took)))
	}
	fmt.Fprintf(out, "critical path: %s\n", strings.Join(parts, ", "))
	parts = nil
	for c, n := range p.Classes {
		parts = append(parts, fmt.Sprintf("%s %d", timing.Class(c), n))
	}
	fmt.Fprintf(out, "ticks bound by: %s; the barrier is longest in %d of %d\n", strings.Join(parts, ", "), p.Terms[timing.Barrier], p.Ticks)
	parts = nil
	for _, b := range p.Bottlenecks(img, shownPlaces) {
		parts = append(parts, fmt.Sprintf("%s %s in %d", placeName(b), b.Term, b.Ticks))
	}
	if len(parts) > 0 {
		fmt.Fprintf(out, "most often: %s\n", strings.Join(parts, ", "))
	}
	if n := t.kinds[timing.Blocked]; n > 0 {
		fmt.Fprintf(out, "blocked packets: %d\n", n)
	}
}

func placeName(b chip.Bottleneck) string {
	if b.Term == timing.Link {
		return linkName(b.Link)
	}
	return fmt.Sprintf("core %d", b.Core)
}

// timeJSON is what bound the ticks of a run.
type timeJSON struct {
	Level     string             `json:"level"`
	Path      map[string]float64 `json:"critical_path_s"` // time of the critical paths by part
	Longest   map[string]int64   `json:"longest_ticks"`   // ticks by their longest part
	Bound     map[string]int64   `json:"bound_ticks"`     // ticks by the resource behind the longest part, the barrier left out
	Places    []placeJSON        `json:"bottlenecks"`     // by ticks
	Incidents map[string]int64   `json:"incidents"`
}

type placeJSON struct {
	Term  string `json:"term"`
	Core  *int   `json:"core,omitempty"`
	Link  string `json:"link,omitempty"`
	Ticks int64  `json:"ticks"`
}

// maxPlaces is the number of bottlenecks in JSON.
const maxPlaces = 100

func (t *timeFlags) object(img *chip.Image) *timeJSON {
	p := &t.profile
	j := &timeJSON{Level: t.timing, Path: map[string]float64{}, Longest: map[string]int64{}, Bound: map[string]int64{}, Places: []placeJSON{}, Incidents: map[string]int64{}}
	for k, n := range t.kinds {
		j.Incidents[timing.Kind(k).String()] = n
	}
	if t.timing == timing.Functional {
		return j
	}
	for _, k := range pathOrder {
		j.Path[k.String()], j.Longest[k.String()] = p.Path[k].Seconds(), p.Terms[k]
	}
	for c, n := range p.Classes {
		j.Bound[timing.Class(c).String()] = n
	}
	for _, b := range p.Bottlenecks(img, maxPlaces) {
		x := placeJSON{Term: b.Term.String(), Ticks: b.Ticks}
		if b.Term == timing.Link {
			x.Link = linkName(b.Link)
		} else {
			core := b.Core
			x.Core = &core
		}
		j.Places = append(j.Places, x)
	}
	return j
}

// addTime shows what bound the ticks of a run.
func (t *timeFlags) addTime(p *page.Page, img *chip.Image) {
	if t.timing == timing.Functional || t.profile.Ticks == 0 {
		return
	}
	prof := &t.profile
	var parts, classes []page.Bar
	for _, k := range pathOrder {
		parts = append(parts, page.Bar{Label: k.String(), Value: prof.Path[k].Seconds()})
	}
	p.Bars("Time of the critical paths by part, "+t.timing, "s", parts)
	for c, n := range prof.Classes {
		classes = append(classes, page.Bar{Label: timing.Class(c).String(), Value: float64(n)})
	}
	p.Bars("Ticks by the resource that bound them, the barrier left out", "ticks", classes)
	p.Lines("Critical path over time", "tick", "us per tick", t.curves())
	var rows [][]string
	for _, b := range prof.Bottlenecks(img, 20) {
		rows = append(rows, []string{placeName(b), b.Term.String(), fmt.Sprint(b.Ticks)})
	}
	if len(rows) > 0 {
		p.Table("What bound most ticks", []string{"place", "part", "ticks"}, rows)
	}
}

// curves bins the parts of the critical paths into at most 200 points.
func (t *timeFlags) curves() []page.Series {
	each := t.profile.Each
	bin := max(1, (len(each)+199)/200)
	n := (len(each) + bin - 1) / bin
	out := make([]page.Series, len(pathOrder))
	for k, term := range pathOrder {
		s := page.Series{Label: term.String(), X: make([]float64, n), Y: make([]float64, n)}
		for i := range s.X {
			lo, hi := i*bin, min((i+1)*bin, len(each))
			s.X[i] = float64(lo)
			for _, b := range each[lo:hi] {
				fs := [...]int64{timing.Generate: b.Gen, timing.Process: b.Proc, timing.Link: b.Net, timing.Barrier: b.Sync}[term]
				s.Y[i] += 1e6 * chip.Femtoseconds(fs).Seconds() / float64(hi-lo)
			}
		}
		out[k] = s
	}
	return out
}
