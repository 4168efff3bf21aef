package diff

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
	"hillock/isa"
	"hillock/isa/asm"
	"hillock/router/aer"
	"hillock/test/eval"
)

const examples = "../../examples/mappings/"

// digits compiles the example network for a chip or a description file.
func digits(t testing.TB, family string) *chip.Image {
	b, err := os.ReadFile(examples + "digits.nir")
	require.NoError(t, err)
	net, err := netfile.Network(b, "digits.nir", nir.Options{Reset: "zero"})
	require.NoError(t, err)
	f, err := chip.LoadNamed(family)
	require.NoError(t, err)
	r, err := compiler.Compile(net, f, compiler.Options{Seed: 1})
	require.NoError(t, err)
	return r.Image
}

// images is the spikes of n pictures, one after the other without a reset.
func images(t testing.TB, n int) *aer.Stream {
	in, err := eval.Load(examples+"digits.csv.gz", "", "phase:1,0,1,16", "flat", 16)
	require.NoError(t, err)
	s := &aer.Stream{Pops: []string{"input"}}
	var at []int32
	for k := range n {
		for tick := range 16 {
			at = in.Spikes(k%in.Len(), tick, at[:0])
			for _, i := range at {
				s.Spikes = append(s.Spikes, aer.Spike{Tick: int64(k*16 + tick), Index: i, Payload: 1})
			}
		}
	}
	return s
}

// bruteForce finds the first tick and neuron whose spike or state differs, from
// the machines' arrays alone.
func bruteForce(t *testing.T, a, b *chip.Image, s *aer.Stream, ticks int64) (tick int64, pop string, index int) {
	var m [2]*chip.Machine
	var rec [2]*chip.Recorder
	for k, img := range []*chip.Image{a, b} {
		var err error
		m[k], err = chip.New(img, chip.Options{Engine: "oracle"})
		require.NoError(t, err)
		rec[k] = chip.NewRecorder(img, false)
	}
	in, _, err := chip.Plan(a, s, "s")
	require.NoError(t, err)
	for tick := range ticks {
		fired := [2]map[[2]int32]bool{{}, {}}
		for k := range m {
			require.NoError(t, m[k].Run(1, in.Source, rec[k].Tick))
			for _, x := range rec[k].Last() {
				fired[k][[2]int32{x.Pop, x.Index}] = true
			}
		}
		for p, pop := range a.Pops { // of this network in the order of their names
			for i := range pop.N {
				at, err := a.Locate(p, i)
				if err != nil {
					break
				}
				same := fired[0][[2]int32{int32(p), int32(i)}] == fired[1][[2]int32{int32(p), int32(i)}]
				for w, word := range m[0].Core(at.Core).State.Words[at.Group] {
					same = same && word[at.Lane] == m[1].Core(at.Core).State.Words[at.Group][w][at.Lane]
				}
				if !same {
					return tick, pop.Name, i
				}
			}
		}
	}
	return -1, "", -1
}

