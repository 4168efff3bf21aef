package conform

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFiles bounds the number of files that one run collects.
const maxFiles = 1 << 20

// collect lists the vector files of paths, sorted, each once. A path that is
// a file is taken whatever its name; in folders, names decide.
func collect(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("conform: %w", err)
		}
		if !info.IsDir() {
			out = append(out, filepath.Clean(p))
			continue
		}
		if out, err = walk(p, out); err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("conform: no *.json or *.json.gz file in %q", paths)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func walk(root string, out []string) ([]string, error) {
	// The separator at the end makes a folder behind a symbolic link a folder.
	err := filepath.WalkDir(root+string(filepath.Separator), func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() || !strings.HasSuffix(p, ".json") && !strings.HasSuffix(p, ".json.gz") {
			return nil
		}
		if info, err := os.Stat(p); err != nil || !info.Mode().IsRegular() {
			return err
		}
		if len(out) >= maxFiles {
			return fmt.Errorf("more than %d files", maxFiles)
		}
		out = append(out, filepath.Clean(p))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("conform: %w", err)
	}
	return out, nil
}

// readFile reads a file of at most limit bytes, decompressed by its content.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, &fieldError{need: "a regular file", have: info.Mode().Type().String()}
	}
	b, err := readAll(f, limit, "bytes")
	if err != nil || !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return b, err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err == nil {
		b, err = readAll(z, limit, "bytes after decompression")
	}
	var fe *fieldError
	if err != nil && !errors.As(err, &fe) {
		err = &fieldError{need: "a whole gzip stream", have: err.Error()}
	}
	return b, err
}

func readAll(r io.Reader, limit int64, unit string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, &fieldError{need: fmt.Sprintf("at most %d %s", limit, unit), have: "more"}
	}
	return b, err
}
