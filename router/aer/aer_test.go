package aer

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npz"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func sample() *Stream {
	return &Stream{Pops: []string{"out", "in", `a "b", c`, "größe"}, Spikes: []Spike{
		{0, 1, 3, 1}, {0, 0, 2, 1}, {0, 1, 1, 1}, {2, 3, 0, -5}, {2, 2, 9, 7}, {2, 2, 9, 1}, {1 << 40, 0, math.MaxInt32, math.MinInt32},
	}}
}

func TestHashBytes(t *testing.T) {
	s := &Stream{Pops: []string{"b", "ab"}, Spikes: []Spike{{1, 0, 2, 3}, {1, 1, 5, -1}, {0, 0, 7, 1}}}
	want := sha256.Sum256([]byte("" +
		"\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00b\x07\x00\x00\x00\x01\x00\x00\x00" +
		"\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00ab\x05\x00\x00\x00\xff\xff\xff\xff" +
		"\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00b\x02\x00\x00\x00\x03\x00\x00\x00"))
	require.Equal(t, hex.EncodeToString(want[:16]), s.Hash())
	none := sha256.Sum256(nil)
	require.Equal(t, hex.EncodeToString(none[:16]), (&Stream{}).Hash())
}

func TestHasherStream(t *testing.T) {
	s := sample()
	before := slices.Clone(s.Spikes)
	h := NewHasher(s.Pops)
	for i, x := range s.Spikes { // one call per spike: ticks may come in parts
		h.Tick(x.Tick, s.Spikes[i:i+1])
		part := &Stream{s.Pops, s.Spikes[:i+1]}
		require.Equal(t, part.Hash(), h.Sum(), "Sum leaves the hasher going")
	}
	require.Equal(t, before, s.Spikes)
	h.Tick(3, s.Spikes[:1])
	require.Empty(t, h.Sum(), "ticks decreased")
	h = NewHasher([]string{"a"})
	h.Tick(0, []Spike{{0, 1, 0, 0}, {0, -1, 0, 0}})
	require.Len(t, h.Sum(), 32, "populations out of the table do not panic")
}

func TestHashOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := stream().Draw(t, "s")
		want := s.Hash()
		rand.New(rand.NewPCG(1, uint64(len(s.Spikes)))).Shuffle(len(s.Spikes), func(i, j int) { s.Spikes[i], s.Spikes[j] = s.Spikes[j], s.Spikes[i] })
		require.Equal(t, want, s.Hash(), "order of spikes")
		turned := &Stream{Spikes: slices.Clone(s.Spikes)}
		for i := len(s.Pops) - 1; i >= 0; i-- {
			turned.Pops = append(turned.Pops, s.Pops[i])
		}
		for i := range turned.Spikes {
			turned.Spikes[i].Pop = int32(len(s.Pops)-1) - turned.Spikes[i].Pop
		}
		require.Equal(t, want, turned.Hash(), "order of populations")
		if len(s.Spikes) > 0 {
			s.Spikes[0].Payload++
			require.NotEqual(t, want, s.Hash())
		}
	})
}

func TestHasherAllocs(t *testing.T) {
	spikes := make([]Spike, 300)
	for i := range spikes {
		spikes[i] = Spike{0, int32(i % 2), int32(i * 7 % 100), 1}
	}
	h := NewHasher([]string{"z", "a"})
	tick := int64(0)
	step := func() { h.Tick(tick, spikes); tick++ }
	step()
	step()
	require.Zero(t, testing.AllocsPerRun(200, step))
}

// stream makes streams that every file kind holds.
func stream() *rapid.Generator[*Stream] {
	return rapid.Custom(func(t *rapid.T) *Stream {
		s := &Stream{Pops: rapid.SliceOfNDistinct(rapid.StringMatching(`[a-zß,"#][a-z0-9 ,"]{0,6}[a-z中]`), 1, 5, rapid.ID).Draw(t, "pops")}
		n := rapid.IntRange(0, 40).Draw(t, "n")
		for range n {
			s.Spikes = append(s.Spikes, Spike{
				rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, math.MaxInt64)).Draw(t, "tick"),
				rapid.Int32Range(0, int32(len(s.Pops)-1)).Draw(t, "pop"),
				rapid.OneOf(rapid.Int32Range(0, 9), rapid.Int32Range(0, math.MaxInt32)).Draw(t, "index"),
				rapid.OneOf(rapid.Just(int32(1)), rapid.Int32()).Draw(t, "payload"),
			})
		}
		return s
	})
}