// TestPlantedBugsAreNamed compiles one network for a description and for three
// with a wrong neuron program, and wants tick, neuron and instruction.
func TestPlantedBugsAreNamed(t *testing.T) {
	good := digits(t, "loihi1")
	for _, x := range []struct {
		name         string
		wordA, wordB int
		textA, textB string
		didB         string
		images       int
	}{
		{"floor", 4, 4, "MUL t2 s1 p1 12 tz", "MUL t2 s1 p1 12", "", 3},
		{"atleast", 10, 10, "CLT F p3 s1", "CLE F p3 s1", "", 1797},
		{"refract", 14, -1, "ADDI s2 s2 #-1", "", "has it as word 10", 3},
	} {
		t.Run(x.name, func(t *testing.T) {
			bad := digits(t, filepath.Join("testdata", "mutants", x.name+".json"))
			s := images(t, x.images)
			r, err := Runs(good, bad, RunOptions{Events: s, Name: "s"})
			require.NoError(t, err)
			require.False(t, r.Equal)
			tick, pop, index := bruteForce(t, good, bad, s, r.First.Tick+2)
			require.Equal(t, tick, r.First.Tick)
			require.Equal(t, pop, r.First.Population)
			require.Equal(t, index, r.First.Index)
			c := r.Arithmetic
			require.NotNil(t, c)
			require.Equal(t, c.A.Before, c.B.Before, "the tick is the first")
			require.Equal(t, c.A.Inputs, c.B.Inputs)
			require.Equal(t, x.wordA, c.First.WordA)
			require.Equal(t, x.wordB, c.First.WordB)
			require.Equal(t, x.textA, c.First.TextA)
			require.Equal(t, x.textB, c.First.TextB)
			if x.didB != "" {
				require.Equal(t, x.didB, strings.Split(c.First.DidB, ":")[0])
			}
			require.Contains(t, strings.Join(r.Explanation, "\n"), "the first instruction with another result:\n  a: word "+itoa(x.wordA)+", "+x.textA+": ")
		})
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func TestRunsOfEqualImages(t *testing.T) {
	good, s := digits(t, "loihi1"), images(t, 4)
	r, err := Runs(good, good, RunOptions{Events: s, Name: "s", Chip: chip.Options{Engine: "oracle"}})
	require.NoError(t, err)
	require.True(t, r.Equal)
	require.Nil(t, r.First)
	require.Nil(t, r.Arithmetic)
	require.Contains(t, r.Explanation, "106 neurons: the same state words after each of 65 ticks")
	// A wrong rounding that no spike shows is no difference of spikes.
	bad := digits(t, filepath.Join("testdata", "mutants", "floor.json"))
	r, err = Runs(good, bad, RunOptions{Events: images(t, 3), Name: "s", Spikes: true})
	require.NoError(t, err)
	require.True(t, r.Equal)
	require.Contains(t, r.Explanation, "state words were not compared")
}

// TestOneWeight changes one stored weight, one parameter and a start value, and
// wants each to be told.
func TestOneWeight(t *testing.T) {
	s := images(t, 4)
	change := func(f func(img *chip.Image)) string {
		b, err := chip.DecodeImage(digits(t, "loihi1").Encode(), "b.img")
		require.NoError(t, err)
		f(b)
		r, err := Runs(digits(t, "loihi1"), b, RunOptions{Events: s, Name: "s"})
		require.NoError(t, err)
		require.False(t, r.Equal)
		return strings.Join(r.Explanation, "\n")
	}
	text := change(func(img *chip.Image) { // a synapse of input neuron 20
		c := img.Cores[0].Image
		a := &c.Axons[img.Inputs[0].Dst[img.Inputs[0].Off[20]].Axon]
		c.Syn[a.Off+3].Mant++
	})
	require.Regexp(t, `arrives in a only: weight (-?\d+) from input\[20\] by in-axon \d+ to IN0`, text)
	require.Regexp(t, `arrives in b only: weight (-?\d+) from input\[20\] by in-axon \d+ to IN0`, text)
	require.Regexp(t, `inputs: IN0 -?\d+ in a, IN0 -?\d+ in b`, text)
	require.Regexp(t, `the first instruction with another result:\n  a: word 1, ADD s0 t0 IN0: t0 0, IN0`, text)
	text = change(func(img *chip.Image) {
		g := &img.Cores[0].Image.Groups[0]
		g.Params[2] = append([]int32(nil), g.Params[2]...)
		g.Params[2][5]++
	})
	require.Regexp(t, `in tick 0|after tick 0, v of lif1\[5\] is`, text)
	require.Regexp(t, `parameters: p2 -?\d+ in a, p2 -?\d+ in b`, text)
	require.Contains(t, text, "a: word 2, ADD t1 s0 p2")
	text = change(func(img *chip.Image) { img.Cores[0].Image.Groups[1].Init = [][]int32{{0}, {77}} })
	require.Regexp(t, `before the tick: v 0 in a, v 77 in b`, text)
	require.Contains(t, text, "a: word 4, MUL t2 s1 p1 12 tz: v 0")
}

func TestRunsRefuse(t *testing.T) {
	good := digits(t, "loihi1")
	_, err := Runs(good, good, RunOptions{})
	require.ErrorContains(t, err, "diff: no events and no number of ticks")
	_, err = Runs(good, good, RunOptions{Events: &aer.Stream{Pops: []string{"x"}, Spikes: []aer.Spike{{Payload: 1}}}, Name: "e.csv"})
	require.ErrorContains(t, err, `a: e.csv: chip: event 0 is of population "x"`)
}

// mutate changes one instruction of a program: another operation of the same
// form, another operand, shift, immediate or predicate. It gives the word.
func mutate(r *rand.Rand, p *isa.Program) (*isa.Program, int) {
	for {
		in := slices.Clone(p.Instrs)
		at := r.IntN(len(in) - 1)
		i := &in[at]
		switch r.IntN(5) {
		case 0:
			op := isa.Op(r.IntN(int(isa.NumOps)))
			if isa.Table[op].Form != isa.Table[i.Op].Form {
				continue
			}
			i.Op = op
		case 1:
			i.A = isa.Operand(r.IntN(int(isa.IN0)))
		case 2:
			i.Sh = uint8(r.IntN(32))
		case 3:
			i.Imm = int32(r.IntN(9) - 4)
		default:
			i.Pred = isa.Pred(r.IntN(3))
		}
		q, err := isa.NewProgram(in)
		if err != nil || q.NumP > p.NumP || q.NumS > p.NumS || q.Instrs[at] == p.Instrs[at] {
			continue
		}
		return q, at
	}
}

// TestMutantsAreNamed changes one random instruction at a time. Whenever the
// runs differ, the named instruction must be the one that was changed.
func TestMutantsAreNamed(t *testing.T) {
	good := digits(t, "loihi1")
	s := images(t, 6)
	file := good.Encode()
	r := rand.New(rand.NewPCG(4, 4))
	found := 0
	for n := range 120 {
		bad, err := chip.DecodeImage(file, "b.img")
		require.NoError(t, err)
		groups := bad.Cores[0].Image.Groups
		g := &groups[r.IntN(len(groups))]
		prog, at := mutate(r, g.Prog)
		was := asm.InstrText(g.Prog.Instrs[at])
		g.Prog = prog
		x, err := Runs(good, bad, RunOptions{Events: s, Name: "s"})
		require.NoError(t, err)
		if x.Equal {
			continue
		}
		found++
		what := fmt.Sprintf("mutant %d: word %d, %s is now %s\n%s", n, at, was, asm.InstrText(prog.Instrs[at]), strings.Join(x.Explanation, "\n"))
		require.Equal(t, g.Name, x.First.Population, what)
		require.NotNil(t, x.Arithmetic.First, what)
		require.Equal(t, []int{at, at}, []int{x.Arithmetic.First.WordA, x.Arithmetic.First.WordB}, what)
	}
	require.Greater(t, found, 40)
	t.Logf("%d of 120 mutants changed something", found)
}
