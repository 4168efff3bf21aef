package chip

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/core/learn"
)

// pairVars are settings of a pair rule: 2 for roles 0, 1 and what all share.
type pairVars map[string]int64

func (v pairVars) Whole(name string) (int64, bool) {
	x, ok := v[name]
	return x, ok
}
func (v pairVars) Real(string) (float64, bool) { return 11.5, true }

// pairImage is one core of 3 neurons that fire whenever something comes in,
// with a plastic source of both types, a modulating one, and weights without a
// sign. Targets keep a past.
func pairImage(t testing.TB) *Image {
	f, err := LoadNamed("spinnaker")
	require.NoError(t, err)
	v := bindVars{"threshold": {-2129919}, "seed_x": {77}, "t_refract": {0}}
	ci, err := f.BindCore(v)
	require.NoError(t, err)
	g, err := f.BindGroup("lif-exp", 3, v)
	require.NoError(t, err)
	set := pairVars{"integral": -1402339, "w_max": 60000, "w_min": 0, "sign.reward": 1, "sign.punishment": -1}
	for _, role := range []string{".exc", ".inh"} {
		set["shift"+role], set["a_plus"+role], set["a_minus"+role], set["e_min"+role], set["e_max"+role] = 0, 30000, 20000, 100, 90000
	}
	plan, err := f.LearnModel("pair-dopamine").Bind(set, nil)
	require.NoError(t, err)
	ci.N, ci.Groups, ci.Formats = 3, []core.Group{g}, []core.Format{{Unsigned: true}}
	ci.Syn = []core.Synapse{{Target: 0, Mant: -1, Delay: 3}, {Target: 1, Mant: 9000}, {Target: 2, Mant: 300}, {Target: 0, Mant: 5000}, {Target: 1, Mant: 4000}}
	ci.Axons = []core.Axon{{Off: 0, N: 2, Most: 1}, {Off: 2, N: 1, Port: 1, Most: 1}, {Off: 3, N: 2, Most: 1}}
	ci.Learning = []core.Learning{{Plan: plan, Axons: []uint16{0, 1, 2}, Roles: []uint8{0, 1, 2}}}
	ci.OutOff = make([]uint32, 4)
	return &Image{Chip: f.Name, ChipHash: f.Hash, Mesh: Mesh{X: 1, Y: 1, CoresPerTile: 1},
		Pops:   []Population{{Name: "neurons", N: 3, Output: true}, {Name: "in", N: 2, Input: true}},
		Cores:  []Core{{Image: &ci, Runs: []Run{{N: 3}}}},
		Inputs: []InputMap{{Pop: 1, Off: []uint32{0, 2, 3}, Dst: []Target{{0, 0}, {0, 1}, {0, 2}}}}}
}

// pairDrive spikes both sources now and then.
func pairDrive(tick int64, dst []Injection) []Injection {
	if tick%3 == 0 {
		dst = append(dst, Injection{1, 0, 1})
	}
	if tick%7 == 2 {
		dst = append(dst, Injection{1, 1, 1})
	}
	return dst
}

// An image with a past goes through both of its file forms.
func TestImageCarriesPast(t *testing.T) {
	img := pairImage(t)
	require.NoError(t, img.Check())
	b := img.Encode()
	back, err := DecodeImage(b, "x")
	require.NoError(t, err)
	got, want := back.Cores[0].Image, img.Cores[0].Image
	require.Empty(t, cmp.Diff(want.Learning, got.Learning, cmpopts.EquateEmpty()))
	require.Equal(t, want.Formats, got.Formats)
	require.True(t, got.OwnFirst)
	require.Equal(t, core.Kiss64, got.Generator)
	require.Equal(t, uint32(77), got.Seed[0])
	var text strings.Builder
	require.NoError(t, img.WriteText(&text))
	back, err = ReadImageText([]byte(text.String()), "x")
	require.NoError(t, err)
	require.Equal(t, b, back.Encode())
	for i := range b { // no byte of a damaged file may bring the reader down
		c := append([]byte(nil), b...)
		c[i] ^= 0x55
		_, err := DecodeImage(c, "x")
		require.Error(t, err)
	}
}

