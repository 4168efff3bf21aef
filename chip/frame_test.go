package chip

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// framedImage is an image of a chip without ticks with a frame.
func framedImage(t *testing.T) *Image {
	f, err := LoadNamed("tinyodin")
	require.NoError(t, err)
	e, err := f.BindEvent(EventSetup{Registers: []RegisterValue{{Name: "max_neur", Value: 3}},
		Memories: []MemoryWords{{Name: "neurons", Chunks: []uint64{0xfff000, 0xfff000, 0xfff000, 0xfff000}}}})
	require.NoError(t, err)
	img := f.EventImage(e)
	img.Frame = &Frame{Step: []FrameWord{{0, 511, 1}}, After: []FrameWord{{0, 511, 17}}}
	return img
}

func TestFrameGoesWithTheImage(t *testing.T) {
	img := framedImage(t)
	for _, img.Frame.Reset = range []bool{false, true} {
		b := img.Encode()
		back, err := DecodeImage(b, "img")
		require.NoError(t, err)
		require.Equal(t, img.Frame, back.Frame)
		require.Equal(t, b, back.Encode())
		var text bytes.Buffer
		require.NoError(t, img.WriteText(&text))
		back, err = ReadImageText(text.Bytes(), "text")
		require.NoError(t, err)
		require.Equal(t, b, back.Encode())
	}
}

func TestFrameIsChecked(t *testing.T) {
	for want, change := range map[string]func(img *Image){
		"word of the frame for port 1, have 1":                                           func(img *Image) { img.Frame.Step[0].Port = 1 },
		`word 1024 of the frame for port "aer", 1 times: need 10 bits and 1..4096 times`: func(img *Image) { img.Frame.Step[0].Word = 1024 },
		`word -1 of the frame for port "aer", 1 times: need`:                             func(img *Image) { img.Frame.Step[0].Word = -1 },
		`word 511 of the frame for port "aer", 0 times: need`:                            func(img *Image) { img.Frame.Step[0].Times = 0 },
		`word 511 of the frame for port "aer", 4097 times: need`:                         func(img *Image) { img.Frame.After[0].Times = 4097 },
		"1025 words in a list of the frame, need at most 1024":                           func(img *Image) { img.Frame.Before = make([]FrameWord, 1025) },
		"frame of an image of 1 cores, need one, and that without ticks":                 func(img *Image) { img.Cores[0].Image.Event = nil },
	} {
		img := framedImage(t)
		change(img)
		require.ErrorContains(t, img.checkFrame(), want)
	}
}

func TestFramerRefuses(t *testing.T) {
	img := framedImage(t)
	m, err := New(img, Options{})
	require.NoError(t, err)
	h, err := NewFramer(m)
	require.NoError(t, err)
	in := int32(-1)
	for i, p := range img.Pops {
		if p.Name == "sources" {
			in = int32(i)
		}
	}
	require.NoError(t, h.Begin())
	require.ErrorContains(t, h.Step([]Injection{{Pop: 0}}), "chip: step 0: population 0 takes no input from outside")
	require.ErrorContains(t, h.Step([]Injection{{Pop: -1}}), "population -1 takes no input")
	require.ErrorContains(t, h.Step([]Injection{{Pop: in, Index: 256}}), `chip: step 0: neuron 256 of input "sources", have 256`)
	require.NoError(t, h.Step([]Injection{{Pop: in, Index: 3, Payload: 1}}))
	require.EqualValues(t, 1, h.Steps)
	img.Frame = nil
	m, err = New(img, Options{})
	require.NoError(t, err)
	_, err = NewFramer(m)
	require.ErrorContains(t, err, "need a frame, as compiled networks have")
}

// TestFrameOfDescriptions: what is wrong in the sections frame and network is
// said at its place.
func TestFrameOfDescriptions(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{`"leak": {"port": "aer", "word": 511}`, `"leak": {"port": "bus", "word": 511}`, `unknown port "bus"`},
		{`"leak": {"port": "aer", "word": 511}`, `"leak": {"port": "aer", "word": 5110}`, `word 5110 of the frame for port "aer", 1 times: need 10 bits`},
		{`"leak": {"port": "aer", "word": 511},`, ``, "network with a leak, need a word that takes it off in the frame"},
		{`"inlet": "sources",`, `"inlet": "in",`, `unknown inlet "in"`},
		{`"potential": "v"`, `"potential": "u"`, `unknown field "u"`},
		{`"leak": "leak",`, ``, "network: need one of leak and decay"},
		{`"thr": "threshold"}`, `"thr": "theta"}`, `variable "theta", have ["threshold"`},
		{`"thr": "threshold"}`, `"thr": "threshold +"}`, "setting thr"},
		{`"from": "sources", "to": "neurons"`, `"from": "inputs", "to": "neurons"`, "network: 0 places for weights from neurons to neurons, need 1"},
		{`"field": "w"}`, `"field": "v"}`, `weights in memory "neurons", need one with rows`},
		{`"from": "sources", "to": "neurons"`, `"from": "sources", "to": "outputs"`, "need keep if weights go to outputs"},
		{`"mapping": "addresses"`, `"mapping": "layers"`, `mapping "layers", need addresses with a network in the section event, and only with it`},
	} {
		b, err := Embedded().Open("tinyodin.json")
		require.NoError(t, err)
		require.Contains(t, string(b), c.from)
		_, err = Load("mychip.json", overlay{"mychip.json": strings.Replace(string(b), c.from, c.to, 1)})
		require.ErrorContains(t, err, c.want)
		require.ErrorContains(t, err, "chip: mychip.json:")
	}
}

// FuzzFramedImage: whatever the bytes, a frame that decodes is one that a host
// can show, and the image has no other bytes.
func FuzzFramedImage(f *testing.F) {
	fam, err := LoadNamed("tinyodin")
	require.NoError(f, err)
	e, err := fam.BindEvent(EventSetup{})
	require.NoError(f, err)
	img := fam.EventImage(e)
	for _, img.Frame = range []*Frame{{}, {Step: []FrameWord{{0, 511, 1}}, After: []FrameWord{{0, 511, 17}}, Reset: true}} {
		c := &codec{write: true}
		img.codeFrame(c)
		f.Add(c.buf)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		img := fam.EventImage(e)
		c := &codec{buf: b, where: "fuzz"}
		img.codeFrame(c)
		if c.err != nil || img.checkFrame() != nil {
			return
		}
		m, err := New(img, Options{})
		require.NoError(t, err)
		h, err := NewFramer(m)
		require.NoError(t, err)
		h.Edges = 200
		if len(img.Frame.Before) < 20 {
			_ = h.Begin() // may not come to rest
		}
		back, err := DecodeImage(img.Encode(), "img")
		require.NoError(t, err)
		require.Equal(t, img.Encode(), back.Encode())
	})
}
