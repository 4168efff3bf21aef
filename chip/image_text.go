package chip

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// TextSchema is the schema field of the text form of an image.
const TextSchema = "hillock/image-text/1"

// imageText is an image as JSON: fields by name, programs as hexadecimal
// words. The same image always gives the same text.
type imageText struct {
	Schema string `json:"schema"`
	*Image
	Energy string // the energy table, as a string
}

// WriteText writes the text form, which ReadImageText turns back into an
// image with the same canonical bytes.
func (img *Image) WriteText(w io.Writer) error {
	b, err := json.MarshalIndent(imageText{TextSchema, img.plain(), string(img.Energy)}, "", " ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// IsImageText says whether the bytes are the text form of an image.
func IsImageText(b []byte) bool {
	head := b[:min(len(b), 256)]
	return bytes.Contains(head, []byte(`"`+TextSchema+`"`))
}

// ReadImageText reads and checks the text form. Unknown fields are refused.
func ReadImageText(b []byte, name string) (*Image, error) {
	t := imageText{Image: &Image{}}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		line := 1 + bytes.Count(b[:min(int(d.InputOffset()), len(b))], []byte("\n"))
		return nil, fmt.Errorf("%s:%d: chip: image text: %w", name, line, err)
	}
	if t.Schema != TextSchema {
		return nil, fmt.Errorf("%s: chip: need schema %q, have %q", name, TextSchema, t.Schema)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%s: chip: image text: need the end of the file after the image", name)
	}
	if t.Energy != "" {
		t.Image.Energy = []byte(t.Energy)
	}
	if err := t.Image.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t.Image, nil
}
