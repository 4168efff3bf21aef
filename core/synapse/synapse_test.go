package synapse

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/router"
)

// draw makes a list with the character of one of the forms.
func draw(t *rapid.T, n, ring int) []Entry {
	shift := rapid.IntRange(0, 20).Draw(t, "shift")
	lo, hi := -128, 127
	if rapid.IntRange(0, 9).Draw(t, "wide") == 0 {
		hi = 1 << 11
	}
	one := rapid.Bool().Draw(t, "one delay")
	delay := rapid.IntRange(0, ring-1)
	d := delay.Draw(t, "delay")
	list := make([]Entry, rapid.IntRange(0, min(2*n, 600)).Draw(t, "length"))
	for i := range list {
		if !one {
			d = delay.Draw(t, "delay")
		}
		list[i] = Entry{uint16(rapid.IntRange(0, n-1).Draw(t, "target")), uint8(d), int32(rapid.IntRange(lo, hi).Draw(t, "w") << shift)}
	}
	return list
}

// TestForms holds every form against the plain sum, with and without the
// assembly, at every ring slot.
func TestForms(t *testing.T) {
	was, wasWide, wasMasked := vector, wide, preferMasked
	defer func() { vector, wide, preferMasked = was, wasWide, wasMasked }()
	seen := map[Form]int{}
	check := func(t *rapid.T) {
		n, ring := rapid.IntRange(1, 700).Draw(t, "n"), rapid.IntRange(1, 20).Draw(t, "ring")
		m, slot := New(n, ring), rapid.IntRange(0, ring-1).Draw(t, "slot")
		preferMasked = rapid.Bool().Draw(t, "masked")
		want := make([]int32, n*ring)
		for i := range want {
			want[i] = int32(rapid.Uint32().Draw(t, "acc"))
			if i > 20 {
				want[i] = want[i-20] + 99
			}
		}
		got := append([]int32(nil), want...)
		var lists []List
		for range rapid.IntRange(1, 12).Draw(t, "lists") {
			list := draw(t, n, ring)
			l, ok := m.Add(list)
			if !ok {
				continue
			}
			seen[l.Form]++
			lists = append(lists, l)
			for _, e := range list {
				want[(slot+int(e.Delay))%ring*n+int(e.Target)] += e.W
			}
			var sum, all int64
			m.Each(&l, func(e Entry) { sum += int64(e.W) * int64(e.Target+1) * int64(e.Delay+1) })
			for _, e := range list {
				all += int64(e.W) * int64(e.Target+1) * int64(e.Delay+1)
			}
			require.Equal(t, all, sum)
		}
		m.Seal()
		start := append([]int32(nil), got...)
		for _, vector = range []bool{false, was} {
			got, wide = append(got[:0], start...), wasWide && vector
			var b Batch
			for i := range lists {
				b.Put(m, &lists[i], slot)
			}
			b.Serve(m, got)
			require.True(t, b.Empty())
			require.Equal(t, want, got, "vector %v", vector)
		}
	}
	forms := []Form{Gap, Near, Row, Pair, Masked}
	missing := func(f Form) bool { return seen[f] == 0 }
	// a form may be rare among the lists of 100 draws: go on until all were there
	for round := 0; round == 0 || round < 30 && slices.ContainsFunc(forms, missing); round++ {
		rapid.Check(t, check)
	}
	for _, f := range forms {
		require.NotZero(t, seen[f], "form %d", f)
	}
}

