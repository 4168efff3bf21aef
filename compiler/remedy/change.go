// Package remedy finds changes of a network, or of how it is compiled, that
// make it fit a chip. Every change is run through the compiler before it is
// named, and says whether the spikes stay the same.
package remedy

import (
	"fmt"
	"strconv"
	"strings"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/graph"
)

// Kind says what a change does to the spikes.
type Kind string

// The kinds, best first.
const (
	Exact       Kind = "exact"       // the same spikes in the same ticks
	Late        Kind = "late"        // the same spikes, some ticks later
	Approximate Kind = "approximate" // other spikes
)

// worse is the kind of two changes together.
func (k Kind) worse(other Kind) Kind {
	switch {
	case k == Approximate || other == Approximate:
		return Approximate
	case k == Late || other == Late:
		return Late
	}
	return Exact
}

// Change is one change: its verb, what it is about (a population, a
// projection, a name) and a count, where the verb takes them. As text it is
// VERB[:SUBJECT][=COUNT].
type Change struct {
	Verb    string
	Subject string
	Count   int
}

// plan is a network on its way to a chip.
type plan struct {
	net     *graph.Network
	family  *chip.Family
	o       compiler.Options
	convert Convert
}

// Convert makes the network for another family, where it was made for one; nil
// where a network is the same for all.
type Convert func(f *chip.Family) (*graph.Network, error)

// verb is a kind of change: how it is written and what it does.
type verb struct {
	name           string
	subject, count bool
	doc            string
	do             func(p *plan, c Change) error
}

// verbs lists every change, in the order exact, late, approximate.
var verbs = [...]verb{
	{"effort", true, false, "map with this effort: fast, normal or high", (*plan).effort},
	{"relay", true, true, "lead a projection over so many relay populations, which take its waiting time", (*plan).relay},
	{"copies", true, true, "so many populations instead of one, each with a part of its targets", (*plan).copies},
	{"split-weights", true, true, "so many projections instead of one, whose whole-number weights add up", (*plan).splitWeights},
	{"divide", true, true, "divide whole-number weights, thresholds and drives of a population by a common factor", (*plan).divide},
	{"fan-relay", true, true, "so many relay populations behind one, each with a part of its targets", (*plan).fanRelay},
	{"weight-bits", false, true, "store weights in at most so many bits", (*plan).weightBits},
	{"floor", true, false, "none: no lower bound of membranes", (*plan).floor},
	{"multispike", true, false, "off: at most one spike per tick", (*plan).multispike},
	{"reset", true, false, "zero: a spike sets its membrane to 0", (*plan).reset},
	{"decay", true, false, "clamp: decay factors within 0..1", (*plan).decay},
	{"bias", true, false, "none: no constant drives", (*plan).bias},
	{"neuron", true, false, "plain: reset to 0, one spike per tick, no lower bound", (*plan).neuron},
	{"clip-delay", true, true, "shorten the delay of a projection to so many ticks", (*plan).clipDelay},
	{"prune", true, true, "keep the so many largest weights of each neuron of a population", (*plan).prune},
	{"chip", true, false, "another chip", (*plan).chip},
}

func verbOf(name string) *verb {
	for i := range verbs {
		if verbs[i].name == name {
			return &verbs[i]
		}
	}
	return nil
}

// Verbs lists the changes that Parse reads, a line each.
func Verbs() []string {
	var out []string
	for _, v := range verbs {
		if v.flag() != "" {
			continue
		}
		s := v.name
		if v.subject {
			s += ":NAME"
		}
		if v.count {
			s += "=N"
		}
		out = append(out, s+" ("+v.doc+")")
	}
	return out
}

// flag is the flag of its own that a change has on the command line.
func (v *verb) flag() string {
	switch v.name {
	case "effort", "chip":
		return "--" + v.name
	}
	return ""
}

// Parse reads a change.
func Parse(s string) (Change, error) {
	name, rest, has := strings.Cut(s, ":")
	if !has {
		name, rest = s, ""
	}
	if at := strings.LastIndexByte(name, '='); at >= 0 && !has {
		name, rest = s[:at], s[at:]
	}
	v := verbOf(name)
	if v == nil {
		return Change{}, fmt.Errorf("remedy: %q: need one of %s", s, strings.Join(Verbs(), ", "))
	}
	c := Change{Verb: name, Subject: rest}
	if v.count {
		at := strings.LastIndexByte(rest, '=')
		n, err := strconv.Atoi(rest[at+1:])
		if at < 0 || err != nil || n < 1 || n > 1<<20 {
			return Change{}, fmt.Errorf("remedy: %q: need =N at its end, N from 1 to %d", s, 1<<20)
		}
		c.Subject, c.Count = rest[:at], n
	}
	if v.subject == (c.Subject == "") {
		return Change{}, fmt.Errorf("remedy: %q: %s takes %s", s, name, map[bool]string{true: "a name behind a colon", false: "no name"}[v.subject])
	}
	return c, nil
}

// String is the change as Parse reads it.
func (c Change) String() string {
	s := c.Verb
	if c.Subject != "" {
		s += ":" + c.Subject
	}
	if c.Count > 0 {
		s += "=" + strconv.Itoa(c.Count)
	}
	return s
}

// Flags is the change on a command line.
func (c Change) Flags() string {
	if v := verbOf(c.Verb); v != nil && v.flag() != "" {
		return v.flag() + " " + c.Subject
	}
	if s := c.String(); strings.ContainsAny(s, " \t'\"$\\") {
		return "--remedy '" + s + "'"
	}
	return "--remedy " + c.String()
}

// Apply makes the changes of a network. The network is copied where it
// changes; family and options come back as the changes want them.
func Apply(net *graph.Network, f *chip.Family, o compiler.Options, cs []Change) (*graph.Network, *chip.Family, compiler.Options, error) {
	p := &plan{net: net, family: f, o: o}
	for _, c := range cs {
		if err := p.apply(c); err != nil {
			return nil, nil, o, err
		}
	}
	return p.net, p.family, p.o, nil
}

func (p *plan) apply(c Change) error {
	v := verbOf(c.Verb)
	if v == nil {
		return fmt.Errorf("remedy: no change %q", c.Verb)
	}
	if err := v.do(p, c); err != nil {
		return fmt.Errorf("remedy: %s: %w", c, err)
	}
	return nil
}

func (p *plan) effort(c Change) (err error) {
	p.o.Effort, err = compiler.ParseEffort(c.Subject)
	return err
}

func (p *plan) chip(c Change) error {
	f, err := chip.LoadNamed(c.Subject)
	if err != nil {
		return err
	}
	p.family = f
	if p.convert != nil {
		p.net, err = p.convert(f)
	}
	return err
}

func (p *plan) weightBits(c Change) error {
	p.o.WeightBits = c.Count
	return nil
}
