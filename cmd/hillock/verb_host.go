package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/firmware"
)

type hostFlags struct {
	common
	image  string
	record string
	out    string
	engine string
	seed   int64
	ticks  int64
	list   string
	period int64
}

func newHost() *cobra.Command {
	var h hostFlags
	cmd := &cobra.Command{
		Use: "host COMMANDS", Short: "Execute a stream of host commands: load, start, run, read, write, snapshot", Args: needArgs(1, 1, "1 operand COMMANDS, an image with --program"),
		Long: `Execute host commands on an emulated chip and print the answers: a recorded stream,
or text with one command to a line (docs/host.md). With --image the image is
loaded and started first. Exit status 1 if a command was refused. With --program
the operand is an image of a chip without ticks, and the transfers are printed
that program a chip with it over its serial port: commands, one to a line, whose
last word is the bits to shift and whose comment is what they write.

Commands:
` + hostUsage(),
		Example: "  hillock host probe.txt --image digits.img --record boot.host\n  hillock host core.img --program full -o program.txt",
		RunE:    func(cmd *cobra.Command, args []string) error { return h.run(cmd, args[0]) },
	}
	h.add(cmd)
	f := cmd.Flags()
	f.StringVar(&h.image, "image", "", "load and start this image first")
	f.StringVar(&h.record, "record", "", "write all commands as a stream, those of --image included")
	f.StringVarP(&h.out, "output", "o", "", "write the answers as a stream")
	f.Int64Var(&h.ticks, "limit", 1_000_000, "most ticks of all commands")
	f.StringVar(&h.list, "program", "", "print the transfers that program an image: full, or sparse (without what is 0, for memories that start at 0)")
	f.Int64Var(&h.period, "period", 0, "ticks of a bit on the serial port, of --program (0: the fewest)")
	f.StringVar(&h.engine, "engine", "", "oracle or vector")
	f.Int64Var(&h.seed, "seed", 1, "seed of random draws")
	return cmd
}

func hostUsage() string {
	s := ""
	for _, r := range firmware.Table {
		s += "  " + firmware.Usage(r.Op) + "\n"
	}
	return s
}

func (h *hostFlags) run(cmd *cobra.Command, path string) error {
	if h.ticks < 1 || h.ticks > maxTicks {
		return fmt.Errorf("host: --limit %d, need 1..%d", h.ticks, int64(maxTicks))
	}
	if h.list != "" {
		return h.program(cmd, path)
	}
	out, err := h.report(cmd, h.record, h.out)
	if err != nil {
		return err
	}
	cmds, err := h.commands(cmd, path)
	if err != nil {
		return err
	}
	var record bytes.Buffer
	var answers answerBuffer
	if err := firmware.WriteStream(&record, cmds); err != nil {
		return err
	}
	stream := record.Bytes()
	s := firmware.NewSession(firmware.Options{MaxTicks: h.ticks, Chip: chip.Options{Engine: h.engine, Noise: seededNoise(h.seed)}})
	if err := s.Serve(bytes.NewReader(stream), &answers, path); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		b    []byte
	}{{h.record, stream}, {h.out, answers.Bytes()}} {
		if f.name == "" {
			continue
		}
		if err := writeOutput(cmd, f.name, func(w io.Writer) error { _, err := w.Write(f.b); return err }); err != nil {
			return err
		}
	}
	return h.print(out, s, len(cmds), &answers.Buffer)
}

// program prints the transfers that program an image.
func (h *hostFlags) program(cmd *cobra.Command, path string) error {
	if h.list != "full" && h.list != "sparse" {
		return fmt.Errorf("host: --program %q, need full or sparse", h.list)
	}
	img, err := readImage(cmd, path)
	if err != nil {
		return err
	}
	cmds, names, err := firmware.Program(img, h.list == "sparse", h.period)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error {
		for i, c := range cmds {
			if _, err := fmt.Fprintf(w, "%s ; %s\n", c, names[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if h.out == "" {
		return write(cmd.OutOrStdout())
	}
	return writeOutput(cmd, h.out, write)
}

// maxAnswers bounds the answers that one run keeps.
const maxAnswers = 256 << 20

type answerBuffer struct{ bytes.Buffer }

// Write refuses what goes beyond the bound.
func (a *answerBuffer) Write(b []byte) (int, error) {
	if a.Len()+len(b) > maxAnswers {
		return 0, fmt.Errorf("host: answers of more than %d bytes: switch probes off or run fewer ticks", maxAnswers)
	}
	return a.Buffer.Write(b)
}

// commands reads a stream or text, with the boot of --image before it.
func (h *hostFlags) commands(cmd *cobra.Command, path string) ([]firmware.Message, error) {
	b, err := readInput(cmd, path)
	if err != nil {
		return nil, err
	}
	var boot, cmds []firmware.Message
	if h.image != "" {
		img, err := readInput(cmd, h.image)
		if err != nil {
			return nil, err
		}
		if _, err := decodeImage(img, h.image); err != nil {
			return nil, err
		}
		boot = firmware.Boot(img)
	}
	if bytes.HasPrefix(b, []byte(firmware.Magic)) {
		cmds, err = firmware.ReadStream(bytes.NewReader(b), path)
	} else if err = needText(b, path, "host commands, as a stream or as text"); err == nil {
		cmds, err = firmware.Parse(string(b), path)
	}
	if err != nil {
		return nil, err
	}
	return append(boot, cmds...), nil
}

// print shows the answers, except those of load, which say nothing new.
func (h *hostFlags) print(out io.Writer, s *firmware.Session, n int, answers io.Reader) error {
	in, err := firmware.NewReader(answers, "answers")
	if err != nil {
		return err
	}
	lines, refused := []string{}, 0
	for {
		m, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if m.Op == firmware.Refused {
			refused++
		}
		if m.Op != firmware.Load|firmware.Answered {
			lines = append(lines, m.String())
		}
	}
	if err := h.show(out, s, n, refused, lines); err != nil {
		return err
	}
	if refused > 0 {
		return answerNo("host: %d of %s refused", refused, many(n, "command"))
	}
	return nil
}

func (h *hostFlags) show(out io.Writer, s *firmware.Session, n, refused int, lines []string) error {
	m := s.Machine()
	if h.json {
		j := struct {
			Schema   string            `json:"schema"`
			Chip     string            `json:"chip,omitempty"`
			Fidelity map[string]string `json:"fidelity,omitempty"`
			Commands int               `json:"commands"`
			Refused  int               `json:"refused"`
			Answers  []string          `json:"answers"`
			Ticks    int64             `json:"ticks"`
			Trace    string            `json:"trace_hash,omitempty"`
			Machine  string            `json:"machine_hash,omitempty"`
			Counts   map[string]int64  `json:"counts,omitempty"`
		}{Schema: "hillock/host/1", Commands: n, Refused: refused, Answers: lines}
		if m != nil {
			img := m.Image()
			j.Chip, j.Fidelity, j.Ticks, j.Counts = img.Chip, fidelityJSON(img.Fidelity), m.Tick(), countsJSON(m.Counts())
			j.Trace, j.Machine = s.Recorder().TraceHash(), s.Recorder().MachineHash()
		}
		return printJSON(out, j)
	}
	if m != nil {
		fmt.Fprintln(out, fidelityLine(m.Image().Chip, m.Image().Fidelity))
	}
	for _, l := range lines {
		fmt.Fprintln(out, l)
	}
	if m != nil {
		fmt.Fprintf(out, "ticks %d, trace %s, machine %s\n", m.Tick(), s.Recorder().TraceHash(), s.Recorder().MachineHash())
	}
	return nil
}
