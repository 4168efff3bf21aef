// Package netfile turns the bytes of a network file into the neutral network,
// or into the trained network that becomes one, whatever its kind: the kind is decided by content, not by name.
package netfile

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"hillock/compiler/analog"
	"hillock/compiler/graph"
	"hillock/compiler/import/nir"
	"hillock/compiler/import/onnx"
	"hillock/compiler/import/text"
)

var hdf5Magic = []byte("\x89HDF\r\n\x1a\n")

// IsNIR says whether the bytes are an HDF5 file, the container of NIR. An
// HDF5 signature may follow a user block of 512 bytes or a doubling of it.
func IsNIR(b []byte) bool {
	for at := 0; at+8 <= len(b) && at <= 1<<20; at = max(512, at*2) {
		if bytes.HasPrefix(b[at:], hdf5Magic) {
			return true
		}
	}
	return false
}

// Network reads a network file. Name is for errors and provenance.
func Network(b []byte, name string, o nir.Options) (*graph.Network, error) {
	if IsText(b) {
		f, err := Text(b, name)
		if err == nil && f.Net == nil {
			err = fmt.Errorf("%s: a network in a chip's own numbers has no neutral form: compile it and give the image", name)
		}
		if err != nil {
			return nil, err
		}
		return f.Net, nil
	}
	if !IsNIR(b) {
		return nil, fmt.Errorf("%s: not a network file: need NIR (HDF5) or text, have %d bytes that start with %q", name, len(b), b[:min(8, len(b))])
	}
	f, err := nir.Parse(b, name)
	if err != nil {
		return nil, err
	}
	return nir.ToNetwork(f, o)
}

// IsText says whether the bytes are a network in text.
func IsText(b []byte) bool { return text.Is(b) }

// Text reads a network in text. Name is for errors and provenance, and its
// folder is where files stand that the network names.
func Text(b []byte, name string) (*text.File, error) {
	return text.ParseWith(b, name, func(file string) ([]byte, error) {
		f, err := os.Open(filepath.Join(filepath.Dir(name), file))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		b, err := io.ReadAll(io.LimitReader(f, mostBeside+1))
		if err == nil && len(b) > mostBeside {
			err = fmt.Errorf("%s: more than %d bytes", file, mostBeside)
		}
		return b, err
	})
}

// mostBeside bounds a file that stands beside a network in text.
const mostBeside = 256 << 20

// IsONNX says whether the bytes are an ONNX model.
func IsONNX(b []byte) bool { return onnx.IsONNX(b) }

// Model reads a trained network that is not one of spikes yet. Name is for
// errors and provenance.
func Model(b []byte, name string) (*analog.Model, error) {
	if !IsONNX(b) {
		return nil, fmt.Errorf("%s: not a file of a trained network: need ONNX, have %d bytes that start with %q", name, len(b), b[:min(8, len(b))])
	}
	g, err := onnx.Parse(b, name)
	if err != nil {
		return nil, err
	}
	return g.Model()
}