// named lists spikes with their population's name, in order.
func named(s *Stream) (out []any) {
	for _, x := range s.Spikes {
		out = append(out, []any{x.Tick, s.Pops[x.Pop], x.Index, x.Payload})
	}
	return out
}

func TestRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := stream().Draw(t, "s")
		var b bytes.Buffer
		require.NoError(t, WriteCSV(&b, s))
		got, err := ReadCSV(b.Bytes(), "f")
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(named(s), named(got)))

		b.Reset()
		require.NoError(t, WriteNpz(&b, s))
		got, err = ReadNpz(b.Bytes(), "f")
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(named(s), named(got)))
		require.Equal(t, EventNpz, Sniff(b.Bytes()))
	})
}

func TestTraceRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := stream().Draw(t, "s")
		tr := &Trace{Pops: s.Pops, Spikes: s.Spikes, Ticks: rapid.Int64Range(0, math.MaxInt64).Draw(t, "ticks")}
		for range rapid.IntRange(0, 3).Draw(t, "probes") {
			tr.Probes = append(tr.Probes, Probe{0, rapid.Int32Range(0, 9).Draw(t, "i"), rapid.String().Draw(t, "field"), rapid.SliceOf(rapid.Int64()).Draw(t, "v")})
			tr.Meta = append(tr.Meta, KV{rapid.String().Draw(t, "k"), rapid.String().Draw(t, "v")})
		}
		for range rapid.IntRange(0, 4).Draw(t, "incidents") {
			x := Incident{Tick: rapid.Int64Range(0, math.MaxInt64).Draw(t, "tick"), Cycle: rapid.Int64Range(0, math.MaxInt64).Draw(t, "cycle"), Kind: rapid.Uint8Range(0, 3).Draw(t, "kind")}
			for _, f := range x.fields() {
				*f = rapid.Int32Range(-1, math.MaxInt32-1).Draw(t, "place")
			}
			tr.Incidents = append(tr.Incidents, x)
		}
		before := slices.Clone(s.Spikes)
		var b bytes.Buffer
		require.NoError(t, WriteTrace(&b, tr))
		require.Equal(t, before, s.Spikes, "spikes keep their order")
		require.Equal(t, TraceFile, Sniff(b.Bytes()))
		got, err := ReadTrace(b.Bytes(), "f")
		require.NoError(t, err)
		s.Sort()
		SortIncidents(tr.Incidents)
		for i := range tr.Probes {
			if len(tr.Probes[i].Values) == 0 {
				tr.Probes[i].Values = nil
			}
		}
		require.Empty(t, cmp.Diff(tr, got))
	})
}

func TestTraceDamage(t *testing.T) {
	s := sample()
	tr := &Trace{Pops: s.Pops, Spikes: s.Spikes, Ticks: 9, Probes: []Probe{{0, 1, "v", []int64{1, 5, -5}}}, Meta: []KV{{"chip", "x"}},
		Incidents: []Incident{{Tick: 3, Cycle: 700, Kind: 1, Src: 2, Dst: 5, Axon: 9, X: 1, Y: 0, Port: -1}, {Tick: 4, Kind: 3, X: -1, Y: -1}}}
	var b bytes.Buffer
	require.NoError(t, WriteTrace(&b, tr))
	for i := range b.Len() { // any cut and any flipped bit is seen
		_, err := ReadTrace(b.Bytes()[:i], "f")
		require.ErrorContains(t, err, "aer: f: ")
		bad := slices.Clone(b.Bytes())
		bad[i] ^= 1 << (i % 8)
		_, err = ReadTrace(bad, "f")
		require.ErrorContains(t, err, "aer: f: ", "byte %d", i)
	}
	_, err := ReadTrace(append(b.Bytes(), 0), "f")
	require.ErrorContains(t, err, "1 bytes after the last section")
}

