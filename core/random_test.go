package core

import (
	"math/rand/v2"

	"hillock/isa"
	"hillock/isa/fixed"
)

// extremes are the numbers at which integer formats go wrong.
var extremes = []int32{0, 1, -1, 2, 63, 64, 4095, 4096, -4096, 1<<21 - 1, 1 << 21, 1<<23 - 1, 1 << 23, -1 << 23, 1<<31 - 1, -1 << 31}

func randomValue(r *rand.Rand) int32 {
	if r.IntN(3) == 0 {
		return extremes[r.IntN(len(extremes))]
	}
	return int32(r.Uint32()) >> r.IntN(32)
}

func randomLayout(r *rand.Rand) fixed.Layout {
	over := fixed.Overflow(r.IntN(6))
	return fixed.Layout{Width: uint8(1 + r.IntN(31)), Over: over}
}

// randomProgram makes a legal program over ports inputs.
func randomProgram(r *rand.Rand, ports, draws int) *isa.Program {
	n := 1 + r.IntN(40)
	read := make([]bool, ports)
	var out []isa.Instr
	for len(out) < n {
		i := randomInstr(r, draws)
		for _, o := range []*isa.Operand{&i.A, &i.B} {
			if *o != isa.Z && r.IntN(8) == 0 {
				if p := r.IntN(ports); !read[p] {
					read[p] = true
					*o = isa.IN0 + isa.Operand(p)
					i.Pred = isa.Always
				}
			}
		}
		if _, err := isa.NewProgram([]isa.Instr{i, {Op: isa.END, D: isa.Z, A: isa.Z, B: isa.Z}}); err == nil {
			out = append(out, i)
		}
	}
	out = append(out, isa.Instr{Op: isa.END, D: isa.Z, A: isa.Z, B: isa.Z})
	p, err := isa.NewProgram(out)
	if err != nil {
		panic(err)
	}
	return p
}

func randomOperand(r *rand.Rand) isa.Operand {
	switch r.IntN(6) {
	case 0, 1:
		return isa.Operand(r.IntN(isa.NumT))
	case 2, 3:
		return isa.S0 + isa.Operand(r.IntN(4))
	case 4:
		return isa.P0 + isa.Operand(r.IntN(6))
	}
	return []isa.Operand{isa.OUT, isa.TCK, isa.Z, isa.MOD, isa.MD2}[r.IntN(5)]
}

func randomInstr(r *rand.Rand, draws int) isa.Instr {
	for {
		i := isa.Instr{Op: isa.Op(r.IntN(int(isa.NumOps))), Pred: isa.Pred(r.IntN(7))}
		i.D, i.A, i.B = isa.Z, isa.Z, isa.Z
		if isa.Table[i.Op].Attr&(isa.Unsettled|isa.Learns|isa.Events) != 0 || i.Op == isa.END || i.Op == isa.RND && draws == 0 {
			continue
		}
		dest := isa.Operand(r.IntN(isa.NumT))
		if r.IntN(2) == 0 {
			dest = isa.S0 + isa.Operand(r.IntN(4))
		}
		switch isa.Table[i.Op].Form {
		case isa.FormCmp:
			i.Flag, i.Comb, i.A, i.B = isa.Flag(r.IntN(3)), isa.Comb(r.IntN(4)), randomOperand(r), randomOperand(r)
			if i.Comb != isa.Set {
				i.Src = isa.Flag(r.IntN(3))
			}
		case isa.FormTest:
			i.Flag, i.A, i.Imm = isa.Flag(r.IntN(3)), randomOperand(r), int32(1+r.IntN(2047))
		case isa.FormTable:
			i.D, i.A, i.Sh = dest, randomOperand(r), uint8(r.IntN(2))
			if i.Op == isa.RDX {
				i.A, i.Sh = isa.P0+5, uint8(r.IntN(4))
			}
		case isa.FormSrc, isa.FormSrcK:
			i.A = randomOperand(r)
		case isa.FormDraw:
			i.D, i.Sh = dest, uint8(r.IntN(draws))
		case isa.FormImm11:
			i.D, i.A, i.Imm = dest, randomOperand(r), int32(r.IntN(2048)-1024)
		case isa.FormImm17:
			i.D, i.Imm = dest, int32(r.IntN(1<<17)-1<<16)
		case isa.FormImm15:
			i.D, i.Imm = dest, int32(r.IntN(1<<15))
		case isa.FormNone:
		case isa.FormWidth:
			i.D, i.A, i.Sh = dest, randomOperand(r), uint8(1+r.IntN(31))
		case isa.FormD1:
			i.D, i.A = dest, randomOperand(r)
		default:
			i.D, i.A, i.B = dest, randomOperand(r), randomOperand(r)
			if r.IntN(2) == 0 {
				i.Sh = uint8(r.IntN(32))
			}
		}
		return i
	}
}

