package firmware

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/graph"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
	"hillock/isa/count"
	"hillock/router/aer"
)

// compiled is a network with recurrent spikes on a chip.
func compiled(t testing.TB, family string, sizes ...int) *chip.Image {
	r := rand.New(rand.NewPCG(3, uint64(len(sizes))))
	net := &graph.Network{Name: "chain", Pops: []*graph.Population{{Name: "in", N: 12}}}
	fill := func(n int, x float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = x
		}
		return v
	}
	last := 12
	for k, n := range sizes {
		net.Pops = append(net.Pops, &graph.Population{Name: "p" + string(rune('a'+k)), N: n, Kind: graph.CubaLIF, AJ: fill(n, 0.5), GJ: fill(n, 1), AV: fill(n, 0.9), GV: fill(n, 1),
			C: fill(n, 0), Theta: fill(n, 1), VReset: fill(n, 0)})
		w := make([]float64, n*last)
		for i := range w {
			if r.IntN(4) == 0 {
				w[i] = r.Float64()
			}
		}
		net.Projs = append(net.Projs, &graph.Projection{Name: "w" + string(rune('a'+k)), Pre: k, Post: k + 1, W: w})
		last = n
	}
	f, err := chip.LoadNamed(family)
	require.NoError(t, err)
	res, err := compiler.Compile(net, f, compiler.Options{Seed: 1})
	require.NoError(t, err)
	return res.Image
}

func tinyImage(t testing.TB) *chip.Image { return compiled(t, "loihi1", 10) }

// digits is the example network.
func digits(t testing.TB) *chip.Image {
	b, err := os.ReadFile("../examples/mappings/digits.nir")
	require.NoError(t, err)
	net, err := netfile.Network(b, "digits.nir", nir.Options{Reset: "zero"})
	require.NoError(t, err)
	f, err := chip.LoadNamed("loihi1")
	require.NoError(t, err)
	res, err := compiler.Compile(net, f, compiler.Options{Seed: 1})
	require.NoError(t, err)
	return res.Image
}

func start(t testing.TB, s *Session, img *chip.Image) {
	for _, c := range Boot(img.Encode()) {
		require.NoError(t, s.Do(c, nil))
	}
}

// events drives the first population of an image.
func events(img *chip.Image, ticks int64) *aer.Stream {
	s := &aer.Stream{Pops: []string{img.Pops[0].Name}}
	r := rand.New(rand.NewPCG(7, 7))
	for t := int64(0); t < ticks; t++ {
		for i := range img.Pops[0].N {
			if r.IntN(3) == 0 && t%7 < 5 {
				s.Spikes = append(s.Spikes, aer.Spike{Tick: t, Index: int32(i), Payload: 1})
			}
		}
	}
	return s
}

// TestBootEqualsLoading boots through the stream, drives through the stream,
// and compares everything with a machine that was loaded directly.
func TestBootEqualsLoading(t *testing.T) {
	for name, img := range map[string]*chip.Image{"digits": digits(t), "two layers": compiled(t, "loihi1", 1500, 20), "buckets": compiled(t, "loihi2", 40, 30)} {
		t.Run(name, func(t *testing.T) {
			in := events(img, 40)
			cmds := Boot(img.Encode())
			require.Greater(t, len(cmds), 1)
			drive, err := Drive(img, in, 60, "e")
			require.NoError(t, err)
			var stream, answers bytes.Buffer
			require.NoError(t, WriteStream(&stream, append(cmds, drive...)))
			s := NewSession(Options{Chip: chip.Options{Engine: "oracle"}})
			require.NoError(t, s.Serve(&stream, &answers, "boot"))
			back, err := ReadStream(&answers, "answers")
			require.NoError(t, err)
			require.Len(t, back, len(cmds)+len(drive))
			for _, m := range back {
				require.NotEqual(t, Refused, m.Op, m)
			}

			m, err := chip.New(img, chip.Options{})
			require.NoError(t, err)
			src, _, err := chip.Replay(img, in, "e")
			require.NoError(t, err)
			rec := chip.NewRecorder(img, false)
			require.NoError(t, m.Run(60, src, rec.Tick))
			require.Equal(t, rec.TraceHash(), s.Recorder().TraceHash())
			require.Equal(t, rec.MachineHash(), s.Recorder().MachineHash())
			require.Empty(t, cmp.Diff(m.Snapshot(), s.Machine().Snapshot(), cmpopts.EquateEmpty()))
			for i := range img.Cores {
				require.Empty(t, cmp.Diff(m.Core(i).State, s.Machine().Core(i).State))
			}
			c := m.Counts()
			require.NotZero(t, c[count.Spikes])
		})
	}
}

