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
	out     string
	links   []string
	network []string
}

func newBoard() *cobra.Command {
	var b boardFlags
	cmd := &cobra.Command{
		Use: "board NAME=IMAGE...", Short: "Put chips without ticks on a board and link their outputs to inputs", Args: needArgs(1, -1, "at least 1 operand NAME=IMAGE"),
		Long: `Make one image of several images of chips without ticks, each with a name that
stands before those of its populations. All of them run on one clock.

--link wires the whole output link of one chip to the port of an inlet of
another (or of itself): output 0 is the inlet's index INDEX (0 if not said), and
so on. The sender waits until the receiver has served the word, as wired chips
do. A chip's output has one wire; a port may have several, and takes input from
outside as well, through a joint that lets one of them in at a time. Wires in a
ring can lock each other up: run says so.

--network sends some outputs through a network that is a model: the receiver
sees them an edge later, whatever it is doing, and the sender does not wait for
it. An output may go to several inlets.`,
		Example: "  hillock board a=a.img b=b.img --link a=b.sources -o board.img\n" +
			"  hillock board a=a.img b=b.img --network a:0..7=b.sources:0 --network a:5=a.sources:9 -o board.img\n" +
			"  hillock run board.img --in events.csv --trace out.csv\n" +
			"  hillock vectors board.img --in events.csv -o set",
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd, args) },
	}
	b.add(cmd)
	cmd.Flags().StringVarP(&b.out, "output", "o", "", "image file")
	cmd.Flags().StringArrayVar(&b.links, "link", nil, "FROM=TO.INLET[:INDEX], a wire with its handshake (repeatable)")
	cmd.Flags().StringArrayVar(&b.network, "network", nil, "FROM:OUT[..LAST]=TO.INLET:INDEX, a link through the network (repeatable)")
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
		img, err := readImage(cmd, path)
		if err != nil {
			return err
		}
		parts = append(parts, chip.BoardPart{Name: name, Image: img})
	}
	var links []chip.BoardLink
	for _, l := range b.links {
		x, err := wiredLink(l, parts)
		if err != nil {
			return err
		}
		links = append(links, x)
	}
	for _, l := range b.network {
		x, err := networkLink(l, parts)
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

// wiredLink reads FROM=TO.INLET[:INDEX].
func wiredLink(text string, parts []chip.BoardPart) (l chip.BoardLink, err error) {
	from, to, ok1 := strings.Cut(text, "=")
	to, base, based := strings.Cut(to, ":")
	to, inlet, ok2 := strings.Cut(to, ".")
	if based {
		l.Base, err = strconv.Atoi(base)
	}
	if strings.Contains(from, ":") {
		return l, fmt.Errorf("board: --link %q takes all outputs of a chip, need FROM=TO.INLET[:INDEX], or --network for some", text)
	}
	if !ok1 || !ok2 || err != nil {
		return l, fmt.Errorf("board: --link %q, need FROM=TO.INLET[:INDEX]", text)
	}
	l.Wired, l.Inlet = true, inlet
	if l.From, l.To, err = ends("link", text, from, to, parts); err != nil {
		return l, err
	}
	if e := parts[l.From].Image.Cores[0].Image.Event; e != nil {
		l.Last = e.Spec.Outs - 1
	}
	return l, nil
}

// networkLink reads FROM:OUT[..LAST]=TO.INLET:INDEX.
func networkLink(text string, parts []chip.BoardPart) (l chip.BoardLink, err error) {
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
		return l, fmt.Errorf("board: --network %q, need FROM:OUT[..LAST]=TO.INLET:INDEX", text)
	}
	l.Inlet = inlet
	l.From, l.To, err = ends("network", text, from, to, parts)
	return l, err
}

// ends finds the parts of a link by their names.
func ends(flag, text, from, to string, parts []chip.BoardPart) (a, z int, err error) {
	part := func(name string) int {
		return slices.IndexFunc(parts, func(p chip.BoardPart) bool { return p.Name == name })
	}
	a, z = part(from), part(to)
	switch {
	case a < 0:
		return a, z, fmt.Errorf("board: --%s %q: no chip %q", flag, text, from)
	case z < 0:
		return a, z, fmt.Errorf("board: --%s %q: no chip %q", flag, text, to)
	}
	return a, z, nil
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
			Wires  int    `json:"wires"`
			Links  int    `json:"linked_outputs"`
			Hash   string `json:"image_hash"`
			Bytes  int    `json:"bytes"`
		}{"hillock/board/1", img.Chip, len(img.Cores), len(img.Wires), sends, chip.Hash(file), len(file)})
	}
	fmt.Fprintln(out, fidelityLine(img.Chip, img.Fidelity))
	fmt.Fprintf(out, "image %s, %d bytes, %d chips, %s, %s linked through the network\n", chip.Hash(file), len(file), len(img.Cores), many(len(img.Wires), "wire"), many(sends, "output"))
	return nil
}