// randomImage is a core with random programs, sizes, synapses and formats.
func randomImage(r *rand.Rand) *Image {
	img := &Image{Ring: 1 + r.IntN(4), Draws: []DrawFormat{{-127, 127}, {0, 255}}}
	for p := 0; p < 1+r.IntN(3); p++ {
		img.Ports = append(img.Ports, Port{Acc: randomLayout(r), When: When(r.IntN(2)), ReadShift: uint8(r.IntN(7))})
	}
	if p := &img.Ports[0]; p.When == AtRead {
		p.Bucket = r.IntN(2) == 0
	}
	img.Payload = []Payload{Plain, Graded, Counted}[r.IntN(3)]
	for range 2 + r.IntN(2) {
		img.Groups = append(img.Groups, randomGroup(r, img))
	}
	for g := range img.Groups { // parameter 5 names compartments of another group
		other := &img.Groups[(g+1)%len(img.Groups)]
		row := make([]int32, []int{1, img.Groups[g].N}[r.IntN(2)])
		for i := range row {
			row[i] = int32(other.Base + r.IntN(other.N))
		}
		img.Groups[g].Params[5] = row
	}
	img.Formats = []Format{{0, 0, 6, 0, false}, {1, -3, 6, 0, false}, {0, 7, 6, 1<<21 - 64, false}, {0, 0, 6, 0, false}, {1, -3, 6, 0, false}, {0, 7, 6, 1<<21 - 64, false}}
	for a := 0; a < 1+r.IntN(20); a++ {
		ax := Axon{Off: uint32(len(img.Syn)), Format: uint8(r.IntN(3)), Port: uint8(r.IntN(len(img.Ports))), Dense: r.IntN(2) == 0, Words: 3}
		if ax.Port > 0 {
			ax.Format += 3 // the first port may sum mantissas in buckets, one port per format
		}
		for n := r.IntN(30); n > 0; n-- {
			img.Syn = append(img.Syn, Synapse{uint16(r.IntN(img.N)), uint8(r.IntN(img.Ring)), int16(r.IntN(512) - 256)})
			ax.N++
		}
		img.Axons = append(img.Axons, ax)
	}
	img.OutOff = make([]uint32, img.N+1)
	return img
}

func randomGroup(r *rand.Rand, img *Image) Group {
	g := Group{Name: "g", Base: img.N, N: 1 + r.IntN(300), Substeps: 1 + r.IntN(2), Cap: int64(r.IntN(4))}
	if r.IntN(3) > 0 {
		g.N = 1 + r.IntN(5)
	}
	g.Prog = randomProgram(r, len(img.Ports), len(img.Draws))
	for s := 0; s < 4; s++ {
		l := randomLayout(r)
		g.State = append(g.State, l)
		start := make([]int32, []int{0, 1, g.N}[r.IntN(3)])
		for i := range start {
			start[i] = l.Apply(int64(randomValue(r)))
		}
		g.Init = append(g.Init, start)
	}
	g.Tables = [][]int32{{randomValue(r)}, {1, randomValue(r), -3, randomValue(r)}}
	for p := 0; p < 6; p++ {
		n := 1
		if r.IntN(2) == 0 {
			n = g.N
		}
		row := make([]int32, n)
		for i := range row {
			row[i] = randomValue(r)
		}
		g.Params = append(g.Params, row)
	}
	img.N += g.N
	return g
}
