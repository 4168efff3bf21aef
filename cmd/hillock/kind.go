package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler/import/netfile"
	"hillock/firmware"
	"hillock/internal/mapped"
	"hillock/router/aer"
)

// kindOf names the kind of a file by its content.
func kindOf(b []byte) string {
	switch {
	case len(b) == 0:
		return "an empty file"
	case netfile.IsNIR(b):
		return "an HDF5 file (NIR network?)"
	case netfile.IsONNX(b):
		return "an ONNX network"
	case netfile.IsText(b):
		return "a network in text"
	case bytes.HasPrefix(b, []byte(chip.ImageMagic)):
		return "an image"
	case bytes.HasPrefix(b, []byte(chip.SnapshotMagic)):
		return "a snapshot of a machine"
	case bytes.HasPrefix(b, []byte(firmware.Magic)):
		return "a stream of host commands"
	}
	switch k := aer.Sniff(b); k {
	case aer.Unknown:
		return fmt.Sprintf("an unknown kind that starts with %q", b[:min(8, len(b))])
	case aer.Gzip:
		return "gzip of " + kindOf(gunzipHead(b))
	case aer.TraceFile:
		return "a trace"
	case aer.ArrayNpy:
		return "an array (npy)"
	case aer.IDXFile:
		return "an IDX file"
	case aer.JSONFile:
		return "a JSON file"
	case aer.AEDAT4:
		return "an AEDAT 4 file"
	default:
		return k.String()
	}
}

// sniffed bounds how much of a packed file is unpacked to tell its kind.
const sniffed = 1 << 20

func gunzipHead(b []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	head, _ := io.ReadAll(io.LimitReader(z, sniffed)) // what could be read tells the kind
	if bytes.HasPrefix(head, []byte("\x1f\x8b")) {
		return []byte("gzip") // no deeper
	}
	return head
}

// readImage reads an image from a file or standard input.
func readImage(cmd *cobra.Command, path string) (*chip.Image, error) {
	b, err := readInput(cmd, path)
	if err != nil {
		return nil, err
	}
	return decodeImage(b, path)
}

// decodeImage decodes an image; another kind of file is named in the error.
func decodeImage(b []byte, path string) (*chip.Image, error) {
	if n := len(chip.ImageMagic) - 1; len(b) > n && string(b[:n]) == chip.ImageMagic[:n] && b[n] != chip.ImageMagic[n] {
		return nil, fmt.Errorf("%s: image format version %d, need %d: compile the network again", path, b[n], chip.ImageMagic[n])
	}
	if !bytes.HasPrefix(b, []byte(chip.ImageMagic)) {
		return nil, fmt.Errorf("%s: need an image (see 'hillock compile -h'), have %s of %d bytes", path, kindOf(b), len(b))
	}
	var img *chip.Image
	err := mapped.Guard(path, func() (err error) {
		img, err = chip.DecodeImage(b, path)
		return err
	})
	return img, err
}

// needText refuses a file of zero bytes and the like where text is read.
func needText(b []byte, path, what string) error {
	if bytes.IndexByte(b, 0) >= 0 {
		return fmt.Errorf("%s: need %s, have %s of %d bytes", path, what, kindOf(b), len(b))
	}
	return nil
}

// jsonFacts is the schema and kind that a JSON file states.
func jsonFacts(b []byte) []factJSON {
	var head struct {
		Schema string `json:"schema"`
		Kind   string `json:"kind"`
	}
	if json.Unmarshal(b, &head) != nil {
		return nil
	}
	var out []factJSON
	if head.Schema != "" {
		out = append(out, fact("schema", head.Schema))
	}
	if head.Kind != "" {
		out = append(out, fact("kind", head.Kind))
	}
	return out
}
