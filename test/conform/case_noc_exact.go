package conform

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"hillock/router/mesh"
)

type nocZero struct {
	Variant string `json:"variant"`
	MinH0   int64  `json:"min_h0"`
	Max     int64  `json:"max_seen"`
	HOfMax  int    `json:"h_of_max"`
	Formula string `json:"formula"`
}

type nocLoop struct {
	VCs      int     `json:"vcs"`
	Buffer   int     `json:"buf"`
	Credit   int     `json:"credit_delay"`
	Accepted float64 `json:"accepted"`
}

type nocFull struct {
	VCs      int     `json:"vcs"`
	Buffer   int     `json:"buf"`
	Spec     int     `json:"spec"`
	Traffic  string  `json:"traffic"`
	Accepted float64 `json:"accepted"`
}

// replayNocExact replays latencies without load, hop by hop, and the rate of
// one flow per link.
func replayNocExact(d *doc, c *checker) error {
	z, err := d.object("zero_load")
	if err != nil {
		return err
	}
	var zero []nocZero
	if err := z.unpack("measured", &zero); err != nil {
		return err
	}
	for i, x := range zero {
		if err := replayZero(z, c, x, i); err != nil {
			return err
		}
	}
	l, err := d.object("credit_loop")
	if err != nil {
		return err
	}
	var loop []nocLoop
	if err := l.unpack("measured", &loop); err != nil {
		return err
	}
	for i, x := range loop {
		if err := replayLoop(l, c, x, i); err != nil {
			return err
		}
	}
	if !d.has("speculative_saturation") {
		return nil
	}
	return replayFull(d, c)
}

var (
	variantValue = regexp.MustCompile(`(routing_delay|routing|st_final_delay|st_prepare_delay|credit_delay) (\d+)`)
	variantFlits = regexp.MustCompile(`^(\d+) flits`)
	lineFormula  = regexp.MustCompile(`^(\d+)\+(\d+)h`)
)

// variants is the meshes that the words of a variant name.
func variants(words string) (out []mesh.Spec, err error) {
	for _, part := range strings.Split(words, " or ") {
		s := mesh.Default()
		if strings.HasPrefix(part, "speculative") {
			s.Alloc = mesh.Joint
		}
		if m := variantFlits.FindStringSubmatch(part); m != nil {
			if s.Flits, err = strconv.Atoi(m[1]); err != nil {
				return nil, err
			}
		}
		for _, m := range variantValue.FindAllStringSubmatch(part, -1) {
			n, err := strconv.Atoi(m[2])
			if err != nil {
				return nil, err
			}
			switch m[1] {
			case "routing", "routing_delay":
				s.Routing = n
			case "st_final_delay":
				s.Crossbar = n
			case "st_prepare_delay":
				s.Crossbar = n + 1
			default:
				s.Credit = n
			}
		}
		if err := s.Check(); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func replayZero(d *doc, c *checker, x nocZero, index int) error {
	specs, err := variants(x.Variant)
	if err != nil {
		return d.fail("measured", fmt.Sprintf("entry %d", index), "a variant of the mesh", err.Error())
	}
	f := lineFormula.FindStringSubmatch(x.Formula)
	if f == nil {
		return d.fail("measured", fmt.Sprintf("entry %d", index), "a formula a+bh", clip(x.Formula))
	}
	a, _ := strconv.ParseInt(f[1], 10, 32) // the expression holds digits only
	b, _ := strconv.ParseInt(f[2], 10, 32)
	for _, s := range specs {
		m, err := mesh.New(s)
		if err != nil {
			return err
		}
		hops, err := m.ZeroLoad()
		if err != nil {
			return err
		}
		for _, h := range hops {
			at := fmt.Sprintf("%s, %d hops", clip(x.Variant), h.Hops)
			c.equalAt("zero_load", index, a+b*int64(h.Hops), int64(h.Latency), func() string { return at })
			if h.Hops == 0 {
				c.equalAt("min_h0", index, x.MinH0, int64(h.Latency), func() string { return at })
			}
			if h.Hops == x.HOfMax {
				c.equalAt("max_seen", index, x.Max, int64(h.Latency), func() string { return at })
			}
		}
	}
	return nil
}

// replayLoop has one flow over each link of a row of eight. With one VC the
// rate is exact; the record has three digits.
func replayLoop(d *doc, c *checker, x nocLoop, index int) error {
	s := mesh.Default()
	s.H, s.VCs, s.Buffer, s.Credit = 1, x.VCs, x.Buffer, x.Credit
	where := fmt.Sprintf("%d VCs of %d, credit delay %d", x.VCs, x.Buffer, x.Credit)
	m, err := mesh.New(s)
	if err != nil {
		return d.fail("measured", where, "a mesh that can be built", err.Error())
	}
	loop := 6 + x.Credit
	p, err := m.Measure(mesh.Traffic{Pattern: mesh.Neighbor, Load: 1, Seed: 1}, mesh.Window{Warmup: 1000, Cycles: int64(1200 * loop)})
	if err != nil {
		return err
	}
	law := math.Min(1, math.Min(float64(x.VCs)/2, float64(x.VCs*x.Buffer)/float64(loop)))
	switch x.VCs {
	case 1:
		c.within("credit_loop", index, law, p.Accepted, 1e-9, where)
		c.within("accepted", index, x.Accepted, p.Accepted, 0.0005/x.Accepted, where)
		return nil
	case 2:
		c.within("credit_loop", index, law, p.Accepted, 0.02, where)
	}
	c.within("accepted", index, x.Accepted, p.Accepted, 0.02, where)
	return nil
}

func replayFull(d *doc, c *checker) error {
	var full []nocFull
	if err := d.unpack("speculative_saturation", &full); err != nil {
		return err
	}
	for i, x := range full {
		s := mesh.Default()
		s.VCs, s.Buffer = x.VCs, x.Buffer
		if x.Spec != 0 {
			s.Alloc = mesh.Joint
		}
		where := fmt.Sprintf("%s, %d VCs of %d", clip(x.Traffic), x.VCs, x.Buffer)
		t, err := nocTraffic(x.Traffic)
		if err != nil {
			return d.fail("speculative_saturation", where, "a known pattern", err.Error())
		}
		t.Load = 1
		m, err := mesh.New(s)
		if err != nil {
			return d.fail("speculative_saturation", where, "a mesh that can be built", err.Error())
		}
		p, err := m.Measure(t, nocWindow)
		if err != nil {
			return d.fail("speculative_saturation", where, "a run", err.Error())
		}
		c.within("speculative_saturation", i, x.Accepted, p.Accepted, nocAccepted, where)
	}
	return nil
}
