package chip

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/core/learn"
	"hillock/isa/fixed"
)

// liveWord is a word that says whether a synapse is there.
func liveWord() learn.Word {
	return learn.Word{Name: "live", Layout: fixed.Layout{Width: 1, Over: fixed.SatU}, Stored: true, Init: []int32{0}}
}

// The word that says whether a synapse is there travels with an image, in
// bytes and in text; a file cannot name two.
func TestImageCarriesPresence(t *testing.T) {
	img := ringImage(t, 2, 20, 4)
	f, err := Load("tiny", learnTestFiles())
	require.NoError(t, err)
	p, err := f.LearnModel("twice").Bind(learnTestVars{3, 1}, learnTestRule(t))
	require.NoError(t, err)
	p.Words[learn.Synapse][0].Layout.Width = 16
	own := *img.Cores[0].Image
	own.Learning = []core.Learning{{Plan: p, Axons: []uint16{0}}}
	img.Cores[0].Image = &own
	plain := len(img.Encode())
	words := &own.Learning[0].Plan.Words[learn.Synapse]
	*words = append(*words, liveWord())
	own.Learning[0].Plan.Live = int32(len(*words) - 1)
	require.NoError(t, img.Check())
	b := img.Encode()
	require.Greater(t, len(b), plain)
	back, err := DecodeImage(b, "x")
	require.NoError(t, err)
	require.Equal(t, own.Learning, back.Cores[0].Image.Learning)
	var text strings.Builder
	require.NoError(t, img.WriteText(&text))
	back, err = ReadImageText([]byte(text.String()), "x")
	require.NoError(t, err)
	require.Equal(t, b, back.Encode())

	m, err := New(img, Options{})
	require.NoError(t, err)
	all := m.Plastic()
	require.Len(t, all, int(own.Axons[0].N))
	for _, s := range all {
		require.True(t, s.Comes)
		require.False(t, s.Live)
		require.Equal(t, "twice", s.Plan)
		require.Equal(t, s.Weight, s.Words[0])
	}
}

func TestMemoryOfWordsIsCanonical(t *testing.T) {
	for _, x := range []struct {
		space learn.Space
		word  int
		live  int32
		want  string
	}{
		{learn.Synapse, 1, 0, ""}, {learn.Synapse, 1, 1, "behind its weight"}, {learn.Synapse, 0, 0, "have word 0 of synapse"}, {learn.Pre, 0, 0, "of pre"},
	} {
		p := &learn.Plan{Live: x.live}
		p.Words[learn.Synapse], p.Words[learn.Pre] = make([]learn.Word, 2), make([]learn.Word, 1)
		c := &codec{buf: []byte{2}, where: "here"}
		codeMemory(c, p, &p.Words[x.space][x.word], x.space)
		if x.want == "" {
			require.NoError(t, c.err)
			require.Equal(t, int32(1), p.Live)
			continue
		}
		require.ErrorContains(t, c.err, x.want)
	}
}

func TestLiveWordOfADescription(t *testing.T) {
	for _, x := range [][2]string{
		{`"live": {"width": 1, "over": "satu", "stored": true, "live": true}`, ""},
		{`"live": {"width": 2, "over": "satu", "stored": true, "live": true}`, `word "live" is live, need one such word`},
		{`"live": {"width": 1, "over": "wrap", "stored": true, "live": true}`, `word "live" is live, need one such word`},
		{`"live": {"width": 1, "over": "satu", "live": true}`, `word "live" is live, need one such word`},
		{`"a": {"width": 1, "over": "satu", "stored": true, "live": true}, "b": {"width": 1, "over": "satu", "stored": true, "live": true}`, `word "b" is live`},
	} {
		m := learnTestFiles()
		at := strings.Index(m["tiny.json"], `"w": {`)
		require.Positive(t, at)
		end := at + strings.IndexByte(m["tiny.json"][at:], '}') + 1
		m["tiny.json"] = m["tiny.json"][:end] + ", " + x[0] + m["tiny.json"][end:]
		f, err := Load("tiny", m)
		if x[1] != "" {
			require.ErrorContains(t, err, x[1])
			continue
		}
		require.NoError(t, err)
		p, err := f.LearnModel("twice").Bind(learnTestVars{3, 1}, learnTestRule(t))
		require.NoError(t, err)
		require.Positive(t, p.Live)
		require.Equal(t, []int32{1}, p.Words[learn.Synapse][p.Live].Init)
	}
}
