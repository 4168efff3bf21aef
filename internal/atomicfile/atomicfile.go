// Package atomicfile writes files whole or not at all: under a temporary name
// in the same folder, synced, then renamed.
package atomicfile

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// open are the temporary files of writes under way.
var open = struct {
	sync.Mutex
	names map[string]*os.File
}{names: map[string]*os.File{}}

// Write creates or replaces the file at path with what fn writes. If fn fails
// or panics, or the disk does, the file that was there stays as it was and no
// temporary file is left. Writes are buffered; the data is on disk when Write
// returns nil. A symbolic link is followed; an existing file keeps its
// permissions; what is no regular file (a device, a pipe) is written in place.
func Write(path string, fn func(io.Writer) error) (err error) {
	target, mode, err := resolve(path)
	var at *fs.PathError
	if errors.As(err, &at) {
		return fmt.Errorf("atomicfile: cannot write %s: %w", path, at.Err)
	}
	if err != nil {
		return fmt.Errorf("atomicfile: %w", err)
	}
	if mode&fs.ModeType != 0 {
		return inPlace(target, fn)
	}
	f, err := create(target)
	if err != nil {
		var temp *fs.PathError
		if errors.As(err, &temp) {
			err = temp.Err // the temporary name says nothing
		}
		return fmt.Errorf("atomicfile: cannot write %s: %w", path, err)
	}
	done := false
	defer func() {
		if !done { // error or panic in fn
			discard(f)
		}
	}()
	out := bufio.NewWriterSize(f, 1<<16)
	if err := fn(out); err != nil {
		return err
	}
	if mode != 0 {
		_ = f.Chmod(mode.Perm()) // best effort: not every file system has modes
	}
	if err := errors.Join(out.Flush(), f.Sync()); err != nil {
		return fmt.Errorf("atomicfile: cannot write %s: %w", path, err)
	}
	done = true
	if err := commit(f, target); err != nil {
		return fmt.Errorf("atomicfile: cannot write %s: %w", path, err)
	}
	return nil
}

// Cleanup removes the temporary files of all writes under way, which then
// fail. It is for signal handlers, before the program ends.
func Cleanup() {
	open.Lock()
	defer open.Unlock()
	for name, f := range open.names {
		_ = f.Close()
		_ = os.Remove(name)
		delete(open.names, name)
	}
}

// resolve follows links; mode is 0 if nothing is at path yet.
func resolve(path string) (target string, mode fs.FileMode, err error) {
	target = path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		target = real
	}
	st, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return target, 0, nil
	case err != nil:
		return "", 0, err
	case st.IsDir():
		return "", 0, fmt.Errorf("%s: is a folder, need a file", path)
	}
	return target, st.Mode(), nil
}

func inPlace(path string, fn func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	var at *fs.PathError
	if errors.As(err, &at) {
		return fmt.Errorf("atomicfile: cannot write %s: %w", path, at.Err)
	}
	if err != nil {
		return fmt.Errorf("atomicfile: %w", err)
	}
	out := bufio.NewWriterSize(f, 1<<16)
	if err := fn(out); err != nil {
		_ = f.Close()
		return err
	}
	if err := errors.Join(out.Flush(), f.Close()); err != nil {
		return fmt.Errorf("atomicfile: cannot write %s: %w", path, err)
	}
	return nil
}

// create makes and registers a temporary file beside target.
func create(target string) (*os.File, error) {
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	dir, base := filepath.Split(target)
	if len(base) > 128 { // leave room for the suffix: names end at 255 bytes
		base = base[:128]
	}
	name := filepath.Join(dir, "."+base+"."+hex.EncodeToString(id[:])+".hillock-tmp")
	open.Lock()
	defer open.Unlock()
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	open.names[name] = f
	return f, nil
}

// discard closes and removes a temporary file, unless Cleanup did.
func discard(f *os.File) {
	open.Lock()
	defer open.Unlock()
	if _, mine := open.names[f.Name()]; !mine {
		return
	}
	delete(open.names, f.Name())
	_ = f.Close()
	_ = os.Remove(f.Name())
}

// commit closes a temporary file and gives it its name.
func commit(f *os.File, target string) error {
	open.Lock()
	defer open.Unlock()
	if _, mine := open.names[f.Name()]; !mine {
		return errors.New("interrupted, nothing was written")
	}
	delete(open.names, f.Name())
	err := f.Close()
	if err == nil {
		err = os.Rename(f.Name(), target)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	syncDir(filepath.Dir(target))
	return nil
}

// syncDir makes a rename last where folders can be synced; elsewhere it does
// nothing.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
