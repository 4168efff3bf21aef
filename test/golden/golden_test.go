package golden

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const examples = "../../examples/mappings"

// folder copies the examples, with one replacement in the named case.
func folder(t *testing.T, name, from, to string) string {
	t.Helper()
	dir := t.TempDir()
	files, err := os.ReadDir(examples)
	require.NoError(t, err)
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(examples, f.Name()))
		require.NoError(t, err)
		if f.Name() == name {
			require.Contains(t, string(b), from)
			b = []byte(strings.Replace(string(b), from, to, 1))
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name()), b, 0o600))
	}
	return dir
}

func TestExamplesPass(t *testing.T) {
	r, err := Run(examples, Options{})
	require.NoError(t, err)
	for _, c := range r.Cases {
		require.Empty(t, c.Failure, c.File)
	}
	require.Equal(t, 2, r.Passed)
	r, err = Run("../../examples/event_chips", Options{})
	require.NoError(t, err)
	for _, c := range r.Cases {
		require.Empty(t, c.Failure, c.File)
	}
	require.Equal(t, 3, r.Passed)
}

func TestDamageIsFoundAtItsLine(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(examples, "digits_spikes.txtar"))
	require.NoError(t, err)
	lines := strings.Split(string(b), "\n")
	at := 0
	for n, l := range lines {
		if strings.Contains(l, ",lif1,") && n > at {
			at = n // the last spike of lif1
		}
	}
	for _, to := range []string{"0,lif1,95,1", lines[at] + "1"} {
		dir := folder(t, "digits_spikes.txtar", "\n"+lines[at]+"\n", "\n"+to+"\n")
		r, err := Run(dir, Options{Run: regexp.MustCompile("spikes")})
		require.NoError(t, err)
		require.Equal(t, 1, r.Failed)
		require.Equal(t, 1, r.Skipped)
		require.Contains(t, r.Cases[0].Failure, "digits_spikes.txtar:"+itoa(at+1)+": trace: want")
	}
}

func itoa(n int) string {
	s := ""
	for ; n > 0; n /= 10 {
		s = string(rune('0'+n%10)) + s
	}
	return s
}

func TestUpdateRestoresWhatWasDamaged(t *testing.T) {
	dir := folder(t, "digits_spikes.txtar", "trace_hash ", "trace_hash 00")
	r, err := Run(dir, Options{})
	require.NoError(t, err)
	require.Equal(t, 1, r.Failed)
	require.Contains(t, strings.Join([]string{r.Cases[0].Failure, r.Cases[1].Failure}, ""), "digits_spikes.txtar:8: trace_hash: want 00")
	_, err = Run(dir, Options{Update: true})
	require.NoError(t, err)
	want, err := os.ReadFile(filepath.Join(examples, "digits_spikes.txtar"))
	require.NoError(t, err)
	have, err := os.ReadFile(filepath.Join(dir, "digits_spikes.txtar"))
	require.NoError(t, err)
	require.Equal(t, string(want), string(have))
}

func TestBandIsAJudgement(t *testing.T) {
	dir := folder(t, "digits_accuracy.txtar", "accuracy 93 99", "accuracy 99.9 100")
	for _, o := range []Options{{}, {Update: true}} {
		r, err := Run(filepath.Join(dir, "digits_accuracy.txtar"), o)
		require.NoError(t, err)
		require.Contains(t, r.Cases[0].Failure, "digits_accuracy.txtar:9: accuracy: want 99.9 to 100 %")
	}
}

func TestParseErrors(t *testing.T) {
	for in, want := range map[string]string{
		"netwerk a":                          `c:1: golden: unknown directive "netwerk"`,
		"network":                            "c:1: golden: network takes 1..32 arguments, have 0",
		"# x\nchip a\nchip b":                "c:3: golden: directive chip stands twice",
		"input a\ntrace_hash x":              "need either a network or an image line",
		"image a\ntrace_hash x":              "need either an input or a data line",
		"image a\ninput b":                   "nothing is expected",
		"network a\nimage b\ninput c":        "need either a network or an image line",
		"image a\ninput b\naccuracy 1":       "c:3: golden: accuracy takes 2..2 arguments, have 1",
		"image a\ninput b\ndata d\nspikes 1": "need either an input or a data line",
	} {
		_, err := Parse([]byte(in+"\n"), "c")
		require.ErrorContains(t, err, want, in)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("image a\ninput b\nspikes 1\n-- b --\ntick,population,index\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := Parse(b, "f"); err == nil {
			return
		}
	})
}
