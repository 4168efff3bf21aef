package asm_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/fixed"
)

// cell runs the operations of the manual's example for one compartment. It
// knows nothing of the engines, so that manual and engines check each other.
type cell struct {
	prog   *isa.Program
	layout []fixed.Layout
	s      []int32
	p      []int32
}

// tick runs the program once and returns OUT.
func (c *cell) tick(in int32) (out int64) {
	var t [isa.NumT]int32
	var flag [3]bool
	read := func(o isa.Operand) int64 {
		switch {
		case o < isa.S0:
			return int64(t[o])
		case o < isa.P0:
			return int64(c.s[o-isa.S0])
		case o < isa.IN0:
			return int64(c.p[o-isa.P0])
		case o == isa.IN0:
			return int64(in)
		}
		return 0
	}
	for _, i := range c.prog.Instrs {
		if i.Pred != isa.Always && flag[(i.Pred-1)/2] != (i.Pred%2 == 1) {
			continue
		}
		a, b := read(i.A), read(i.B)
		var r int64
		switch i.Op {
		case isa.MOV:
			r = a
		case isa.ADD:
			r = a + b<<i.Sh
		case isa.MULZ:
			r = a * b / (1 << i.Sh) // Go's division rounds toward zero
		case isa.MIN:
			r = min(a, b)
		case isa.MAX:
			r = max(a, b)
		case isa.WRAP:
			r = a << (64 - i.Sh) >> (64 - i.Sh)
		case isa.ADDI:
			r = a + int64(i.Imm)
		case isa.CLT:
			flag[i.Flag] = a < b
			continue
		case isa.SPK:
			out++
			continue
		case isa.END:
			return out
		}
		if i.D < isa.S0 {
			t[i.D] = int32(r)
		} else {
			c.s[i.D-isa.S0] = c.layout[i.D-isa.S0].Apply(r)
		}
	}
	return out
}

func newCUBA(t require.TestingT, params ...int32) *cell {
	src, err := load("cuba_nl")
	require.NoError(t, err)
	p, err := asm.Assemble(src, "cuba_nl", asm.Options{})
	require.NoError(t, err)
	return &cell{prog: p, p: params, s: make([]int32, 3),
		layout: []fixed.Layout{{Width: 24, Over: fixed.Wrap}, {Width: 32, Over: fixed.Wrap}, {Width: 6, Over: fixed.SatU}}}
}

// TestExample holds the manual's program against the neuron's equations.
func TestExample(t *testing.T) {
	wrap24 := func(x int64) int64 { return (x+1<<23)&(1<<24-1) - 1<<23 }
	rapid.Check(t, func(t *rapid.T) {
		du, dv := rapid.Int64Range(0, 4096).Draw(t, "du"), rapid.Int64Range(0, 4096).Draw(t, "dv")
		bias, thr := rapid.Int64Range(-1<<19, 1<<19).Draw(t, "bias"), rapid.Int64Range(0, 1<<17).Draw(t, "thr")*64
		ref := rapid.Int64Range(1, 63).Draw(t, "ref")
		const vmax = 1<<23 - 1
		c := newCUBA(t, int32(4096-du), int32(4096-dv), int32(bias), int32(thr), int32(ref), -vmax, vmax)
		var u, v, left int64
		for range 40 {
			in := rapid.Int64Range(-1<<21, 1<<21-1).Draw(t, "in")
			u = wrap24(u*(4096-du)/4096 + in)
			v = min(max(v*(4096-dv)/4096+wrap24(u+bias), -vmax), vmax)
			if left > 0 {
				v = 0
			}
			spike := v > thr
			if spike {
				v, left = 0, ref
			}
			left = max(left-1, 0)
			require.Equal(t, spike, c.tick(int32(in)) != 0)
			require.Equal(t, []int32{int32(u), int32(v), int32(left)}, c.s)
		}
	})
}