func TestIncidentsThatCannotBe(t *testing.T) {
	for want, x := range map[string]Incident{"tick -1": {Tick: -1}, "cycle -2": {Cycle: -2}, "kind 4": {Kind: 4}, "place of -2": {Port: -2}} {
		require.ErrorContains(t, WriteTrace(&bytes.Buffer{}, &Trace{Incidents: []Incident{x}}), want)
	}
	var b bytes.Buffer
	require.NoError(t, WriteIncidents(&b, []Incident{{Tick: 3, Cycle: 700, Kind: 1, Src: 2, Dst: 5, Axon: 9, X: 1, Y: 0, Port: -1}}))
	require.Equal(t, "tick,cycle,kind,source_core,target_core,axon,x,y,port\n3,700,dropped,2,5,9,1,0,-1\n", b.String())
}

func TestWriteErrors(t *testing.T) {
	for _, c := range []struct {
		want string
		s    Stream
	}{
		{"spike 0 has tick -1", Stream{[]string{"a"}, []Spike{{-1, 0, 0, 0}}}},
		{"spike 0 has tick 0, population 1 of 1", Stream{[]string{"a"}, []Spike{{0, 1, 0, 0}}}},
		{"index -2", Stream{[]string{"a"}, []Spike{{0, 0, -2, 0}}}},
		{`share the name "a"`, Stream{[]string{"a", "a"}, nil}},
		{"name of 0 bytes", Stream{[]string{""}, nil}},
	} {
		require.ErrorContains(t, WriteCSV(&bytes.Buffer{}, &c.s), c.want)
		require.ErrorContains(t, WriteNpz(&bytes.Buffer{}, &c.s), c.want)
		require.ErrorContains(t, WriteTrace(&bytes.Buffer{}, &Trace{Pops: c.s.Pops, Spikes: c.s.Spikes}), c.want)
	}
	odd := &Stream{[]string{"a\nb"}, []Spike{{0, 0, 0, 1}}}
	require.ErrorContains(t, WriteCSV(&bytes.Buffer{}, odd), "control characters")
	require.NoError(t, WriteTrace(&bytes.Buffer{}, &Trace{Pops: odd.Pops, Spikes: odd.Spikes}), "a trace holds any name")
}

func TestCSV(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, WriteCSV(&b, &Stream{[]string{"in", `x "y",z`}, []Spike{{0, 0, 4, 1}, {7, 1, 0, -2}}}))
	require.Equal(t, "tick,population,index,payload\n0,in,4,1\n7,\"x \"\"y\"\",z\",0,-2\n", b.String())
	s, err := ReadCSV([]byte("\xef\xbb\xbfTick, population ,index\r\n\r\n# remark\r\n0,in,4\r\n 1 , in , 5 , 3 \r\n2,out,0"), "f")
	require.NoError(t, err)
	require.Equal(t, &Stream{[]string{"in", "out"}, []Spike{{0, 0, 4, 1}, {1, 0, 5, 3}, {2, 1, 0, 1}}}, s)
	for in, want := range map[string]string{
		"0,in,1\n\nx,in,1\n":                    `aer: f:3: tick "x", need a whole number 0 to 9223372036854775807`,
		"0,in\n":                                "aer: f:1: 2 fields, need tick,population,index[,payload]",
		"tick,population,index\n0,in,-1":        `aer: f:2: index "-1", need`,
		"0,in,1,2147483648":                     `aer: f:1: payload "2147483648", need`,
		"0,,1":                                  "aer: f:1: population name of 0 bytes",
		"0,\"a\n1,b,2":                          "aer: f:",
		"0,a,9223372036854775808":               "aer: f:1: index",
		"0,\xff,1":                              "aer: f:1: population name",
		"0," + strings.Repeat("a", 5000) + ",1": "aer: f:1: population name of 5000 bytes",
	} {
		_, err := ReadCSV([]byte(in), "f")
		require.ErrorContains(t, err, want)
	}
}

