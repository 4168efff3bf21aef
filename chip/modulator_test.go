package chip

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/isa/asm"
)

// A register follows a population's rate; programs read it a tick later, on
// every core, whatever the number of workers.
func TestModulatorFollowsARate(t *testing.T) {
	prog, err := asm.Assemble("MOV t0 IN0\nADD s0 s0 t0\nADD s1 MOD2 Z\nCLT F p3 s0\n?F MOV s0 Z\n?F SPK Z\nMOV t1 p0\nMOV t1 p6\nEND\n", "mod", asm.Options{})
	require.NoError(t, err)
	var hashes []string
	for _, workers := range []int{1, 2, 3, 8} {
		for _, engine := range core.Engines() {
			img := ringImage(t, 5, 20, 9)
			for i := range img.Cores {
				img.Cores[i].Image.Groups[0].Prog = prog
				img.Cores[i].Image.Groups[0].Params[3] = []int32{3000}
			}
			img.Modulators = []Modulator{{Register: 2, Pop: 1, Keep: 2048, Gain: 3, Top: 40}}
			back, err := DecodeImage(img.Encode(), "test")
			require.NoError(t, err)
			require.Equal(t, img.Modulators, back.Modulators)
			m, err := New(back, Options{Engine: engine, Workers: workers})
			require.NoError(t, err)
			rec := NewRecorder(back, true)
			want, seen, moved := int32(0), 0, false
			src := func(tick int64, dst []Injection) []Injection {
				for i := range int32(16) {
					if (int64(i)+tick)%5 == 0 {
						dst = append(dst, Injection{Index: i, Payload: 1})
					}
				}
				return dst
			}
			sink := func(tick int64, m *Machine) error {
				for i := range back.Cores {
					require.Equal(t, want, m.Core(i).State.Words[0][1][7], "what programs read is the level after the last tick")
				}
				if err := rec.Tick(tick, m); err != nil {
					return err
				}
				n := len(rec.Spikes) - seen
				seen = len(rec.Spikes)
				want = min(want*2048>>12+3*int32(n), 40)
				moved = moved || want > 0
				for i := range back.Cores {
					require.Equal(t, want, m.Core(i).State.Mods[2])
				}
				return nil
			}
			require.NoError(t, m.Run(40, src, sink))
			require.True(t, moved)
			hashes = append(hashes, rec.TraceHash())
		}
	}
	for _, h := range hashes {
		require.Equal(t, hashes[0], h)
	}
}

func TestModulatorChecks(t *testing.T) {
	for want, d := range map[string][]Modulator{
		"chip: modulator 0 drives register 4, need 0..3":                           {{Register: 4, Pop: 1}},
		"chip: modulator 1 drives register 1, which another one drives":            {{Register: 1, Pop: 1}, {Register: 1, Pop: 1}},
		"chip: modulator 0 follows population 0, need one on the chip of 2":        {{Pop: 0}},
		"chip: modulator 0 keeps 5000 of 4096 up to 0, need 0..4096 and 0 or more": {{Pop: 1, Keep: 5000}},
	} {
		img := ringImage(t, 2, 5, 1)
		img.Modulators = d
		require.EqualError(t, img.Check(), want)
	}
}
