package aer

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"time"
	"unicode/utf8"
)

// ReadNpz reads events from a zip of npy arrays: tick, population, index and
// optionally payload (1 where absent), all of one length. Population holds
// strings (unicode or bytes; whole numbers become decimal names), the others
// whole numbers. Other arrays are left alone. Errors name the row, from 0.
// At most MaxSpikes rows are unpacked.
func ReadNpz(b []byte, file string) (*Stream, error) {
	s, err := readNpz(b)
	if err != nil {
		return nil, fmt.Errorf("aer: %s:%w", file, err)
	}
	return s, nil
}

// eventArrays are the arrays of an event file; the last may be absent.
var eventArrays = [...]string{"tick", "population", "index", "payload"}

func readNpz(b []byte) (*Stream, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, fmt.Errorf(" %w", err)
	}
	var cols [len(eventArrays)]*column
	for i, name := range eventArrays {
		f := member(z, name+".npy")
		if f == nil {
			if name == "payload" {
				continue
			}
			return nil, fmt.Errorf(" no array %s among %d members, need tick, population, index", name, len(z.File))
		}
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf(" array %s: %w", name, err)
		}
		defer r.Close()
		if cols[i], err = newColumn(name, r); err != nil {
			return nil, fmt.Errorf(" %w", err)
		}
		if cols[i].n != cols[0].n {
			return nil, fmt.Errorf(" array %s has %d elements, tick has %d", name, cols[i].n, cols[0].n)
		}
	}
	return readColumns(cols)
}

func member(z *zip.Reader, name string) *zip.File {
	for _, f := range z.File {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func readColumns(cols [len(eventArrays)]*column) (*Stream, error) {
	s := &Stream{}
	names, cells := newTable(s), map[string]int32{}
	for row := int64(0); row < cols[0].n; row++ {
		for _, c := range cols {
			if c == nil {
				continue
			}
			if err := c.next(); err != nil {
				return nil, fmt.Errorf("%d: %w", row, err)
			}
		}
		x, err := cellsToSpike(cols, names, cells)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", row, err)
		}
		s.Spikes = append(s.Spikes, x)
	}
	for _, c := range cols {
		if c == nil {
			continue
		}
		if err := c.end(); err != nil {
			return nil, fmt.Errorf(" %w", err)
		}
	}
	return s, nil
}

func cellsToSpike(cols [len(eventArrays)]*column, names *table, cells map[string]int32) (x Spike, err error) {
	x.Payload = PlainPayload
	if x.Tick, err = cols[0].number(0, 1<<63-1); err != nil {
		return x, err
	}
	pop, known := cells[string(cols[1].cell)]
	if !known {
		name, err := cols[1].text()
		if err != nil {
			return x, err
		}
		if pop, err = names.number(name); err != nil {
			return x, err
		}
		cells[string(cols[1].cell)] = pop
	}
	x.Pop = pop
	n, err := cols[2].number(0, 1<<31-1)
	if err != nil {
		return x, err
	}
	x.Index = int32(n)
	if cols[3] != nil {
		if n, err = cols[3].number(-1<<31, 1<<31-1); err != nil {
			return x, err
		}
		x.Payload = int32(n)
	}
	return x, nil
}

// WriteNpz writes events as a zip of npy arrays: tick int64, population
// unicode, index int32, payload int32, in the order of the stream. Equal
// streams give equal bytes.
func WriteNpz(w io.Writer, s *Stream) error {
	if _, err := s.textNames(); err != nil {
		return err
	}
	z := zip.NewWriter(w)
	runes := 1
	for _, p := range s.Pops {
		runes = max(runes, utf8.RuneCountInString(p))
	}
	wide := make([][]byte, len(s.Pops)) // names as fixed-width UTF-32
	for i, p := range s.Pops {
		cell := make([]byte, 0, 4*runes)
		for _, r := range p {
			cell = binary.LittleEndian.AppendUint32(cell, uint32(r))
		}
		wide[i] = cell[:4*runes]
	}
	le := binary.LittleEndian
	column := func(name, descr string, cell func(b []byte, x Spike) []byte) error {
		return writeColumn(z, name, descr, s.Spikes, cell)
	}
	err := column("tick", "<i8", func(b []byte, x Spike) []byte { return le.AppendUint64(b, uint64(x.Tick)) })
	if err == nil {
		err = column("population", fmt.Sprintf("<U%d", runes), func(b []byte, x Spike) []byte { return append(b, wide[x.Pop]...) })
	}
	if err == nil {
		err = column("index", "<i4", func(b []byte, x Spike) []byte { return le.AppendUint32(b, uint32(x.Index)) })
	}
	if err == nil {
		err = column("payload", "<i4", func(b []byte, x Spike) []byte { return le.AppendUint32(b, uint32(x.Payload)) })
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return fmt.Errorf("aer: %w", err)
	}
	return nil
}

// zipTime is the time stamp of every member: the earliest a zip can hold.
var zipTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func writeColumn(z *zip.Writer, name, descr string, spikes []Spike, cell func([]byte, Spike) []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Deflate, Modified: zipTime})
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<15)
	out.Write(npyHead(descr, len(spikes)))
	var b []byte
	for _, x := range spikes {
		b = cell(b[:0], x)
		out.Write(b)
	}
	return out.Flush()
}