// TestTable serves packets, some of them to in-axons that do not exist, and
// holds sums and counts against the plain sum.
func TestTable(t *testing.T) {
	was, wasWide := vector, wide
	defer func() { vector, wide = was, wasWide }()
	rapid.Check(t, func(t *rapid.T) {
		n, ring := rapid.IntRange(1, 900).Draw(t, "n"), rapid.IntRange(1, 9).Draw(t, "ring")
		m, slot := New(n, ring), rapid.IntRange(0, ring-1).Draw(t, "slot")
		entries := make([][]Entry, rapid.IntRange(0, 40).Draw(t, "in-axons"))
		lists, form := make([]List, len(entries)), rapid.SampledFrom([]Form{Gap, Pair, Masked}).Draw(t, "form")
		for a := range entries {
			delay := uint8(rapid.IntRange(0, ring-1).Draw(t, "delay"))
			for range rapid.IntRange(0, 70).Draw(t, "fan") {
				entries[a] = append(entries[a], Entry{uint16(rapid.IntRange(0, n-1).Draw(t, "target")), delay, int32(rapid.IntRange(-128, 127).Draw(t, "w")) << 6})
			}
			switch lists[a] = (List{Form: Gap}); {
			case len(entries[a]) > 0 && form == Pair:
				lists[a] = m.addPair(entries[a], uint32(delay)*uint32(n))
			case len(entries[a]) > 0 && form == Masked:
				l, ok := m.addMasked(append([]Entry(nil), entries[a]...), 6, uint32(delay)*uint32(n))
				if !ok {
					t.Skip("sums beyond 8 bits")
				}
				lists[a] = l
			case len(entries[a]) > 0:
				l, ok := m.addGap(append([]Entry(nil), entries[a]...), 6, uint32(delay)*uint32(n))
				if !ok {
					t.Skip("too many bridges")
				}
				lists[a] = l
			}
		}
		m.Seal()
		table := NewTable(len(lists), func(a int) (*List, uint32, uint32) { return &lists[a], uint32(len(entries[a])), uint32(a) })
		require.NotNil(t, table)
		packets := make([]router.Packet, rapid.IntRange(1, 60).Draw(t, "packets"))
		want, sums := make([]int32, n*ring), Served{}
		for k := range packets {
			a := rapid.IntRange(0, len(lists)+2).Draw(t, "axon")
			packets[k].Axon = uint16(a)
			if a >= len(lists) {
				sums.Lost++
				continue
			}
			sums.Words += int64(a)
			sums.Events += int64(len(entries[a]))
			for _, e := range entries[a] {
				want[(slot+int(e.Delay))%ring*n+int(e.Target)] += e.W
			}
		}
		for _, vector = range []bool{false, was} {
			got := make([]int32, n*ring)
			wide = wasWide && vector
			table.Put(packets)
			require.Equal(t, sums, table.Serve(m, got, slot))
			require.Equal(t, want, got, "vector %v", vector)
			require.Zero(t, table.Waiting())
		}
	})
	m := New(64, 1)
	row, ok := m.addRow([]Entry{{1, 0, 1}}, 0, 0)
	require.True(t, ok)
	require.Nil(t, NewTable(1, func(int) (*List, uint32, uint32) { return &row, 1, 1 }))
}

// TestCrossbar holds rows of crossbars against the plain sum.
func TestCrossbar(t *testing.T) {
	was := vector
	defer func() { vector = was }()
	rapid.Check(t, func(t *rapid.T) {
		n, ring := rapid.IntRange(1, 300).Draw(t, "n"), rapid.IntRange(1, 4).Draw(t, "ring")
		m, slot := New(n, ring), rapid.IntRange(0, ring-1).Draw(t, "slot")
		want := make([]int32, n*ring)
		var lists []List
		for range 2 {
			base := rapid.IntRange(0, n-1).Draw(t, "base")
			size, delay := rapid.IntRange(1, n-base).Draw(t, "size"), rapid.IntRange(0, ring-1).Draw(t, "delay")
			types, words := make([]uint8, rapid.IntRange(1, 40).Draw(t, "rows")), (size+63)/64
			weights, bits := make([][]int32, 3), make([]uint64, len(types)*words)
			for k := range weights {
				weights[k] = make([]int32, size)
				for i := range weights[k] {
					weights[k][i] = int32(int16(rapid.Uint16().Draw(t, "w")))
				}
			}
			for r := range types {
				types[r] = uint8(rapid.IntRange(0, 2).Draw(t, "type"))
				for w := range words {
					set := rapid.Uint64().Draw(t, "bits")
					if left := size - 64*w; left < 64 {
						set &= 1<<left - 1
					}
					bits[r*words+w] = set
				}
			}
			rows, ok := m.AddCrossbar(base, size, uint8(delay), types, bits, weights)
			require.True(t, ok)
			for range rapid.IntRange(1, 90).Draw(t, "events") {
				r := rapid.IntRange(0, len(types)-1).Draw(t, "row")
				lists = append(lists, rows[r])
				seen := 0
				m.Each(&rows[r], func(Entry) { seen++ })
				for i := range size {
					if bits[r*words+i/64]>>(i%64)&1 == 1 {
						want[(slot+delay)%ring*n+base+i] += weights[types[r]][i]
						seen--
					}
				}
				require.Zero(t, seen)
			}
		}
		m.Seal()
		for _, vector = range []bool{false, was} {
			got := make([]int32, n*ring)
			var b Batch
			for i := range lists {
				b.Put(m, &lists[i], slot)
			}
			b.Serve(m, got)
			require.True(t, b.Empty())
			require.Equal(t, want, got, "vector %v", vector)
		}
	})
}

