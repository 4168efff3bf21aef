package aer

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Kind is a kind of file, told by its content.
type Kind int

// Kinds that Sniff tells apart. Read takes EventCSV, EventNpz and TraceFile,
// plain or within Gzip; the others are named for the sake of messages.
const (
	Unknown   Kind = iota
	EventCSV       // tick,population,index[,payload]
	EventNpz       // zip with the arrays tick, population, index
	TraceFile      // the native trace file
	Gzip           // something compressed
	PixelCSV       // lines of at least two numbers that are no events
	ArrayNpz       // zip of other npy arrays
	ArrayNpy       // one npy array
	IDXFile        // IDX array of bytes
	HDF5File       // an HDF5 file
	AEDAT4         // events of a camera
	JSONFile       // a JSON object or list
)

var kindNames = [...]string{"unknown", "events (csv)", "events (npz)", "trace", "gzip", "pixels (csv)", "arrays (npz)", "array (npy)", "idx", "hdf5", "aedat4", "json"}

// String is the name of the kind, for people.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kindNames[k]
}

// Sniff tells the kind of a file by its content. It needs the whole file only
// for zip, whose directory stands at the end.
func Sniff(b []byte) Kind {
	for _, m := range []struct {
		magic string
		kind  Kind
	}{
		{TraceMagic[:len(TraceMagic)-1], TraceFile},
		{"\x1f\x8b\x08", Gzip},
		{"\x93NUMPY", ArrayNpy},
		{"\x89HDF\r\n\x1a\n", HDF5File},
		{"#!AER-DAT4.", AEDAT4},
	} {
		if bytes.HasPrefix(b, []byte(m.magic)) {
			return m.kind
		}
	}
	switch {
	case bytes.HasPrefix(b, []byte("PK\x03\x04")), bytes.HasPrefix(b, []byte("PK\x05\x06")):
		return sniffZip(b)
	case len(b) >= 4 && b[0] == 0 && b[1] == 0 && b[2] >= 8 && b[2] <= 14 && b[3] > 0 && len(b) >= 4+4*int(b[3]):
		return IDXFile
	}
	return sniffText(b)
}

func sniffZip(b []byte) Kind {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	switch {
	case err != nil:
		return Unknown
	case member(z, "tick.npy") != nil && member(z, "population.npy") != nil:
		return EventNpz
	}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, ".npy") {
			return ArrayNpz
		}
	}
	return Unknown
}

// sniffText looks at the first line that says something.
func sniffText(b []byte) Kind {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	for len(b) > 0 {
		line, rest, _ := bytes.Cut(b[:min(len(b), 1<<16)], []byte("\n"))
		if s := strings.TrimSpace(string(line)); s != "" && s[0] != '#' {
			return sniffLine(s)
		}
		if len(rest) == 0 {
			return Unknown
		}
		b = b[len(line)+1:]
	}
	return Unknown
}

func sniffLine(s string) Kind {
	if s[0] == '{' || s[0] == '[' {
		return JSONFile
	}
	fields := strings.Split(s, ",")
	if header(fields) {
		return EventCSV
	}
	numbers := 0
	for _, f := range fields {
		if _, err := strconv.ParseInt(strings.TrimSpace(f), 10, 64); err == nil {
			numbers++
		}
	}
	switch {
	case numbers == len(fields) && len(fields) > 4:
		return PixelCSV
	case len(fields) >= 3 && numbers >= 2 && (len(fields) <= 4 || strings.Contains(s, `"`)):
		return EventCSV // tick and index are numbers; a quoted name may hold commas
	case numbers == len(fields) && len(fields) >= 2:
		return PixelCSV
	}
	return Unknown
}

// MaxUnpacked bounds what Read unpacks from a gzip file.
const MaxUnpacked = 1 << 30

// Read reads events or a trace of whatever kind, told by content, plain or
// gzipped. Kinds without probes, length and remarks leave those empty; spikes
// keep the order of the file.
func Read(b []byte, file string) (*Trace, error) {
	kind := Sniff(b)
	if kind == Gzip {
		var err error
		if b, err = unzip(b); err != nil {
			return nil, fmt.Errorf("aer: %s: %w", file, err)
		}
		kind = Sniff(b)
	}
	var s *Stream
	var err error
	switch kind {
	case TraceFile:
		return ReadTrace(b, file)
	case EventCSV:
		s, err = ReadCSV(b, file)
	case EventNpz:
		s, err = ReadNpz(b, file)
	default:
		return nil, fmt.Errorf("aer: %s: have %s (%d bytes), need events or a trace", file, kind, len(b))
	}
	if err != nil {
		return nil, err
	}
	return &Trace{Pops: s.Pops, Spikes: s.Spikes}, nil
}

func unzip(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(z, MaxUnpacked+1))
	if err == nil && len(out) > MaxUnpacked {
		err = fmt.Errorf("unpacks to more than %d bytes", MaxUnpacked)
	}
	return out, err
}
