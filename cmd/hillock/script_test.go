package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
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
					"json": scriptJSON, "same": scriptSame, "replace": scriptReplace,
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
	checkErrorText(ts, got)
}

// checkErrorText wants an error to be one of hillock's own: its name first, no
// text of the Go runtime or of a number parser, no temporary name.
func checkErrorText(ts *testscript.TestScript, status int) {
	text := ts.ReadFile("stderr")
	for _, bad := range []string{"strconv.", "goroutine ", "panic", "runtime error", "internal error", "hillock-tmp", "%!", "<nil>"} {
		if strings.Contains(text, bad) {
			ts.Fatalf("standard error has %q", bad)
		}
	}
	if status != exitFine && !regexp.MustCompile(`(?m)^hillock: `).MatchString(text) {
		ts.Fatalf("no line of standard error starts with hillock:")
	}
}

// scriptJSON wants a file (or stdout) to be one JSON object and nothing else,
// with the fields named: json FILE SCHEMA [FIELD...]. A field may be a path
// with dots.
func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: json FILE SCHEMA [FIELD...]")
	}
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	var object map[string]any
	ts.Check(d.Decode(&object))
	if _, err := d.Token(); err != io.EOF {
		ts.Fatalf("text after the JSON object")
	}
	if object["schema"] != args[1] {
		ts.Fatalf("schema %v, want %s", object["schema"], args[1])
	}
	for _, path := range args[2:] {
		var at any = object
		for _, key := range strings.Split(path, ".") {
			inner, ok := at.(map[string]any)
			if !ok {
				ts.Fatalf("field %s: no object above %s", path, key)
			}
			if at, ok = inner[key]; !ok {
				ts.Fatalf("no field %s", path)
			}
		}
	}
}

// scriptSame wants two files to be equal byte by byte: same A B.
func scriptSame(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: same A B")
	}
	if equal := ts.ReadFile(args[0]) == ts.ReadFile(args[1]); equal == neg {
		ts.Fatalf("%s and %s: equal %v", args[0], args[1], equal)
	}
}

// scriptReplace is "replace A OLD NEW B": file B is A with OLD, which must be
// there, replaced.
func scriptReplace(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 4 {
		ts.Fatalf("replace: need A OLD NEW B")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("replace: %s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o666))
}

// scriptCut keeps the first N bytes: cut SRC DST N (negative: all but N).
func scriptCut(ts *testscript.TestScript, _ bool, args []string) {
	b, n := scriptFile(ts, args)
	if n < 0 {
		n += len(b)
	}
	if n < 0 || n > len(b) {
		ts.Fatalf("%s: cut at %s of %d bytes", args[0], args[2], len(b))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b[:min(n, len(b))], 0o600))
}

// scriptFlip flips one bit of byte N: flip SRC DST N BIT.
func scriptFlip(ts *testscript.TestScript, _ bool, args []string) {
	b, n := scriptFile(ts, args[:3])
	bit, err := strconv.Atoi(args[3])
	ts.Check(err)
	if n < 0 || n >= len(b) || bit < 0 || bit > 7 {
		ts.Fatalf("%s: no bit %d of byte %d in %d bytes", args[0], bit, n, len(b))
	}
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
