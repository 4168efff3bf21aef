package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var updateReadme = flag.Bool("update", false, "run the commands of the README's tables and write their results")

// readmeTables are the commands behind the tables of the README, by marker.
var readmeTables = []struct{ name, args string }{
	{"digits", "eval examples/mappings/digits.nir --chip all --data examples/mappings/digits.csv.gz --encode phase:1,0,1,16 --ticks 16 --reset zero"},
	{"convolution", "eval test/data/models/sinabs_scnn_mnist_a/model.nir --chip all --data test/data/mnist/t10k-images-idx3-ubyte.gz --encode phase:16,127,255,16 --ticks 24"},
}

var columns = regexp.MustCompile(` {2,}`)

// TestReadmeTables: the README shows the commands of its tables and a line for
// every chip. With -update the commands run and the tables are written.
func TestReadmeTables(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	path := filepath.Join(root, "README.md")
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	text := string(b)
	for _, x := range readmeTables {
		require.Contains(t, text, "    hillock "+x.args+"\n")
		begin := "<!-- table " + x.name + ": go test ./cmd/hillock -run TestReadmeTables -update -->\n"
		head, rest, ok := strings.Cut(text, begin)
		require.True(t, ok, "the README lacks %q", begin)
		table, tail, ok := strings.Cut(rest, "<!-- end -->\n")
		require.True(t, ok, "the README lacks the end of table %s", x.name)
		if *updateReadme {
			t.Chdir(root)
			table = readmeTable(t, x.args)
			text = head + begin + table + "<!-- end -->\n" + tail
		}
		for _, n := range singleChips() {
			require.Contains(t, table, "\n| "+n+" |", "table %s of the README has no line of %s: go test ./cmd/hillock -run TestReadmeTables -update", x.name, n)
		}
	}
	if *updateReadme {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
}

// readmeTable runs a command and turns its first table into Markdown.
func readmeTable(t *testing.T, args string) string {
	var out, errw bytes.Buffer
	require.Zero(t, run(append(strings.Fields(args), "-q"), strings.NewReader(""), &out, &errw), errw.String())
	var s strings.Builder
	for i, line := range strings.Split(out.String(), "\n") {
		if line == "" {
			break
		}
		cells := columns.Split(line, -1)
		s.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		if i == 0 {
			s.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
		}
	}
	return s.String()
}
