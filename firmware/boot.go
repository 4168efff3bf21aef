package firmware

import (
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"hillock/chip"
	"hillock/router/aer"
)

// Loads are the commands that put a file into the buffer, block by block.
func Loads(file []byte) []Message {
	var out []Message
	for at := 0; at == 0 || at < len(file); at += MaxBlock {
		out = append(out, Message{Op: Load, Args: []int64{int64(at)}, Bytes: file[at:min(at+MaxBlock, len(file))]})
	}
	return out
}

// Boot are the commands that load an image file and start it. The file has
// less than 4 GiB.
func Boot(image []byte) []Message {
	return append(Loads(image), Message{Op: Start, Args: fileArgs(image)})
}

// Resume are the commands that load a snapshot file and go on from it.
func Resume(snapshot []byte) []Message {
	return append(Loads(snapshot), Message{Op: Restore, Args: fileArgs(snapshot)})
}

func fileArgs(b []byte) []int64 {
	return []int64{int64(len(b)), int64(crc32.Checksum(b, castagnoli))}
}

// Drive are the commands that inject recorded events, as chip.Replay would, and
// run for a number of ticks. Events behind them are left out. Name is the
// file, for errors.
func Drive(img *chip.Image, s *aer.Stream, ticks int64, name string) ([]Message, error) {
	src, _, err := chip.Replay(img, s, name)
	if err != nil {
		return nil, err
	}
	if ticks < 0 || ticks > math.MaxUint32 {
		return nil, fmt.Errorf("%s: firmware: %d ticks, need 0..%d", name, ticks, int64(math.MaxUint32))
	}
	var out []Message
	done, at := int64(0), 0
	runTo := func(t int64) {
		if t > done {
			out, done = append(out, Message{Op: Run, Args: []int64{t - done}}), t
		}
	}
	var due []chip.Injection
	for at < len(s.Spikes) && s.Spikes[at].Tick < ticks {
		t := s.Spikes[at].Tick
		runTo(t)
		due = src(t, due[:0])
		at += len(due)
		for _, x := range due {
			out = append(out, Message{Op: Inject, Args: []int64{int64(x.Pop), int64(x.Index), int64(x.Payload)}})
		}
	}
	runTo(ticks)
	return out, nil
}

// WriteStream writes messages as a stream.
func WriteStream(w io.Writer, ms []Message) error {
	if _, err := io.WriteString(w, Magic); err != nil {
		return err
	}
	var frame []byte
	for _, m := range ms {
		var err error
		if frame, err = m.Append(frame[:0]); err != nil {
			return err
		}
		if _, err = w.Write(frame); err != nil {
			return err
		}
	}
	return nil
}

// ReadStream reads all messages of a stream. Name is for errors.
func ReadStream(r io.Reader, name string) ([]Message, error) {
	in, err := NewReader(r, name)
	if err != nil {
		return nil, err
	}
	var out []Message
	for {
		m, err := in.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
}