// script runs commands in text and gives the answers in text.
func script(t testing.TB, s *Session, text string) []string {
	cmds, err := Parse(text, "script")
	require.NoError(t, err)
	var out []string
	for _, c := range cmds {
		if err := s.Do(c, func(m Message) error { out = append(out, m.String()); return nil }); err != nil {
			out = append(out, "refused: "+err.Error())
		}
	}
	return out
}

func TestCommands(t *testing.T) {
	img := tinyImage(t)
	s := NewSession(Options{})
	require.Equal(t, []string{"refused: firmware: command 0, run: no image was started"}, script(t, s, "run 1"))
	start(t, s, img)
	require.Equal(t, []string{
		"write!", "read! 7 -8 9", "write!", "read! 0 500", "modulate!", "modulate!", "read! 0 0 -3 4",
		"inject!", "inject!", "probe! 1", "probe! 2", "probe! 2", "probe! 1"},
		script(t, s, `write state 0 0 1 4 7 -8 9
read state 0 0 1 4 3
write acc 0 0 0 6 500
read acc 0 0 0 5 2
modulate 65535 2 -3
modulate 0 3 4
read mod 0 0 0 0 4
inject 0 0 1
inject 0 11 1
probe 1 6 0 on
probe 1 4 1 on
probe 1 4 1 on
probe 1 6 0 off`))
	got := script(t, s, "step\nrun 2\nread state 0 0 0 0 10\nreset\nread state 0 0 1 0 10\nprobe 1 4 1 off\nrun 1")
	require.Len(t, got, 10)
	require.Regexp(t, `^sample 0 1 4 1 -?\d+$`, got[0])
	require.Equal(t, "step! 1 0", got[1])
	require.Regexp(t, `^sample 2 1 4 1 -?\d+$`, got[3])
	require.Equal(t, []string{"run! 3"}, got[4:5])
	require.Equal(t, []string{"reset!", "read! 0 0 0 0 0 0 0 0 0 0", "probe! 0", "run! 1"}, got[6:])
}

func TestSnapshotCommands(t *testing.T) {
	img := digits(t)
	cmds, err := Drive(img, events(img, 30), 40, "e")
	require.NoError(t, err)
	a := NewSession(Options{})
	start(t, a, img)
	half := len(cmds) / 2
	for cmds[half].Op != Run {
		half++
	}
	half++ // nothing waits to be injected
	for _, c := range cmds[:half] {
		require.NoError(t, a.Do(c, nil))
	}
	saved := script(t, a, "snapshot")
	var file []byte
	args := a.buf
	for at := 0; at < len(args); at += 40000 { // the host reads the buffer back
		require.NoError(t, a.Do(Message{Op: Fetch, Args: []int64{int64(at), int64(min(40000, len(args)-at))}}, func(m Message) error {
			file = append(file, m.Bytes...)
			return nil
		}))
	}
	direct := a.Machine().Snapshot().Encode()
	require.Equal(t, direct, file)
	b := NewSession(Options{Chip: chip.Options{Engine: "oracle"}})
	start(t, b, img)
	resume := Resume(file)
	require.Equal(t, saved[0], "snapshot! "+resume[len(resume)-1].String()[len("restore "):])
	for _, c := range append(resume, cmds[half:]...) {
		require.NoError(t, b.Do(c, nil))
	}
	for _, c := range cmds[half:] {
		require.NoError(t, a.Do(c, nil))
	}
	require.Empty(t, cmp.Diff(a.Machine().Snapshot(), b.Machine().Snapshot(), cmpopts.EquateEmpty()))
}

