package asm_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"hillock/isa"
	"hillock/isa/asm"
)

// eventProgram is one text of testdata/event_programs.txt: a line
// "== NAME KIND WORDS" and the program. WORDS is the length that the prototype
// of event-driven chips reports for it, 0 if it reports none.
type eventProgram struct {
	name, kind, text string
	words            int
}

func eventPrograms(t *testing.T) []eventProgram {
	b, err := os.ReadFile("testdata/event_programs.txt")
	require.NoError(t, err)
	var out []eventProgram
	for _, part := range strings.Split(string(b), "== ")[1:] {
		head, text, _ := strings.Cut(part, "\n")
		f := strings.Fields(head)
		require.Len(t, f, 3, head)
		n, err := strconv.Atoi(f[2])
		require.NoError(t, err, head)
		out = append(out, eventProgram{f[0], f[1], text, n})
	}
	return out
}

var fieldUse = regexp.MustCompile(`LDF \S+ (\S+)|STF \S+ (\S+)`)

// fieldsOf numbers the fields of a program in the order of their first use.
func fieldsOf(text string) (names []string) {
	seen := map[string]bool{}
	for _, m := range fieldUse.FindAllStringSubmatch(text, -1) {
		if name := m[1] + m[2]; !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// TestEventPrograms assembles the neuron and learning programs of the
// event-driven chips and of the learning emulators: the word format has room
// for them before any engine runs them.
func TestEventPrograms(t *testing.T) {
	kinds := map[string]isa.Kind{"rule": isa.Rule, "event": isa.Event}
	all := eventPrograms(t)
	require.Len(t, all, 38)
	for _, e := range all {
		t.Run(e.name, func(t *testing.T) {
			kind, ok := kinds[e.kind]
			require.True(t, ok, e.kind)
			p, err := asm.Assemble(e.text, e.name, asm.Options{Kind: kind, Fields: fieldsOf(e.text)})
			require.NoError(t, err)
			if e.words > 0 {
				require.Len(t, p.Instrs, e.words)
			}
			q, err := isa.FromWordsOf(kind, p.Words())
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(p, q))
			r, err := asm.Assemble(asm.Disassemble(q), "canonical", asm.Options{Kind: kind})
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(p, r))
		})
	}
}
