package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hillock/chip"
)

type boardFlags struct {
	common
	out   string
	links []string
}

func newBoard() *cobra.Command {
	var b boardFlags
	cmd := &cobra.Command{
		Use: "board NAME=IMAGE...", Short: "Put chips without ticks on a board and link their outputs to inputs", Args: needArgs(1, -1, "at least 1 operand NAME=IMAGE"),
		Long: `Make one image of several images of a chip without ticks, each with a name that
stands before those of its populations. A link sends outputs of one to an inlet
of another (or of itself), which sees them an edge later.`,
		Example: "  hillock board a=a.img b=b.img --link a:0..7=b.sources:0 -o board.img\n" +
			"  hillock board a=core.img b=core.img --link a:5=b.sources:9 --link b:9=a.sources:0 -o ring.img\n" +
			"  hillock run board.img --in events.csv --trace out.csv",
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd, args) },
	}
	b.add(cmd)
	cmd.Flags().StringVarP(&b.out, "output", "o", "", "image file")
	cmd.Flags().StringArrayVar(&b.links, "link", nil, "FROM:OUT[..LAST]=TO.INLET:INDEX (repeatable)")
	return cmd
}

func (b *boardFlags) run(cmd *cobra.Command, args []string) error {
	if b.out == "" {
		return fmt.Errorf("board: need -o FILE")
	}
	var parts []chip.BoardPart
	for _, a := range args {
		name, path, ok := strings.Cut(a, "=")
		if !ok || strings.ContainsAny(name, ".:") {
			return fmt.Errorf("board: %q, need NAME=IMAGE, without dots and colons in the name", a)
		}
		file, err := readInput(cmd, path)
		if err != nil {
			return err
		}
		img, err := decodeImage(file, path)
		if err != nil {
			return err
		}
		parts = append(parts, chip.BoardPart{Name: name, Image: img})
	}
	var links []chip.BoardLink
	for _, l := range b.links {
		x, err := boardLink(l, parts)
		if err != nil {
			return err
		}
		links = append(links, x)
	}
	img, err := chip.EventBoard(parts, links)
	if err != nil {
		return err
	}
	file := img.Encode()
	if err := writeOutput(cmd, b.out, func(w io.Writer) error { _, err := w.Write(file); return err }); err != nil {
		return err
	}
	return b.print(cmd, img, file)
}

// boardLink reads FROM:OUT[..LAST]=TO.INLET:INDEX.
func boardLink(text string, parts []chip.BoardPart) (l chip.BoardLink, err error) {
	from, to, ok1 := strings.Cut(text, "=")
	from, outs, ok2 := strings.Cut(from, ":")
	to, base, ok3 := strings.Cut(to, ":")
	to, inlet, ok4 := strings.Cut(to, ".")
	a, z, two := strings.Cut(outs, "..")
	if !two {
		z = a
	}
	var e1, e2, e3 error
	l.First, e1 = strconv.Atoi(a)
	l.Last, e2 = strconv.Atoi(z)
	l.Base, e3 = strconv.Atoi(base)
	if !ok1 || !ok2 || !ok3 || !ok4 || e1 != nil || e2 != nil || e3 != nil {
		return l, fmt.Errorf("board: --link %q, need FROM:OUT[..LAST]=TO.INLET:INDEX", text)
	}
	part := func(name string) int {
		return slices.IndexFunc(parts, func(p chip.BoardPart) bool { return p.Name == name })
	}
	l.Inlet, l.From, l.To = inlet, part(from), part(to)
	switch {
	case l.From < 0:
		return l, fmt.Errorf("board: --link %q: no chip %q", text, from)
	case l.To < 0:
		return l, fmt.Errorf("board: --link %q: no chip %q", text, to)
	}
	return l, nil
}

func (b *boardFlags) print(cmd *cobra.Command, img *chip.Image, file []byte) error {
	out := cmd.OutOrStdout()
	sends := 0
	for _, c := range img.Cores {
		sends += len(c.Image.Out)
	}
	if b.json {
		return printJSON(out, struct {
			Schema string `json:"schema"`
			Chip   string `json:"chip"`
			Chips  int    `json:"chips"`
			Links  int    `json:"linked_outputs"`
			Hash   string `json:"image_hash"`
			Bytes  int    `json:"bytes"`
		}{"hillock/board/1", img.Chip, len(img.Cores), sends, chip.Hash(file), len(file)})
	}
	fmt.Fprintln(out, fidelityLine(img.Chip, img.Fidelity))
	fmt.Fprintf(out, "image %s, %d bytes, %d chips, %s linked\n", chip.Hash(file), len(file), len(img.Cores), many(sends, "output"))
	return nil
}