// TestNpzForeign reads arrays that another library wrote, of other types, and
// lets it read ours.
func TestNpzForeign(t *testing.T) {
	var b bytes.Buffer
	w := npz.NewWriter(&b)
	require.NoError(t, w.Write("tick.npy", []uint16{4, 5}))
	require.NoError(t, w.Write("population.npy", []int32{7, 9}))
	require.NoError(t, w.Write("index.npy", []int8{1, 2}))
	require.NoError(t, w.Write("extra.npy", []float64{1}))
	require.NoError(t, w.Close())
	s, err := ReadNpz(b.Bytes(), "f")
	require.NoError(t, err)
	require.Equal(t, &Stream{[]string{"7", "9"}, []Spike{{4, 0, 1, 1}, {5, 1, 2, 1}}}, s)

	b.Reset()
	require.NoError(t, WriteNpz(&b, sample()))
	var again bytes.Buffer
	require.NoError(t, WriteNpz(&again, sample()))
	require.Equal(t, b.Bytes(), again.Bytes(), "equal streams give equal bytes")
	var ticks []int64
	require.NoError(t, npz.Read(bytes.NewReader(b.Bytes()), "tick.npy", &ticks))
	require.Equal(t, []int64{0, 0, 0, 2, 2, 2, 1 << 40}, ticks)
	r, err := npz.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	require.Equal(t, "'<U8'", r.Header("population.npy").Descr.Type)
}

func TestNpzErrors(t *testing.T) {
	pack := func(arrays map[string]any) []byte {
		var b bytes.Buffer
		w := npz.NewWriter(&b)
		for _, n := range []string{"tick", "population", "index", "payload"} {
			if arrays[n] != nil {
				require.NoError(t, w.Write(n+".npy", arrays[n]))
			}
		}
		require.NoError(t, w.Close())
		return b.Bytes()
	}
	ok := []int64{0, 1}
	for _, c := range []struct {
		want   string
		arrays map[string]any
	}{
		{"aer: f: no array population", map[string]any{"tick": ok, "index": ok}},
		{"aer: f: array index has 1 elements, tick has 2", map[string]any{"tick": ok, "population": ok, "index": []int8{1}}},
		{"aer: f:1: tick -3, need 0", map[string]any{"tick": []int64{0, -3}, "population": ok, "index": ok}},
		{"aer: f:0: index 18446744073709551615, need", map[string]any{"tick": ok, "population": ok, "index": []uint64{math.MaxUint64, 0}}},
		{"aer: f: array payload: element type", map[string]any{"tick": ok, "population": ok, "index": ok, "payload": []float32{1, 2}}},
		{"aer: f: array tick: header", map[string]any{"tick": [2][2]int64{}, "population": ok, "index": ok}},
	} {
		_, err := ReadNpz(pack(c.arrays), "f")
		require.ErrorContains(t, err, c.want)
	}
}

func TestSniffAndRead(t *testing.T) {
	for in, want := range map[string]Kind{
		"":                                  Unknown,
		"hello":                             Unknown,
		"tick,population,index\n":           EventCSV,
		"# x\n0,in,3\n":                     EventCSV,
		"0,in,3,1\n":                        EventCSV,
		"0,\"a,b\",3,1\n":                   EventCSV,
		"1,2,3,4,5\n":                       PixelCSV,
		"\x00\x00\x08\x01\x00\x00\x00\x01a": IDXFile,
		"\x89HDF\r\n\x1a\n":                 HDF5File,
		"\x93NUMPY":                         ArrayNpy,
		"#!AER-DAT4.0\r\n":                  AEDAT4,
		" {\"a\": 1}":                       JSONFile,
		"PK\x03\x04":                        Unknown,
	} {
		require.Equal(t, want, Sniff([]byte(in)), "%q", in)
	}
	require.Equal(t, "kind 99", Kind(99).String())
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	require.NoError(t, WriteCSV(z, sample()))
	require.NoError(t, z.Close())
	require.Equal(t, Gzip, Sniff(b.Bytes()))
	got, err := Read(b.Bytes(), "f")
	require.NoError(t, err)
	require.Equal(t, sample().Hash(), got.Stream().Hash())
	_, err = Read([]byte("1,2,3,4,5\n"), "f")
	require.EqualError(t, err, "aer: f: have pixels (csv) (10 bytes), need events or a trace")
}

