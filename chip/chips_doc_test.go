package chip

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var updateChips = flag.Bool("update", false, "write the tables of docs/chips.md")

const chipsFile = "../docs/chips.md"

// The tables stand between these lines.
const (
	chipsBegin = "<!-- generated from chip/families: go test ./chip -run TestChipsPage -update -->\n"
	chipsEnd   = "<!-- end -->\n"
)

// TestChipsPage holds the tables of docs/chips.md against the descriptions,
// and asks for a reason where one line of chips alone uses a strategy.
func TestChipsPage(t *testing.T) {
	b, err := os.ReadFile(chipsFile)
	require.NoError(t, err)
	head, rest, ok := strings.Cut(string(b), chipsBegin)
	require.True(t, ok, "docs/chips.md lacks the line before the tables")
	have, tail, ok := strings.Cut(rest, chipsEnd)
	require.True(t, ok, "docs/chips.md lacks the line behind the tables")
	want, single := chipsTables(t)
	if *updateChips {
		require.NoError(t, os.WriteFile(chipsFile, []byte(head+chipsBegin+want+chipsEnd+tail), 0o644))
		have = want
	}
	require.Equal(t, want, have, "docs/chips.md is stale: go test ./chip -run TestChipsPage -update")
	var reasons []string
	for _, line := range strings.Split(tail, "\n") {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "- `"), "`"); ok && strings.HasPrefix(line, "- `") {
			reasons = append(reasons, name)
		}
	}
	require.Subset(t, reasons, single, "docs/chips.md gives no reason for a strategy of one line of chips")
	for _, r := range reasons {
		require.Contains(t, want, "| "+r+" |", "docs/chips.md gives a reason for a strategy that no chip has")
	}
}

// chipsTables are the tables, and the strategies that one line of chips uses:
// chips that inherit from each other are one line.
func chipsTables(t *testing.T) (text string, single []string) {
	var fams []*Family
	line := map[string]string{}
	for _, name := range Names() {
		f, err := LoadNamed(name)
		require.NoError(t, err)
		fams = append(fams, f)
		line[name] = f.Inherits
	}
	root := func(name string) string {
		for line[name] != "" {
			name = line[name]
		}
		return name
	}
	var s strings.Builder
	s.WriteString("| chip | what | networks | neuron | synapse | energy |\n|---|---|---|---|---|---|\n")
	for _, f := range fams {
		label := map[string]string{}
		for _, x := range f.Fidelity {
			label[x.Feature] = x.Label
		}
		m, ok := f.Strategy("mapping")
		if !ok {
			m = "registers"
		}
		if f.Event != nil && !ok {
			m = "none"
		}
		fmt.Fprintf(&s, "| %s | %s | %s | %s | %s | %s |\n", f.Name, f.Title, m, label["neuron"], label["synapse"], label["energy"])
	}
	s.WriteString("\n| strategy |")
	for _, f := range fams {
		s.WriteString(" " + f.Name + " |")
	}
	s.WriteString("\n|---|" + strings.Repeat("---|", len(fams)) + "\n")
	var names []string
	for _, d := range descStrategies {
		if d.name != descDefaultGroup {
			names = append(names, d.name)
		}
	}
	for _, name := range append(names, "decision_order", "event_rows", "serial_port") {
		for _, v := range usedValues(fams, name) {
			fmt.Fprintf(&s, "| %s %s |", name, v)
			lines := map[string]bool{}
			for _, f := range fams {
				mark := ""
				if have := strategyOf(f, name); slices.Contains(strings.Fields(have), v) {
					mark, lines[root(f.Name)] = "x", true
				}
				s.WriteString(" " + mark + " |")
			}
			s.WriteString("\n")
			if len(lines) == 1 && v != "none" && v != "false" { // the behaviour is not there
				single = append(single, name+" "+v)
			}
		}
	}
	return s.String(), single
}

// strategyOf is a strategy of a chip, those of its section event among them;
// "" = none.
func strategyOf(f *Family, name string) string {
	for _, s := range slices.Concat(f.Strategies, f.EventStrategies()) {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}

// usedValues are the values of a strategy that some chip has, in the order of
// the chips.
func usedValues(fams []*Family, name string) []string {
	var out []string
	for _, f := range fams {
		have := strategyOf(f, name)
		for _, v := range strings.Fields(have) {
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}