// TestRecordAndReplay executes commands one by one, some of them refused, and
// serves the record: the answers are the same bytes.
func TestRecordAndReplay(t *testing.T) {
	img := digits(t)
	var log, want bytes.Buffer
	s := NewSession(Options{Log: &log})
	cmds, err := Drive(img, events(img, 10), 12, "e")
	require.NoError(t, err)
	more, err := Parse("probe 1 0 1 on\nstep\nread state 999 0 0 0 1\nrestore 3 00000000\ninject 1 0 1\ninject 0 0 2\nwrite state 0 0 2 0 64\nsnapshot\nrun 3\nstep\nfetch 0 999\n", "m")
	require.NoError(t, err)
	all := append(append(Boot(img.Encode()), more...), cmds...)
	var stream bytes.Buffer
	require.NoError(t, WriteStream(&stream, all))
	direct := bytes.Clone(stream.Bytes())
	require.NoError(t, s.Serve(&stream, &want, "first"))
	require.Equal(t, direct, log.Bytes())
	var got bytes.Buffer
	require.NoError(t, NewSession(Options{Chip: chip.Options{Engine: "oracle"}}).Serve(&log, &got, "again"))
	require.Equal(t, want.Bytes(), got.Bytes())
	back, err := ReadStream(&want, "answers")
	require.NoError(t, err)
	refused := 0
	for _, m := range back {
		if m.Op == Refused {
			refused++
			require.Contains(t, string(m.Bytes), "firmware: command ")
		}
	}
	require.Equal(t, 5, refused)
}

func TestLimits(t *testing.T) {
	img := tinyImage(t)
	s := NewSession(Options{MaxTicks: 5, MaxProbes: 1, MaxBuffer: int64(len(img.Encode()))})
	start(t, s, img)
	require.Equal(t, []string{"run! 5"}, script(t, s, "run 5"))
	require.Contains(t, script(t, s, "step")[0], "1 ticks after 5, need at most 5")
	require.Equal(t, "probe! 1", script(t, s, "probe 1 0 0 on")[0])
	require.Contains(t, script(t, s, "probe 1 1 0 on")[0], "one probe more than 1")
	full := Message{Op: Load, Args: []int64{int64(len(s.buf))}, Bytes: []byte{1}}
	require.ErrorContains(t, s.Do(full, nil), "need at most")
	require.ErrorContains(t, s.Do(Message{Op: Run}, nil), "0 fields, need 1")
	require.ErrorContains(t, s.Do(Message{Op: Sample}, nil), "is no command")
}

func FuzzServe(f *testing.F) {
	img := tinyImage(f)
	boot := Boot(img.Encode())
	for _, text := range []string{"run 3\nstep\nread acc 0 0 0 0 10\nsnapshot\nprobe 1 0 0 on\nrun 2", "write param 0 0 3 0 5\ninject 0 3 1\nstep\nreset", "modulate 65535 1 4\nload 0 00ff\nfetch 0 2\nrestore 2 00000000"} {
		cmds, err := Parse(text, "seed")
		require.NoError(f, err)
		var b bytes.Buffer
		require.NoError(f, WriteStream(&b, cmds))
		f.Add(b.Bytes()[len(Magic):])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewSession(Options{MaxTicks: 50, MaxProbes: 4, MaxBuffer: 1 << 20})
		for _, c := range boot {
			require.NoError(t, s.Do(c, nil))
		}
		var out bytes.Buffer
		stream := append([]byte(Magic), fixFrames(b)...)
		_ = s.Serve(bytes.NewReader(stream), &out, "fuzz")
		if _, err := ReadStream(&out, "answers"); err != nil {
			t.Fatal(err)
		}
		if ms, err := ReadStream(bytes.NewReader(stream), "fuzz"); err == nil {
			var again bytes.Buffer
			require.NoError(t, WriteStream(&again, ms))
			require.Equal(t, stream, again.Bytes(), "a stream that is read is canonical")
		}
	})
}

// fixFrames lets the fuzzer past the checksums of the frames.
func fixFrames(b []byte) []byte {
	out := bytes.Clone(b)
	for at := 0; at+frameHead+frameSum <= len(out); {
		n := int64(binary.LittleEndian.Uint32(out[at+1:]))
		end := int64(at) + frameHead + n
		if n > MaxPayload || end+frameSum > int64(len(out)) {
			break
		}
		binary.LittleEndian.PutUint32(out[end:], crc32.Checksum(out[at:end], castagnoli))
		at = int(end) + frameSum
	}
	return out
}
