package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/internal/atomicfile"
	"hillock/internal/mapped"
)

// common are the flags that most verbs share.
type common struct {
	json   bool
	quiet  bool
	silent bool // a misfit is an error only, without its table
}

func (c *common) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.json, "json", false, "print one JSON object")
	cmd.Flags().BoolVarP(&c.quiet, "quiet", "q", false, "no notices on standard error")
}

// notice prints a line for people on standard error.
func (c *common) notice(cmd *cobra.Command, format string, args ...any) {
	if !c.quiet {
		fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...)
	}
}

// printJSON prints v, indented, with a final newline.
func printJSON(w io.Writer, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", b)
	return err
}

// maxInput bounds every input file.
const maxInput = 2 << 30

// readInput reads a file, or standard input for "-".
func readInput(cmd *cobra.Command, path string) ([]byte, error) {
	if path == "-" {
		return readAll(cmd.InOrStdin(), "standard input")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err == nil && st.IsDir() {
		return nil, fmt.Errorf("%s: is a folder, need a file", path)
	}
	if err == nil && st.Mode().IsRegular() && isImage(f) {
		if b, ok := mapped.File(f, st.Size()); ok {
			return b, nil
		}
	}
	return readAll(f, path)
}

// isImage says whether a file starts like an image: images may be large, and
// are mapped instead of read.
func isImage(f *os.File) bool {
	head := make([]byte, len(chip.ImageMagic))
	_, err := f.ReadAt(head, 0)
	return err == nil && string(head) == chip.ImageMagic
}

func readAll(r io.Reader, name string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(b) > maxInput {
		return nil, fmt.Errorf("%s: more than %d bytes", name, maxInput)
	}
	return b, nil
}

// writeOutput writes a file whole or not at all; "-" is standard output.
func writeOutput(cmd *cobra.Command, path string, fn func(io.Writer) error) error {
	if path == "-" {
		return fn(cmd.OutOrStdout())
	}
	return atomicfile.Write(path, fn)
}
