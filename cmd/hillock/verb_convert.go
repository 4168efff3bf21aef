package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/router/aer"
)

func newConvert() *cobra.Command {
	var c common
	var out, to string
	cmd := &cobra.Command{
		Use: "convert A -o B", Short: "Convert events and traces (csv, npz, trace file), or an image and its text form", Args: needArgs(1, 1, "1 operand A"),
		Long: `Convert between kinds of file. The kind of A is decided by its content, the kind of
B by --to or the ending of its name: csv, npz, spk for events and traces; json for
the text form of an image, img for the image of a text form. Without either, as on
standard output: csv, json or img.`,
		Example: "  hillock convert run.spk -o run.csv\n  hillock convert digits.img -o digits.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return fmt.Errorf("convert: need -o FILE")
			}
			b, err := readInput(cmd, args[0])
			if err != nil {
				return err
			}
			if to == "" && len(filepath.Ext(out)) > 1 {
				to = filepath.Ext(out)[1:]
			}
			write, err := conversion(b, args[0], to)
			if err != nil {
				return err
			}
			return writeOutput(cmd, out, write)
		},
	}
	c.add(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "", "file to write")
	cmd.Flags().StringVar(&to, "to", "", "kind to write: csv, npz, spk, json, img")
	return cmd
}

func conversion(b []byte, name, to string) (func(io.Writer) error, error) {
	switch {
	case bytes.HasPrefix(b, []byte(chip.ImageMagic)):
		img, err := chip.DecodeImage(b, name)
		if err != nil {
			return nil, err
		}
		if to != "json" && to != "" {
			return nil, fmt.Errorf("%s: an image converts to json, not to %q", name, to)
		}
		return img.WriteText, nil
	case chip.IsImageText(b):
		img, err := chip.ReadImageText(b, name)
		if err != nil {
			return nil, err
		}
		if to != "img" && to != "" {
			return nil, fmt.Errorf("%s: the text form of an image converts to img, not to %q", name, to)
		}
		return func(w io.Writer) error { _, err := w.Write(img.Encode()); return err }, nil
	}
	t, err := aer.Read(b, name)
	if err != nil {
		return nil, err
	}
	switch to {
	case "csv", "": // also to standard output, which has no ending
		return func(w io.Writer) error { return aer.WriteCSV(w, t.Stream()) }, nil
	case "npz":
		return func(w io.Writer) error { return aer.WriteNpz(w, t.Stream()) }, nil
	case "spk":
		return func(w io.Writer) error { return aer.WriteTrace(w, t) }, nil
	}
	return nil, fmt.Errorf("%s: events convert to csv, npz or spk, not to %q", name, to)
}
