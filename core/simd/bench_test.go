package simd

import (
	"fmt"
	"testing"
)

// BenchmarkLoops gives ns per lane of some loops on a block that stays in the
// first-level cache.
func BenchmarkLoops(b *testing.B) {
	tables := map[string]*Table{"twin": Twins()}
	if v, ok := AVX2(); ok {
		tables["avx2"] = v
	}
	s := &Step{D: 0, A: 1, B: 2, C: 3, E: 0, M: RowFlag, Lo: -5, Hi: 63, Wrap: 8}
	s.SetShift(12, false)
	for _, form := range []string{"twin", "avx2"} {
		t := tables[form]
		if t == nil {
			continue
		}
		for name, f := range map[string]Func{"cuba": t.Cuba, "mov": t.Value[Mov][Low][0], "movIf": t.Value[Mov][Low][1], "addClamp": t.Value[AddSet][Clamp][0],
			"mulZeroAdd": t.Value[MulZeroAdd][Wrap][0], "less": t.Flag[Less][JoinAlone][0], "commit": t.Commit, "finish": t.Finish} {
			b.Run(fmt.Sprintf("%s/%s", form, name), func(b *testing.B) {
				block := &Block{}
				for k := range block.Rows {
					block.Rows[k] = make([]int32, Lanes)
				}
				for b.Loop() {
					f(block, s, Lanes)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/Lanes, "ns/lane")
			})
		}
	}
}
