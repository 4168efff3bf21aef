package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/isa"
)

// modulation sets a modulator register of every core before a tick.
type modulation struct {
	register int
	tick     int64 // -1 = before the first tick of the run
	value    int32
}

// parseModulations reads R=VALUE or R@TICK=VALUE, in the order of the ticks.
func parseModulations(texts []string) ([]modulation, error) {
	var out []modulation
	for _, t := range texts {
		left, right, ok := strings.Cut(t, "=")
		reg, at, timed := strings.Cut(left, "@")
		m := modulation{tick: -1}
		r, err1 := strconv.Atoi(reg)
		v, err2 := strconv.ParseInt(right, 10, 32)
		var err3 error
		if timed {
			m.tick, err3 = strconv.ParseInt(at, 10, 64)
		}
		if !ok || err1 != nil || err2 != nil || err3 != nil || r < 0 || r >= isa.NumMOD || timed && (m.tick < 0 || m.tick > maxTicks) {
			return nil, fmt.Errorf("run: --modulate %q, need R=VALUE or R@TICK=VALUE with R of 0..%d and VALUE of 32 bits", t, isa.NumMOD-1)
		}
		m.register, m.value = r, int32(v)
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b modulation) int { return int(min(max(a.tick-b.tick, -1), 1)) })
	return out, nil
}

// modulate sets the registers that are due before the machine's next tick.
func (r *runFlags) modulate(m *chip.Machine) error {
	for len(r.mods) > 0 && r.mods[0].tick <= m.Tick() {
		if err := m.Modulate(-1, r.mods[0].register, r.mods[0].value); err != nil {
			return err
		}
		r.mods = r.mods[1:]
	}
	return nil
}

// drive runs the ticks and sets registers between them.
func (r *runFlags) drive(m *chip.Machine, ticks int64, in *chip.Schedule, rec *chip.Recorder) error {
	for _, x := range r.mods {
		if first := m.Tick(); x.tick >= 0 && (x.tick < first || x.tick >= first+ticks) {
			return fmt.Errorf("run: --modulate %d@%d=%d: the run has ticks %d..%d", x.register, x.tick, x.value, first, first+ticks-1)
		}
	}
	if err := r.modulate(m); err != nil {
		return err
	}
	if m.Image().Frame != nil {
		return m.Show(ticks, in.Source, func(step int64, m *chip.Machine) error {
			if err := rec.Tick(step, m); err != nil {
				return err
			}
			return r.timeFlags.tick(m.Tick()-1, m)
		})
	}
	rests := r.ticks == 0 && !m.Image().Ticks()
	err := m.Run(ticks, in.Source, func(tick int64, m *chip.Machine) error {
		if err := rec.Tick(tick, m); err != nil {
			return err
		}
		if err := r.timeFlags.tick(tick, m); err != nil {
			return err
		}
		if rests && tick+1 >= r.last && m.AtRest() {
			return errAtRest
		}
		return r.modulate(m)
	})
	switch {
	case errors.Is(err, errAtRest):
		return nil
	case err == nil && rests:
		return fmt.Errorf("run: %d clock edges after the last event the cores are still at work; networks that excite themselves do not rest: --ticks N runs N edges, whether they rest or not, and with --snapshot FILE a later run goes on from there by --restore FILE", maxEdges)
	}
	return err
}

// framed refuses flags that have no meaning for a sample that a host shows step
// by step.
func (r *runFlags) framed(img *chip.Image) error {
	if img.Frame != nil && (r.save != "" || r.restore != "" || len(r.mods) > 0) {
		return fmt.Errorf("run: a sample is shown whole: need --edges for --snapshot, --restore and --modulate")
	}
	return nil
}

// sparse lets cores without ticks pass over edges at which nothing leaves, if
// no flag asks for every edge.
func (r *runFlags) sparse(o *chip.Options, in *chip.Schedule, last int64) {
	if r.wave.on() || r.bounds != "" || r.html != "" || len(r.mods) > 0 {
		return
	}
	o.Passed = r.profile.Pass
	o.Next = func(tick int64) int64 {
		next := in.Next(tick)
		if tick < last {
			return min(next, last-1) // from there on the run may end
		}
		return next
	}
}

// errAtRest stops a run of cores without ticks when nothing is left to do.
var errAtRest = errors.New("at rest")

// maxEdges is how many clock edges cores without ticks may work beyond their
// last event when --ticks does not say how many.
const maxEdges = 10_000_000

// writeWeights writes the synapses that learn as CSV.
func (r *runFlags) writeWeights(cmd *cobra.Command, img *chip.Image, m *chip.Machine) error {
	if r.weights == "" {
		return nil
	}
	all := m.Plastic()
	if len(all) == 0 {
		return fmt.Errorf("run: --weights: no synapse of this image learns")
	}
	return writeOutput(cmd, r.weights, func(w io.Writer) error {
		c := csv.NewWriter(w)
		head := []string{"pre", "pre_index", "post", "post_index", "weight", "delay"}
		comes := slices.ContainsFunc(all, func(s chip.PlasticSynapse) bool { return s.Comes })
		if comes {
			head = append(head, "live")
		}
		if err := c.Write(head); err != nil {
			return err
		}
		for _, s := range all {
			pre := ""
			if s.PrePop >= 0 {
				pre = img.Pops[s.PrePop].Name
			}
			row := []string{pre, strconv.Itoa(s.Pre), img.Pops[s.PostPop].Name, strconv.Itoa(s.Post), strconv.Itoa(int(s.Weight)), strconv.Itoa(s.Delay)}
			if comes {
				row = append(row, map[bool]string{false: "0", true: "1"}[s.Live])
			}
			if err := c.Write(row); err != nil {
				return err
			}
		}
		c.Flush()
		return c.Error()
	})
}

// structure counts the synapses of models that make and remove them, and those
// that are there.
func structure(m *chip.Machine) (all, live int64) {
	for _, s := range m.Plastic() {
		if s.Comes {
			all++
			if s.Live {
				live++
			}
		}
	}
	return all, live
}
