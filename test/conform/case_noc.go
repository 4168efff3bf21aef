package conform

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"hillock/router/mesh"
)

// The tolerances of curves, from the README beside the vectors; those of hops
// and accepted rates below saturation cover the noise of the recorded runs,
// which measured a few thousand packets.
const (
	nocNear     = 0.02 // latency up to nocNearKnee of the knee
	nocFar      = 0.10 // latency up to nocFarKnee of the knee
	nocNearKnee = 0.75
	nocFarKnee  = 0.95
	nocKnee     = 0.05
	nocAccepted = 0.05
	nocHops     = 0.03
	nocText     = "latency within 2 % to 75 % of the knee and 10 % to 95 %, knee and accepted rates within 5 %, hops within 3 %"
)

// nocWindow is what a point is measured over.
var nocWindow = mesh.Window{Warmup: 5000, Cycles: 30000}

// within compares a number that was measured with noise.
func (c *checker) within(field string, index int, want, got, tolerance float64, where string) {
	c.res.Compared++
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		c.miss(Failure{Field: field, Tick: -1, Index: index, Where: where, Want: fmt.Sprintf("%.6g within %.3g %%", want, 100*tolerance), Got: fmt.Sprintf("%.6g", got)})
	}
}

// nocConfig is the mesh of a file of curves.
type nocConfig struct {
	K           int    `json:"k"`
	Flits       int    `json:"packet_flits"`
	Link        int    `json:"link_cycles"`
	Inject      int    `json:"inject_link_cycles"`
	Eject       int    `json:"eject_link_cycles"`
	CreditLink  int    `json:"credit_link_cycles"`
	Routing     int    `json:"routing_delay"`
	VCAlloc     int    `json:"vc_alloc_delay"`
	SwitchAlloc int    `json:"sw_alloc_delay"`
	Crossbar    int    `json:"crossbar_delay"`
	Credit      int    `json:"credit_delay"`
	InSpeedup   int    `json:"input_speedup"`
	OutSpeedup  int    `json:"output_speedup"`
	Speculative string `json:"speculative"`
}

type nocCurve struct {
	K       int    `json:"k"`
	Traffic string `json:"traffic"`
	VCs     int    `json:"vcs"`
	Buffer  int    `json:"buffer_flits_per_vc"`
	Points  []struct {
		Load     float64  `json:"load"`
		Latency  float64  `json:"latency"`
		Accepted float64  `json:"accepted"`
		Routers  *float64 `json:"hops_routers"`
		Stable   bool     `json:"stable"`
	} `json:"points"`
	Saturation *struct {
		Accepted float64 `json:"accepted_mean"`
	} `json:"saturation"`
	Knee *struct {
		Mid  float64 `json:"mid"`
		Low  float64 `json:"low"`
		High float64 `json:"high"`
	} `json:"load_at_3x_latency"`
}

// unpack decodes a field into a struct.
func (d *doc) unpack(name string, v any) error {
	raw := d.raw(name)
	if raw == nil {
		return d.fail(name, "", "an object or a list", "nothing")
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return d.fail(name, "", "the fields of its kind", err.Error())
	}
	return nil
}

// replayNocCurves measures the recorded loads again.
func replayNocCurves(d *doc, c *checker) error {
	var cfg nocConfig
	var curves []nocCurve
	if err := d.unpack("config", &cfg); err != nil {
		return err
	}
	if err := d.unpack("curves", &curves); err != nil {
		return err
	}
	if len(curves) > 64 {
		return d.fail("curves", "", "at most 64 curves", strconv.Itoa(len(curves)))
	}
	c.res.Reason = nocText
	for i := range curves {
		if err := replayNocCurve(d, c, cfg, &curves[i], i); err != nil {
			return err
		}
	}
	return nil
}

// spec is the mesh of a curve.
func (g nocConfig) spec(x *nocCurve) (mesh.Spec, error) {
	s := mesh.Default()
	if g.VCAlloc != 1 || g.SwitchAlloc != 1 || g.InSpeedup != 1 || g.OutSpeedup != 1 {
		return s, fmt.Errorf("allocators of one cycle without speedup")
	}
	if x.K > 64 {
		return s, fmt.Errorf("k of at most 64")
	}
	s.W, s.H, s.VCs, s.Buffer = x.K, x.K, x.VCs, x.Buffer
	s.Flits, s.Routing, s.Crossbar, s.Credit = g.Flits, g.Routing, g.Crossbar, g.Credit
	s.LinkX, s.LinkY, s.InjectLink, s.EjectLink, s.CreditLink = g.Link, g.Link, g.Inject, g.Eject, g.CreditLink
	if g.Speculative != "" {
		s.Alloc = mesh.Joint
	}
	return s, s.Check()
}

