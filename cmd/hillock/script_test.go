package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hillock": main})
}

// TestScripts runs the golden stories of test/script: every folder of txtar
// files there. Run with -update to rewrite the expected outputs.
func TestScripts(t *testing.T) {
	for _, dir := range []string{"../../test/script", "../../test/script/bad"} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir:           dir,
				UpdateScripts: os.Getenv("HILLOCK_UPDATE") != "",
				Setup: func(e *testscript.Env) error {
					root, err := filepath.Abs("../..")
					if err != nil {
						return err
					}
					e.Setenv("ROOT", root)
					e.Setenv("EXAMPLES", filepath.Join(root, "examples", "mappings"))
					e.Setenv("FILES", filepath.Join(root, "test", "script", "testdata"))
					return nil
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"status": scriptStatus, "cut": scriptCut, "flip": scriptFlip, "unzip": scriptUnzip, "fill": scriptFill,
				},
			})
		})
	}
}

// scriptStatus runs hillock and checks its exit status: status N args...
// The stdout and stderr commands then look at its output.
func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: status N args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("hillock", args[1:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// scriptCut keeps the first N bytes: cut SRC DST N (negative: all but N).
func scriptCut(ts *testscript.TestScript, _ bool, args []string) {
	b, n := scriptFile(ts, args)
	if n < 0 {
		n += len(b)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b[:min(n, len(b))], 0o600))
}

// scriptFlip flips one bit of byte N: flip SRC DST N BIT.
func scriptFlip(ts *testscript.TestScript, _ bool, args []string) {
	b, n := scriptFile(ts, args[:3])
	bit, err := strconv.Atoi(args[3])
	ts.Check(err)
	b[n] ^= 1 << bit
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o600))
}

func scriptFile(ts *testscript.TestScript, args []string) ([]byte, int) {
	if len(args) != 3 {
		ts.Fatalf("need SRC DST N")
	}
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	return []byte(ts.ReadFile(args[0])), n
}

// scriptUnzip undoes gzip: unzip SRC DST.
func scriptUnzip(ts *testscript.TestScript, _ bool, args []string) {
	z, err := gzip.NewReader(bytes.NewReader([]byte(ts.ReadFile(args[0]))))
	ts.Check(err)
	b, err := io.ReadAll(z)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o600))
}

// scriptFill makes a file of N equal bytes: fill DST N BYTE.
func scriptFill(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	c, err := strconv.ParseUint(args[2], 0, 8)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Repeat([]byte{byte(c)}, n), 0o600))
}
