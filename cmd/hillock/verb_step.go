package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"hillock/chip"
	"hillock/test/step"
)

type stepFlags struct {
	common
	in     string
	script string
	engine string
	seed   int64
	limit  int64
}

func newStep() *cobra.Command {
	var s stepFlags
	cmd := &cobra.Command{
		Use: "step IMAGE", Short: "Step through an image: forward, back, values, and why", Args: needArgs(1, 1, "1 operand IMAGE"),
		Long: `Debug an image tick by tick. Commands, one to a line:

  step [N]             compute N ticks
  until EXPR           compute ticks until the expression is not 0
  back [N]             go back N ticks, exactly
  print [WHAT]         spikes, or the value of an expression, a neuron POP[INDEX],
                       a population POP, or the modulators (mod)
  why POP[INDEX]       what a neuron computed in the last tick, by instruction
  list [POP[INDEX]]    programs        where [POP[INDEX]]  places
  help                 quit

Expressions are those of chip descriptions, over tick, spikes, POP.spikes and
POP[INDEX].WORD, where WORD is a state word, p0.. (parameters), in0.. (inputs
gathered for the next tick), mod0.. or spike. Names with other characters than
letters, digits and _ stand in double quotes.

On a terminal it asks for commands; with -x, or from a pipe, it runs a script
and ends at the first error (status 2). Status 1: an until was not reached.`,
		Example: `  hillock step digits.img --in spikes.csv
  hillock step digits.img --in spikes.csv -x look.txt --json`,
		RunE: func(cmd *cobra.Command, args []string) error { return s.run(cmd, args[0]) },
	}
	s.add(cmd)
	f := cmd.Flags()
	f.StringVar(&s.in, "in", "", "events: csv, npz or a trace file")
	f.StringVarP(&s.script, "script", "x", "", "run the commands of a file (-: standard input)")
	f.Int64Var(&s.limit, "limit", step.DefaultLimit, "most ticks of one command")
	f.StringVar(&s.engine, "engine", "", "oracle or vector")
	f.Int64Var(&s.seed, "seed", 1, "seed of random draws")
	return cmd
}

func (s *stepFlags) run(cmd *cobra.Command, path string) error {
	if s.limit < 1 || s.limit > maxTicks {
		return fmt.Errorf("step: --limit %d, need 1..%d", s.limit, int64(maxTicks))
	}
	b, err := readInput(cmd, path)
	if err != nil {
		return err
	}
	img, err := decodeImage(b, path)
	if err != nil {
		return err
	}
	d, err := s.open(cmd, img)
	if err != nil {
		return err
	}
	if s.script == "" && isTerminal(cmd.InOrStdin()) {
		if s.json {
			return fmt.Errorf("step: --json needs a script: give -x FILE")
		}
		fmt.Fprintln(cmd.OutOrStdout(), fidelityLine(img.Chip, img.Fidelity))
		return s.ask(cmd, d)
	}
	name := s.script
	if name == "" {
		name = "-"
	}
	text, err := readInput(cmd, name)
	if err != nil {
		return err
	}
	if name == "-" {
		name = "standard input"
	}
	if err := needText(text, name, "a script of commands"); err != nil {
		return err
	}
	if !s.json {
		fmt.Fprintln(cmd.OutOrStdout(), fidelityLine(img.Chip, img.Fidelity))
	}
	return s.play(cmd, d, string(text), name, chip.Hash(b))
}

// open makes the session.
func (s *stepFlags) open(cmd *cobra.Command, img *chip.Image) (*step.Debugger, error) {
	o := step.Options{Chip: chip.Options{Engine: s.engine, Noise: seededNoise(s.seed)}, Name: s.in, Limit: s.limit}
	if s.in != "" {
		t, err := readInputs(cmd, s.in, img)
		if err != nil {
			return nil, err
		}
		o.Events = t
	}
	return step.New(img, o)
}

// play runs a script.
func (s *stepFlags) play(cmd *cobra.Command, d *step.Debugger, text, name, hash string) error {
	replies, missed := []*step.Reply{}, ""
	err := d.Script(text, name, func(r *step.Reply) error {
		if r.Reached != nil && !*r.Reached && missed == "" {
			missed = r.Command
		}
		if s.json {
			replies = append(replies, r)
			return nil
		}
		return r.Print(cmd.OutOrStdout())
	})
	if err != nil {
		return err
	}
	if s.json {
		img := d.Machine().Image()
		err := printJSON(cmd.OutOrStdout(), struct {
			Schema   string            `json:"schema"`
			Chip     string            `json:"chip"`
			Fidelity map[string]string `json:"fidelity"`
			Image    string            `json:"image_hash"`
			Replies  []*step.Reply     `json:"replies"`
		}{"hillock/step/1", img.Chip, fidelityJSON(img.Fidelity), hash, replies})
		if err != nil {
			return err
		}
	}
	if missed != "" {
		return answerNo("step: %s: %q was not reached", name, missed)
	}
	return nil
}

// ask is the conversation on a terminal; errors are told and it goes on.
func (s *stepFlags) ask(cmd *cobra.Command, d *step.Debugger) error {
	out := cmd.OutOrStdout()
	lines := bufio.NewScanner(cmd.InOrStdin())
	for {
		if _, err := fmt.Fprintf(out, "%d> ", d.Machine().Tick()); err != nil {
			return err
		}
		if !lines.Scan() {
			fmt.Fprintln(out)
			return lines.Err()
		}
		r, err := d.Do(lines.Text())
		if err != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "%v\n", err)
			continue
		}
		if err := r.Print(out); err != nil || r.Quit {
			return err
		}
	}
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