var nodeList = regexp.MustCompile(`\d+(,\d+)*`)

// nocTraffic is a pattern by its words; a hotspot's targets follow them.
func nocTraffic(s string) (t mesh.Traffic, err error) {
	name, rest, _ := strings.Cut(s, ":")
	t.Seed = 1
	if t.Pattern, err = mesh.ParsePattern(strings.TrimSpace(name)); err != nil {
		return t, err
	}
	if list := nodeList.FindString(rest); list != "" {
		for _, w := range strings.Split(list, ",") {
			n, err := strconv.Atoi(w)
			if err != nil {
				return t, err
			}
			t.Hotspots = append(t.Hotspots, n)
		}
	}
	return t, nil
}

func replayNocCurve(d *doc, c *checker, cfg nocConfig, x *nocCurve, index int) error {
	where := fmt.Sprintf("curve %d: k %d, %s, %d VCs of %d", index, x.K, clip(x.Traffic), x.VCs, x.Buffer)
	s, err := cfg.spec(x)
	if err != nil {
		return d.fail("curves", where, "a mesh that can be built", err.Error())
	}
	t, err := nocTraffic(x.Traffic)
	if err != nil {
		return d.fail("curves", where, "a known pattern", err.Error())
	}
	if len(x.Points) == 0 || len(x.Points) > 256 {
		return d.fail("curves", where, "1 to 256 points", strconv.Itoa(len(x.Points)))
	}
	loads, at := x.below()
	got, err := mesh.Sweep(s, mesh.Faults{}, t, loads, nocWindow, true, nil)
	if err != nil {
		return d.fail("curves", where, "a run", err.Error())
	}
	for i, p := range got.Points {
		want := x.Points[at[i]]
		here := fmt.Sprintf("%s, load %g", where, want.Load)
		tolerance := nocFar
		if want.Load <= nocNearKnee*x.kneeOr(got.Knee) {
			tolerance = nocNear
		} else if want.Load > nocFarKnee*x.kneeOr(got.Knee) {
			continue
		}
		c.within("latency", at[i], want.Latency, p.Latency, tolerance, here)
		c.within("accepted", at[i], want.Accepted, p.Accepted, nocAccepted, here)
		if want.Routers != nil {
			c.within("hops_routers", at[i], *want.Routers, p.Routers, nocHops, here)
		}
	}
	x.limits(c, got, t.Pattern, index, where)
	return nil
}

// kneeOr is the recorded knee, or the measured one.
func (x *nocCurve) kneeOr(measured float64) float64 {
	if x.Knee != nil {
		return x.Knee.Mid
	}
	return measured
}

// below is the loads that can be judged, and their places.
func (x *nocCurve) below() (loads []float64, at []int) {
	for i, p := range x.Points {
		if i == 0 || p.Stable && (x.Knee == nil || p.Load <= nocFarKnee*x.Knee.Mid) {
			loads, at = append(loads, p.Load), append(at, i)
		}
	}
	return loads, at
}

// limits compares the knee and the accepted rate at load 1. Where no knee is
// recorded, it must lie between the points around it.
func (x *nocCurve) limits(c *checker, got *mesh.Curve, p mesh.Pattern, index int, where string) {
	if x.Knee != nil {
		c.within("load_at_3x_latency", index, x.Knee.Mid, got.Knee, nocKnee, where)
	} else {
		low, high := 0.0, 1.0
		limit := mesh.KneeFactor * x.Points[0].Latency
		for _, q := range x.Points {
			if q.Stable && q.Latency < limit {
				low = math.Max(low, q.Load)
			} else {
				high = math.Min(high, q.Load)
			}
		}
		mid := (low + high) / 2
		c.within("load_at_3x_latency", index, mid, got.Knee, ((high-low)/2+nocKnee*mid)/mid, where)
	}
	// Past saturation the accepted rate of the other patterns is no limit:
	// one collapses, another starves its far flows.
	if x.Saturation != nil && (p == mesh.Uniform || p == mesh.Neighbor || p == mesh.Hotspot) {
		c.within("saturation.accepted_mean", index, x.Saturation.Accepted, got.Saturation, nocAccepted, where)
	}
}