// A machine with a past that was saved and loaded goes on as it did; both
// engines agree, and weights learn.
func TestPastGoesOn(t *testing.T) {
	img := pairImage(t)
	a, err := New(img, Options{Engine: "oracle"})
	require.NoError(t, err)
	require.NoError(t, a.Run(40, pairDrive, nil))
	s, err := DecodeSnapshot(a.Snapshot().Encode(), "x")
	require.NoError(t, err)
	require.NoError(t, a.Run(40, pairDrive, nil))
	b, err := New(img, Options{})
	require.NoError(t, err)
	require.NoError(t, b.Restore(s))
	require.NoError(t, b.Run(40, pairDrive, nil))
	require.Empty(t, cmp.Diff(a.Snapshot(), b.Snapshot(), cmpopts.EquateEmpty()))
	l := &a.Core(0).State.Learn[0]
	require.NotEqual(t, []int32{65535, 9000, 300}, l.Words[learn.Synapse][0][:3])
	require.Equal(t, []int32{5000, 4000}, l.Words[learn.Synapse][0][3:], "concentrations stay")
	require.Greater(t, l.Len[1], int32(1))
	a.Reset()
	fresh, err := New(img, Options{})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(fresh.Core(0).State, a.Core(0).State))
}

// What a silent source sends reaches no neuron.
func TestSilentSources(t *testing.T) {
	m, err := New(pairImage(t), Options{})
	require.NoError(t, err)
	require.NoError(t, m.Run(3, func(_ int64, dst []Injection) []Injection { return append(dst, Injection{1, 1, 1}) }, nil))
	for _, acc := range m.Core(0).State.Acc {
		require.NotContains(t, acc, int32(5000))
	}
	require.Equal(t, int32(4), m.Core(0).State.Learn[0].Len[0])
}

func TestPastOfDescriptions(t *testing.T) {
	for _, c := range []struct{ old, new, has string }{
		{`"roles": ["exc", "inh"],`, `"roles": ["none"],`, `no role "none"`},
		{`"walk": "window", "from": "from", "to": "to",`, `"walk": "window", "from": "from",`, "has the words from and to"},
		{`"walk": "window"`, `"walk": "all"`, "walk"},
		{`"from": "from"`, `"from": "there"`, `no word "there"`},
		{`"depth": 16,`, ``, "a past of 0 entries with 2 words"},
		{`"past": {"time": {"width": 32, "over": "wrap"}, "trace"`, `"past": {"time": {"width": 32, "over": "wrap"}, "w"`, `word "w" is there twice`},
		{`"kind": "kiss64"`, `"kind": "dice"`, "kind"},
		{`"seed_z", "seed_c"]`, `"seed_z"]`, "seed of 3 words, need 4"},
		{`"mant_lo": 0, "mant_hi": 65535`, `"mant_lo": 0, "mant_hi": 65536`, "need 16 bits"},
		{`"mant_lo": 0, "mant_hi": 65535`, `"mant_lo": -1, "mant_hi": 65535`, "need 16 bits"},
	} {
		b, err := Embedded().Open("spinnaker.json")
		require.NoError(t, err)
		s := strings.Replace(string(b), c.old, c.new, 1)
		require.NotEqual(t, string(b), s, c.old)
		_, err = Load("own", rewritten{"own.json": s})
		require.ErrorContains(t, err, c.has)
	}
}

// Settings that differ by role are constants by role, where a step is for it;
// missing ones are said.
func TestSettingsByRole(t *testing.T) {
	img := pairImage(t)
	p := img.Cores[0].Image.Learning[0].Plan
	require.Contains(t, p.ByRole, []int32{30000, 30000, 0, 0})
	require.Contains(t, p.ByRole, []int32{0, 0, 1, -1})
	f, err := LoadNamed("spinnaker")
	require.NoError(t, err)
	_, err = f.LearnModel("pair-add").Bind(pairVars{"shift.exc": 1}, nil)
	require.ErrorContains(t, err, `role inh: setting "shift" is not given`)
}

// A table over ticks ends with its first 0.
func TestCurve(t *testing.T) {
	table := LearnTable{Decay: "exp", Entries: 100, Part: "curve", Bits: 3}
	got, err := table.curve(2, 1)
	require.NoError(t, err)
	require.Equal(t, []int32{8, 4, 2, 1, 1, 0}, got)
	table.Entries = 4
	_, err = table.curve(2, 1)
	require.ErrorContains(t, err, "do not reach 0")
}
