package conform

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"

	"hillock/compiler/route"
	"hillock/router/table"
)

// replayTableRouter replays single decisions of a multicast router: outputs of
// packets, waits, the way around a blocked link, phases.
func replayTableRouter(d *doc, c *checker) error {
	var rows [][3]uint32
	if err := d.unpack("table", &rows); err != nil {
		return err
	}
	var t table.Table
	for _, r := range rows {
		t = append(t, table.Entry{Key: r[0], Mask: r[1], Route: table.Route(r[2])})
	}
	for _, part := range []struct {
		name string
		run  func(*doc, *checker, table.Table) error
	}{{"cases", replayOutputs}, {"wait_cycles", replayWaits}, {"triangle", replayTriangle}, {"phase", replayPhase}} {
		if !d.has(part.name) {
			continue
		}
		if err := part.run(d, c, t); err != nil {
			return err
		}
	}
	return nil
}

func replayOutputs(d *doc, c *checker, t table.Table) error {
	var cases []struct {
		Key uint32               `json:"key"`
		In  int                  `json:"in_link"`
		ER  uint8                `json:"er"`
		Out [][2]json.RawMessage `json:"out"`
	}
	if err := d.unpack("cases", &cases); err != nil {
		return err
	}
	for i, x := range cases {
		want := make([]string, len(x.Out))
		for k, o := range x.Out {
			want[k] = string(o[0]) + "," + string(o[1])
		}
		var got []string
		outs, err := t.Route(nil, x.Key, x.In, table.Emergency(x.ER))
		switch err {
		case nil:
		case table.ErrUnrouted:
			got = append(got, `"error_unrouted_local",0`)
		default:
			return d.fail("cases", fmt.Sprintf("entry %d", i), "a packet that can be", err.Error())
		}
		for _, o := range outs {
			got = append(got, fmt.Sprintf("%d,%d", o.Port, o.Emergency))
		}
		c.same("out", i, fmt.Sprint(want), fmt.Sprint(got), fmt.Sprintf("key %d from %d", x.Key, x.In))
	}
	return nil
}

// same compares two values by their text.
func (c *checker) same(field string, index int, want, got, where string) {
	c.res.Compared++
	if want != got {
		c.miss(Failure{Field: field, Tick: -1, Index: index, Where: where, Want: want, Got: got})
	}
}

func replayWaits(d *doc, c *checker, _ table.Table) error {
	var waits map[string]int64
	if err := d.unpack("wait_cycles", &waits); err != nil {
		return err
	}
	var names []string
	for k := range waits {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		b, err := strconv.ParseUint(k, 0, 8)
		if err != nil {
			return d.fail("wait_cycles", clip(k), "a byte", err.Error())
		}
		c.equalAt("wait_cycles", int(b), waits[k], table.WaitCycles(uint8(b)), func() string { return k })
	}
	return nil
}

// replayTriangle follows a packet around a blocked link.
func replayTriangle(d *doc, c *checker, _ table.Table) error {
	var cases []struct {
		Blocked  int `json:"blocked"`
		Divert   int `json:"divert_to"`
		Arrives  int `json:"arrives_on"`
		Reverts  int `json:"reverts_to"`
		FinalIn  int `json:"final_in"`
		Defaults int `json:"default_out"`
	}
	if err := d.unpack("triangle", &cases); err != nil {
		return err
	}
	for i, x := range cases {
		if x.Blocked < 0 || x.Blocked >= table.Links {
			return d.fail("triangle", fmt.Sprintf("entry %d", i), "a link of 0..5", strconv.Itoa(x.Blocked))
		}
		divert := table.Around(x.Blocked)
		arrives := table.Opposite(divert)
		var empty table.Table
		second, err := empty.Route(nil, 0, arrives, table.Detour)
		if err != nil {
			return err
		}
		final := table.Opposite(second[0].Port)
		last, err := empty.Route(nil, 0, final, second[0].Emergency)
		if err != nil {
			return err
		}
		want := []int{x.Divert, x.Arrives, x.Reverts, x.FinalIn, x.Defaults}
		got := []int{divert, arrives, second[0].Port, final, last[0].Port}
		for k, name := range []string{"divert_to", "arrives_on", "reverts_to", "final_in", "default_out"} {
			c.equalAt(name, i, int64(want[k]), int64(got[k]), func() string { return fmt.Sprintf("blocked %d", x.Blocked) })
		}
	}
	return nil
}

func replayPhase(d *doc, c *checker, _ table.Table) error {
	var cases []struct {
		Now      uint8 `json:"now"`
		Launched uint8 `json:"launched"`
		Drop     bool  `json:"drop"`
	}
	if err := d.unpack("phase", &cases); err != nil {
		return err
	}
	for i, x := range cases {
		c.same("phase", i, fmt.Sprint(x.Drop), fmt.Sprint(table.Late(x.Now, x.Launched)), fmt.Sprintf("now %d, launched %d", x.Now, x.Launched))
	}
	return nil
}

// coverEntry is [key, mask, route, [sources]].
type coverEntry [4]json.RawMessage

// replayCovering compresses tables and compares them entry by entry.
func replayCovering(d *doc, c *checker) error {
	var cases []struct {
		Name      string       `json:"name"`
		Input     []coverEntry `json:"input"`
		Covered   []coverEntry `json:"ordered_covering"`
		Minimised []coverEntry `json:"minimised"`
	}
	if err := d.unpack("cases", &cases); err != nil {
		return err
	}
	for i, x := range cases {
		if len(x.Input) > 1<<14 {
			return d.fail("cases", clip(x.Name), "at most 16384 entries", strconv.Itoa(len(x.Input)))
		}
		in, err := coverEntries(d, x.Name, x.Input)
		if err != nil {
			return err
		}
		covered := route.Cover(in, 0)
		for _, part := range []struct {
			name string
			want []coverEntry
			got  []route.Entry
		}{{"ordered_covering", x.Covered, covered}, {"minimised", x.Minimised, route.DropDefaults(covered)}} {
			want, err := coverEntries(d, x.Name, part.want)
			if err != nil {
				return err
			}
			c.equalAt(part.name, i, int64(len(want)), int64(len(part.got)), func() string { return clip(x.Name) + ": entries" })
			for k := range min(len(want), len(part.got)) {
				c.same(part.name, i, fmt.Sprint(want[k]), fmt.Sprint(part.got[k]), fmt.Sprintf("%s: entry %d", clip(x.Name), k))
			}
		}
	}
	return nil
}

func coverEntries(d *doc, name string, rows []coverEntry) ([]route.Entry, error) {
	out := make([]route.Entry, len(rows))
	for i, r := range rows {
		var e route.Entry
		var from []int
		for k, v := range []any{&e.Key, &e.Mask, &e.Route, &from} {
			if r[k] == nil || json.Unmarshal(r[k], v) != nil {
				return nil, d.fail("cases", clip(name), "entries [key, mask, route, sources]", describe(r[k]))
			}
		}
		for _, s := range from {
			switch {
			case s == -1:
				e.Sources |= route.Unknown
			case s >= 0 && s < 31:
				e.Sources |= 1 << s
			default:
				return nil, d.fail("cases", clip(name), "sources of -1..30", strconv.Itoa(s))
			}
		}
		out[i] = e
	}
	return slices.Clip(out), nil
}