// FuzzRead: no input panics, and what reads writes and reads again the same.
func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	s := sample()
	for _, write := range []func() error{
		func() error { return WriteCSV(&b, s) },
		func() error { return WriteNpz(&b, s) },
		func() error {
			return WriteTrace(&b, &Trace{Pops: s.Pops, Spikes: s.Spikes, Ticks: 3, Probes: []Probe{{0, 1, "v", []int64{1, -7}}}, Meta: []KV{{"a", "b"}}})
		},
		func() error {
			return WriteTrace(&b, &Trace{Pops: s.Pops, Spikes: s.Spikes, Ticks: 3, Incidents: []Incident{{Tick: 1, Cycle: 9, Kind: 1, Src: 2, Dst: -1, Axon: 4, X: 1, Y: 1, Port: 3}}})
		},
	} {
		b.Reset()
		if err := write(); err != nil {
			f.Fatal(err)
		}
		f.Add(slices.Clone(b.Bytes()))
	}
	f.Add([]byte("0,in,1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Read(b, "f")
		if err != nil {
			require.ErrorContains(t, err, "aer: f:")
			return
		}
		var out bytes.Buffer
		require.NoError(t, WriteTrace(&out, got))
		again, err := ReadTrace(out.Bytes(), "g")
		require.NoError(t, err)
		require.Equal(t, got.Stream().Hash(), again.Stream().Hash())
	})
}

// FuzzTraceBody gives the decoder sections with right checksums, so that the
// fuzzer reaches what is in them.
func FuzzTraceBody(f *testing.F) {
	f.Add([]byte{9}, []byte{0}, []byte{1, 1, 'a'}, []byte{2, 0, 0, 2, 0, 1, 1}, []byte{0})
	f.Add([]byte{9}, []byte{1, 1, 'k', 0}, []byte{1, 1, 'a'}, []byte{1, 3, 0, 1, 1, 5, 4}, []byte{1, 0, 2, 1, 'v', 2, 3, 4})
	f.Fuzz(func(t *testing.T, head, meta, pops, spikes, probes []byte) {
		var b bytes.Buffer
		w := &sectionWriter{w: &b}
		w.raw([]byte(TraceMagic))
		for i, s := range [][]byte{head, meta, pops, spikes, probes} {
			w.section([]string{"HEAD", "META", "POPS", "SPIK", "PROB"}[i], s)
		}
		r := &reader{b: spikes, tag: "SPIK"}
		part := &Trace{Pops: make([]string, 300)}
		r.spikes(part)
		require.LessOrEqual(t, len(part.Spikes), len(spikes))
		tr := &Trace{}
		for i, read := range []func(*reader){func(r *reader) { r.pops(tr) }, func(r *reader) { r.spikes(tr) }} {
			read(&reader{b: [][]byte{pops, spikes}[i], tag: "X"})
		}
		sum, _ := hex.DecodeString(hashSorted(tr.Pops, tr.Spikes))
		w.section("HASH", sum)
		got, err := ReadTrace(b.Bytes(), "f")
		if err != nil {
			return
		}
		var again bytes.Buffer
		require.NoError(t, WriteTrace(&again, got))
		require.Equal(t, b.Bytes(), again.Bytes(), "only canonical bytes are taken")
	})
}

func BenchmarkHasher(b *testing.B) {
	spikes := make([]Spike, 1000)
	for i := range spikes {
		spikes[i] = Spike{0, int32(i / 500), int32(i), 1}
	}
	h := NewHasher([]string{"hidden", "in"})
	t := int64(0)
	for b.Loop() {
		h.Tick(t, spikes)
		t++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/spike")
}
