package firmware

import (
	"bytes"
	"encoding/hex"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTableIsInOrder(t *testing.T) {
	for n, r := range Table {
		require.Equal(t, Op(n+1), r.Op, r.Name)
		require.NotEmpty(t, r.Doc)
		for _, f := range append(r.Form.Fields, r.Answer.Fields...) {
			require.Contains(t, []int{8, 16, 32, 64}, f.Bits)
			require.NotEmpty(t, f.Doc)
		}
	}
	require.Equal(t, int(endOfCommands), len(Table)+1)
}

// TestCheckBytes freezes the numbers of the protocol.
func TestCheckBytes(t *testing.T) {
	cmds, err := Parse("load 5 00ff\nfetch 1 2\nstart 3 0000abcd\nrun 4\nstep\nread acc 3 0 1 2 9\nwrite mod 3 0 0 1 -1 2\nmodulate 65535 1 -2\ninject 1 2 3\nprobe 1 2 3 on\nreset\nsnapshot\nrestore 1 000000ff", "c")
	require.NoError(t, err)
	want := []string{
		"010600000005000000" + "00ff", "020600000001000000" + "0200", "030800000003000000" + "cdab0000", "040400000004000000", "0500000000",
		"060c00000002" + "0300" + "0000" + "01" + "02000000" + "0900", "071200000003" + "0300" + "0000" + "00" + "01000000" + "ffffffff02000000",
		"0807000000" + "ffff" + "01" + "feffffff", "090a000000" + "0100" + "02000000" + "03000000", "0a08000000" + "0100" + "02000000" + "03" + "01",
		"0b00000000", "0c00000000", "0d0800000001000000" + "ff000000"}
	require.Len(t, cmds, len(want))
	for n, c := range cmds {
		b, err := c.Append(nil)
		require.NoError(t, err)
		require.Equal(t, want[n], hex.EncodeToString(b[:len(b)-frameSum]), c)
	}
}

func messages() *rapid.Generator[Message] {
	return rapid.Custom(func(t *rapid.T) Message {
		op := Op(rapid.IntRange(1, int(endOfCommands)-1).Draw(t, "op"))
		if k := rapid.IntRange(0, len(Notices)).Draw(t, "notice"); k < len(Notices) && rapid.Bool().Draw(t, "is notice") {
			op = Notices[k].Op
		} else if rapid.Bool().Draw(t, "answer") {
			op |= Answered
		}
		_, f, _ := form(op)
		m := Message{Op: op}
		for _, x := range f.Fields {
			lo, hi := x.bounds()
			m.Args = append(m.Args, rapid.Int64Range(lo, hi).Draw(t, x.Name))
		}
		switch f.Tail {
		case Bytes:
			m.Bytes = rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes")
		case Text:
			m.Bytes = []byte(rapid.String().Draw(t, "text"))
		case Words:
			m.Words = rapid.SliceOfN(rapid.Int32(), 0, 9).Draw(t, "words")
		case Spikes:
			m.Words = rapid.SliceOfN(rapid.Int32(), 3, 3).Draw(t, "spike")
		}
		return m
	})
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.SliceOfN(messages(), 0, 5).Draw(t, "messages")
		var b bytes.Buffer
		require.NoError(t, WriteStream(&b, ms))
		whole := bytes.Clone(b.Bytes())
		back, err := ReadStream(&b, "s")
		require.NoError(t, err)
		require.Len(t, back, len(ms))
		text := ""
		var cmds []Message
		for n, m := range back {
			require.Equal(t, ms[n].String(), m.String())
			if m.Op < endOfCommands {
				text, cmds = text+m.String()+"\n", append(cmds, m)
			}
			frame, err := m.Append(nil)
			require.NoError(t, err)
			require.Equal(t, (len(frame)+3)/4, m.TransferWords())
		}
		parsed, err := Parse(text, "text")
		require.NoError(t, err)
		require.Len(t, parsed, len(cmds))
		for n := range parsed {
			require.Equal(t, cmds[n].String(), parsed[n].String())
		}
		var again bytes.Buffer
		require.NoError(t, WriteStream(&again, back))
		require.Equal(t, whole, again.Bytes())
	})
}

func TestDamagedStreams(t *testing.T) {
	var b bytes.Buffer
	cmds, err := Parse("load 0 0102030405\nrun 7\nstep", "c")
	require.NoError(t, err)
	require.NoError(t, WriteStream(&b, cmds))
	whole := b.Bytes()
	ends := map[int]bool{len(Magic): true}
	at := len(Magic)
	for _, c := range cmds {
		f, _ := c.Append(nil)
		at += len(f)
		ends[at] = true
	}
	for n := range whole {
		_, err := ReadStream(bytes.NewReader(whole[:n]), "cut")
		require.Equal(t, ends[n], err == nil, "cut at byte %d: %v", n, err)
		bad := bytes.Clone(whole)
		bad[n] ^= 4
		_, err = ReadStream(bytes.NewReader(bad), "flip")
		require.Error(t, err, "bit of byte %d", n)
		require.NotErrorIs(t, err, io.EOF)
	}
	_, err = ReadStream(bytes.NewReader(nil), "none")
	require.ErrorContains(t, err, "none: firmware: no stream signature")
	_, err = Message{Op: 0x7f}.Append(nil)
	require.ErrorContains(t, err, "operation 127 does not exist")
	_, err = Message{Op: Run, Args: []int64{-1}}.Append(nil)
	require.ErrorContains(t, err, "firmware: run: ticks is -1, need 0..4294967295")
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"run":                     `c:1: firmware: run: 0 words, need "run ticks"`,
		"; nothing\n\nrun x":      `c:3: firmware: run: ticks is "x", need a whole number 0..4294967295`,
		"run 1 2":                 `1 words too many`,
		"load 0 0g":               `pairs of hexadecimal digits`,
		"load 0 00 11":            `words too many`,
		"write state 0 0 0 0 1.5": `value "1.5"`,
		"restore 1 ff":            `check is "ff", need 8 hexadecimal digits`,
		"probe 0 0 0 perhaps":     `state is "perhaps", need one of off, on`,
	} {
		_, err := Parse(text, "c")
		require.ErrorContains(t, err, want, text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("load 0 00ff\nread acc 1 2 3 4 5 ; comment\nwrite mod 0 0 0 0 -1 0x7f\nstart 12 0000abcd\nprobe 1 2 3 off")
	f.Fuzz(func(t *testing.T, text string) {
		ms, err := Parse(text, "fuzz")
		if err != nil {
			return
		}
		canonical := ""
		for _, m := range ms {
			canonical += m.String() + "\n"
		}
		again, err := Parse(canonical, "again")
		require.NoError(t, err)
		require.Len(t, again, len(ms))
		for n := range ms {
			require.Equal(t, ms[n].String(), again[n].String())
			_, err := ms[n].Append(nil)
			require.NoError(t, err)
		}
	})
}
