// Package dataset loads labelled sets of images and turns their pixels into
// input spikes; it also reads and writes npz files of named arrays.
//
// Sets: csv (gzipped or not), IDX (gzipped or not) and npz, told apart by
// content. Every size is bounded by the file or by MaxUnpacked.
package dataset

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Limits of a set, whatever the file kind.
const (
	MaxUnpacked = 1 << 30 // bytes of a file after gunzip, and of all arrays of an npz
	MaxPixels   = 1 << 24 // pixels per image, steps included
	MaxLabel    = 1<<16 - 1
)

// A gzipped file may unpack to maxPadding bytes and maxRatio times its size,
// never above MaxUnpacked: sets of digits pack 3 to 20 times, bombs 1000 times.
const (
	maxPadding = 64 << 20
	maxRatio   = 64
)

// Set is a labelled set. All images have the product of Shape many pixels, last
// dimension fastest.
type Set struct {
	Name    string     // file name without folders
	Images  [][]uint16 // pixels (or spike counts) per image
	Shape   []int      // of one image: [pixel] for csv, [row, column] for IDX, [...] for npz
	Labels  []int      // class per image, 0 .. MaxLabel
	Classes int        // highest label + 1
	Max     int        // pixel range: 255 for bytes (IDX, uint8 npz), else the highest pixel of the set
}

// Len is the number of images.
func (s *Set) Len() int { return len(s.Images) }

// Pixels is the number of pixels of one image.
func (s *Set) Pixels() int {
	n := 1
	for _, d := range s.Shape {
		n *= d
	}
	return n
}

// Load reads a labelled set:
//
//	csv   no header; the last column is the label, the others unsigned pixels (16 bits)
//	IDX   images of bytes, with labels from labelsPath (IDX or one number a line)
//	      or from the sibling named labels-idx1 instead of images-idx3
//	npz   x [image, ...] (whole numbers, 16 bits, any element type) and y [image]
//
// csv and IDX may be gzipped. Errors are "dataset: FILE:ROW: ..." with rows from
// 1 for lines and from 0 for images.
func Load(path, labelsPath string) (*Set, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	if _, isIDX := idxKind(b); isIDX && labelsPath == "" {
		labelsPath = sibling(path)
		if labelsPath == "" {
			return nil, fmt.Errorf("dataset: %s: IDX images without labels: need a labels file, or the sibling named labels-idx1 instead of images-idx3", path)
		}
	}
	var labels []byte
	if labelsPath != "" {
		if labels, err = readFile(labelsPath); err != nil {
			return nil, err
		}
	}
	return Decode(b, path, labels, labelsPath)
}

// Decode is Load for files in memory, gzipped or not; labels may be nil where
// the set holds its own. The names are for errors and Set.Name.
func Decode(b []byte, name string, labels []byte, labelsName string) (*Set, error) {
	b, err := unpack(b, name)
	if err != nil {
		return nil, err
	}
	if labels, err = unpack(labels, labelsName); err != nil {
		return nil, err
	}
	var s *Set
	switch _, isIDX := idxKind(b); {
	case isIDX:
		s, err = decodeIDX(b, name)
	case bytes.HasPrefix(b, []byte("PK")):
		s, err = decodeNpz(b, name)
	case bytes.IndexByte(b[:min(len(b), 512)], 0) >= 0:
		return nil, fmt.Errorf("dataset: %s: need a csv, IDX or npz file, have %d bytes that start with %q", name, len(b), b[:min(8, len(b))])
	default:
		s, err = decodeCSV(b, name, labels != nil)
	}
	if err != nil {
		return nil, err
	}
	if labels != nil {
		if s.Labels, err = decodeLabels(labels, labelsName); err != nil {
			return nil, err
		}
	}
	if len(s.Images) == 0 || len(s.Images) != len(s.Labels) {
		return nil, fmt.Errorf("dataset: %s: %d images and %d labels, need as many and at least 1", name, len(s.Images), len(s.Labels))
	}
	s.Name = filepath.Base(name)
	s.Classes = slices.Max(s.Labels) + 1
	return s, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.IsDir() {
		return nil, fmt.Errorf("dataset: %s: is a folder, need a csv, IDX or npz file", path)
	}
	b, err := bounded(f)
	if err == nil {
		b, err = gunzip(b)
	}
	if err != nil {
		return nil, fmt.Errorf("dataset: %s: %w", path, err)
	}
	return b, nil
}

func unpack(b []byte, name string) ([]byte, error) {
	out, err := gunzip(b)
	if err != nil {
		return nil, fmt.Errorf("dataset: %s: %w", name, err)
	}
	return out, nil
}

// gunzip unpacks gzip; other bytes come back as they are.
func gunzip(b []byte) ([]byte, error) {
	if !bytes.HasPrefix(b, []byte("\x1f\x8b\x08")) {
		return b, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("gzip: bad or cut header in %d bytes: %w", len(b), err)
	}
	limit := min(MaxUnpacked, maxPadding+maxRatio*len(b))
	out, err := upTo(z, limit)
	switch {
	case len(out) > limit:
		err = fmt.Errorf("gzip: %d bytes unpack to more than %d, which is the limit for a file of this size", len(b), limit)
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("gzip: the file is cut short: it ends at byte %d, after %d unpacked bytes", len(b), len(out))
	}
	return out, err
}

// bounded reads at most MaxUnpacked bytes.
func bounded(r io.Reader) ([]byte, error) { return upTo(r, MaxUnpacked) }

// upTo reads at most limit bytes.
func upTo(r io.Reader, limit int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err == nil && len(b) > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	return b, err
}

// sibling finds the labels that belong to a file of IDX images, or "".
func sibling(path string) string {
	dir, base := filepath.Split(path)
	name := strings.Replace(base, "images-idx3", "labels-idx1", 1)
	if name == base {
		return ""
	}
	plain := strings.TrimSuffix(name, ".gz")
	for _, n := range []string{name, plain, plain + ".gz"} {
		if st, err := os.Stat(filepath.Join(dir, n)); err == nil && st.Mode().IsRegular() {
			return filepath.Join(dir, n)
		}
	}
	return ""
}