// BenchmarkCrossbar adds rows of a 256 x 256 array, half of it set; ns per row.
func BenchmarkCrossbar(b *testing.B) {
	defer func(was bool) { vector = was }(vector)
	for _, vector = range []bool{true, false} {
		for _, active := range []int{1, 5, 50, 256} {
			b.Run(fmt.Sprintf("vector%v/rows%d", vector, active), func(b *testing.B) {
				types, bits := make([]uint8, 256), make([]uint64, 1024)
				weights := [][]int32{make([]int32, 256), make([]int32, 256), make([]int32, 256), make([]int32, 256)}
				for i := range bits {
					bits[i] = uint64(i+1) * 0x9E3779B97F4A7C15
				}
				for i := range types {
					types[i] = uint8(i * 7 % 4)
				}
				m, acc := New(256, 1), make([]int32, 256)
				rows, _ := m.AddCrossbar(0, 256, 0, types, bits, weights)
				var batch Batch
				for b.Loop() {
					for i := range active {
						batch.Put(m, &rows[i*31%256], 0)
					}
					batch.Serve(m, acc)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*active), "ns/row")
			})
		}
	}
}

// TestManyRows adds more rows than 16 bits can sum at once.
func TestManyRows(t *testing.T) {
	defer func(was bool) { preferMasked = was }(preferMasked)
	for _, preferMasked = range []bool{false, true} {
		m, size := New(300, 1), 300
		if preferMasked {
			size = 200
		}
		list := make([]Entry, size)
		for i := range list {
			list[i] = Entry{uint16(i), 0, -128 << 6}
		}
		l, ok := m.Add(list)
		require.True(t, ok)
		require.Equal(t, preferMasked, l.Form == Masked)
		m.Seal()
		var b Batch
		for range 1000 {
			b.Put(m, &l, 0)
		}
		acc := make([]int32, 300)
		b.Serve(m, acc)
		for i := range acc[:size] {
			require.EqualValues(t, -128*64*1000, acc[i])
		}
	}
}

// BenchmarkServe delivers 128 random lists of 4096 to 1024 compartments; ns
// per synaptic event.
func BenchmarkServe(b *testing.B) {
	for _, fan := range []int{16, 32, 64, 128, 256, 1024} {
		for _, form := range []Form{Gap, Near, Row, Pair, Masked} {
			for _, dist := range []int{0, 8} {
				b.Run(fmt.Sprintf("fan%d/form%d/ahead%d", fan, form, dist), func(b *testing.B) { serve(b, fan, form, dist) })
			}
		}
	}
}

func serve(b *testing.B, fan int, form Form, dist int) {
	const n, axons, at = 1024, 4096, 128
	defer func(d int) { ahead = d }(ahead)
	ahead = dist
	m, seed := New(n, 1), uint32(1)
	next := func() uint32 { seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5; return seed }
	lists := make([]List, axons)
	list := make([]Entry, fan)
	for a := range lists {
		for i := range list {
			list[i] = Entry{uint16(i*n/fan + int(next()%uint32(n/fan))), 0, int32(int8(next())) << 6}
		}
		switch form {
		case Gap:
			lists[a], _ = m.addGap(list, 6, 0)
		case Near:
			lists[a] = m.addNear(list, 6)
		case Pair:
			lists[a] = m.addPair(list, 0)
		case Row:
			lists[a], _ = m.addRow(list, 6, 0)
		case Masked:
			lists[a], _ = m.addMasked(list, 6, 0)
		}
	}
	m.Seal()
	acc := make([]int32, n)
	var batch Batch
	b.ReportAllocs()
	for b.Loop() {
		for range at {
			batch.Put(m, &lists[next()%axons], 0)
		}
		batch.Serve(m, acc)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*at*fan), "ns/event")
}
