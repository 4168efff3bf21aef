package chip

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/isa/fixed"
)

// relayed is a ring image in which one core has relays, a kept port and
// payloads that repeat.
func relayed(t *testing.T) *Image {
	img := ringImage(t, 2, 20, 4)
	ci := *img.Cores[1].Image
	l := fixed.Layout{Width: 16, Over: fixed.Sat}
	ci.Ring, ci.Payload = 1, core.Repeated
	ci.Ports = append([]core.Port(nil), ci.Ports...)
	ci.Ports[0] = core.Port{Acc: l, When: core.AtEvent, Keep: true, Word: 0}
	ci.Groups = append([]core.Group(nil), ci.Groups...)
	for g := range ci.Groups {
		ci.Groups[g].State = append([]fixed.Layout{l}, ci.Groups[g].State[1:]...)
	}
	ci.Axons = append([]core.Axon(nil), ci.Axons...)
	for a := range ci.Axons {
		ci.Axons[a].Most = uint8(1 + a%255)
	}
	ci.Syn = append([]core.Synapse(nil), ci.Syn...)
	for s := range ci.Syn {
		ci.Syn[s].Delay = 0
	}
	ci.Relays = []core.Relay{{From: 0, To: 3}, {From: 2, To: 1}}
	img.Cores[1].Image = &ci
	return img
}

func TestImageCarriesRelays(t *testing.T) {
	img := relayed(t)
	require.NoError(t, img.Check())
	b := img.Encode()
	back, err := DecodeImage(b, "x")
	require.NoError(t, err)
	got, want := back.Cores[1].Image, img.Cores[1].Image
	require.Equal(t, want.Relays, got.Relays)
	require.Equal(t, want.Ports, got.Ports)
	require.Equal(t, want.Axons, got.Axons)
	var text strings.Builder
	require.NoError(t, img.WriteText(&text))
	back, err = ReadImageText([]byte(text.String()), "x")
	require.NoError(t, err)
	require.Equal(t, b, back.Encode())
}

func TestHostWritesKeptWord(t *testing.T) {
	img := relayed(t)
	m, err := New(img, Options{})
	require.NoError(t, err)
	at := Place{Space: StateWords, Core: img.Cores[1].ID}
	require.NoError(t, m.Write(at, []int32{77}))
	require.EqualValues(t, 77, m.Core(1).State.Acc[0][0])
}

func TestKeptPortsOfDescriptions(t *testing.T) {
	for _, c := range []struct{ old, new, has string }{
		{`"when": "event", "keep": "i2"`, `"when": "read", "keep": "i2"`, "need when event and no read shift"},
		{`"keep": "i2"`, `"keep": "w"`, `port 1 keeps state word "w", which group hidden does not have`},
		{`{"width": 16, "over": "sat"}, "when": "event", "keep": "i2"`, `{"width": 15, "over": "sat"}, "when": "event", "keep": "i2"`, "another format in group hidden"},
		{`"axon_payload": "repeated"`, `"axon_payload": "twice"`, "axon_payload"},
	} {
		b, err := Embedded().Open("xylo-a1.json")
		require.NoError(t, err)
		s := strings.Replace(string(b), c.old, c.new, 1)
		require.NotEqual(t, string(b), s, c.old)
		_, err = Load("own", rewritten{"own.json": s})
		require.ErrorContains(t, err, c.has)
	}
}

// rewritten are files beside the embedded ones.
type rewritten map[string]string

func (c rewritten) Open(name string) ([]byte, error) {
	if s, ok := c[name]; ok {
		return []byte(s), nil
	}
	return Embedded().Open(name)
}
