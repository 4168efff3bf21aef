package firmware

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/require"

	"hillock/chip"
)

var update = flag.Bool("update", false, "write docs/host.md")

const manualFile = "../docs/host.md"

// TestManual holds docs/host.md to the command table; -update writes it.
func TestManual(t *testing.T) {
	text, err := os.ReadFile("testdata/host.md.tmpl")
	require.NoError(t, err)
	tm, err := template.New("manual").Option("missingkey=error").Parse(string(text))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, tm.Execute(&b, manual(t)))
	if *update {
		require.NoError(t, os.WriteFile(manualFile, b.Bytes(), 0o644))
	}
	have, err := os.ReadFile(manualFile)
	require.NoError(t, err)
	require.Equal(t, b.String(), string(have), "docs/host.md is stale: go test ./firmware -run TestManual -update")
}

const manualExample = "inject 0 3 1 ; input 3 spikes\nprobe 1 0 1 on\nstep\nread state 0 0 1 0 4\nmodulate 65535 0 -7\n"

func manual(t *testing.T) map[string]any {
	cmds, err := Parse(manualExample, "example")
	require.NoError(t, err)
	var stream bytes.Buffer
	require.NoError(t, WriteStream(&stream, cmds))
	return map[string]any{
		"Magic": strings.ReplaceAll(fmt.Sprintf("%q", Magic), `"`, ""), "MagicLen": len(Magic), "MaxBlock": MaxBlock, "Frame": frameTable(),
		"Example": manualExample, "ExampleHex": hexLines(stream.Bytes()), "ExampleAnswers": answers(t, cmds),
		"Commands": commandTable(), "Details": details(), "Notices": noticeTables(), "Spaces": spaceTable(), "Errors": errorLines(t),
	}
}

// table writes a Markdown table; cells are separated by tabs.
func table(rows ...string) string {
	var b strings.Builder
	for n, r := range rows {
		cells := strings.Split(strings.ReplaceAll(r, "|", "\\|"), "\t")
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		if n == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(cells)) + "\n")
		}
	}
	return b.String()
}

func frameTable() string {
	return table("bits\twhat", "8\toperation", "32\tlength of the payload in bytes, little-endian, at most "+fmt.Sprint(MaxPayload),
		"8 per byte\tpayload", "32\tCRC-32C (Castagnoli) of operation, length and payload, little-endian")
}

func hexLines(b []byte) string {
	var s strings.Builder
	for ; len(b) > 0; b = b[min(16, len(b)):] {
		s.WriteString(hex.EncodeToString(b[:min(16, len(b))]) + "\n")
	}
	return s.String()
}

func answers(t *testing.T, cmds []Message) string {
	s := NewSession(Options{})
	start(t, s, tinyImage(t))
	var b strings.Builder
	for _, c := range cmds {
		require.NoError(t, s.Do(c, func(m Message) error { _, err := fmt.Fprintln(&b, m); return err }))
	}
	return b.String()
}

func words(f *Form) int { return (f.bytes() + 3) / 4 }

func commandTable() string {
	rows := []string{"op\tcommand\tmeaning\twords, there and back\tcounts"}
	for _, r := range Table {
		counts := r.Counts
		if counts == "" {
			counts = "-"
		}
		rows = append(rows, fmt.Sprintf("0x%02x\t`%s`\t%s\t%d + %d\t%s", r.Op, Usage(r.Op), r.Doc, words(&r.Form), words(&r.Answer), counts))
	}
	return table(rows...)
}

func fieldRows(f *Form) (rows []string) {
	for _, x := range f.Fields {
		kind := [...]string{Unsigned: "unsigned", Signed: "signed", Check: "checksum", Named: "number"}[x.Kind]
		doc := x.Doc
		for n, name := range x.Names {
			doc += fmt.Sprintf("; %d `%s`", n, name)
		}
		rows = append(rows, fmt.Sprintf("%s\t%d\t%s\t%s", x.Name, x.Bits, kind, doc))
	}
	if f.Tail != NoTail {
		rows = append(rows, fmt.Sprintf("tail\t-\t%s\t%s", [...]string{Bytes: "bytes", Words: "32-bit signed words",
			Spikes: "spikes: population, index, payload of 32 bits each", Text: "UTF-8"}[f.Tail], f.Doc))
	}
	return rows
}

func details() string {
	var b strings.Builder
	for _, r := range Table {
		fmt.Fprintf(&b, "### %s\n\n", r.Name)
		rows := append([]string{"part\tbits\tkind\tmeaning"}, fieldRows(&r.Form)...)
		if len(rows) > 1 {
			b.WriteString(table(rows...) + "\n")
		}
		if back := fieldRows(&r.Answer); len(back) > 0 {
			fmt.Fprintf(&b, "Answer 0x%02x:\n\n%s\n", r.Op|Answered, table(append([]string{"part\tbits\tkind\tmeaning"}, back...)...))
		} else {
			fmt.Fprintf(&b, "Answer 0x%02x, without a payload.\n\n", r.Op|Answered)
		}
	}
	return b.String()
}

func noticeTables() string {
	var b strings.Builder
	for _, r := range Notices {
		fmt.Fprintf(&b, "`%s`, 0x%02x: %s.\n\n%s\n", r.Name, r.Op, r.Doc, table(append([]string{"part\tbits\tkind\tmeaning"}, fieldRows(&r.Form)...)...))
	}
	return b.String()
}

func spaceTable() string {
	means := [chip.NumSpaces]string{"state word `word` of the compartments of a group, from lane `first` on",
		"parameter `word` of the compartments of a group, from lane `first` on; a value that was shared by the group becomes one per lane when it is written",
		"accumulators of port `word`; `first` = ticks until it is read x compartments of the core + compartment",
		"modulator registers, from `first` on",
		"packed memory `group` of a core without ticks, in parts of 32 bits; `first` = parts of a word x its address + part, the low one first; `word` is 0"}
	rows := []string{"number\tspace\twhat it is"}
	for s := range chip.NumSpaces {
		rows = append(rows, fmt.Sprintf("%d\t`%s`\t%s", s, s, means[s]))
	}
	return table(rows...)
}

func errorLines(t *testing.T) string {
	var b strings.Builder
	for _, src := range []string{"fly", "read state 0 0 1", "read shelf 0 0 1 0 4", "run -1", "start 10 12"} {
		_, err := Parse(src, "boot.txt")
		require.Error(t, err)
		fmt.Fprintln(&b, err)
	}
	s := NewSession(Options{})
	cmds, err := Parse("step\nload 4 00\nstart 1 00000000", "-")
	require.NoError(t, err)
	for _, c := range cmds {
		err := s.Do(c, nil)
		require.Error(t, err)
		fmt.Fprintln(&b, err)
	}
	return b.String()
}
