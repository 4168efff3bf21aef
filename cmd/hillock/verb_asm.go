package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/isa"
	"hillock/isa/asm"
)

func newAsm() *cobra.Command {
	var c common
	var out string
	var consts []string
	cmd := &cobra.Command{
		Use: "asm FILE [-o FILE]", Short: "Assemble a neuron program to words", Args: needArgs(1, 1, "1 operand FILE"),
		Long: "Assemble microcode text to 32-bit words, printed in hexadecimal. The language is\ndescribed in docs/isa.md.",
		Example: `  hillock asm chip/families/cuba.uasm
  hillock asm rf.uasm --const EXP=6 --const DEC=12 -o rf.hex`,
		RunE: func(cmd *cobra.Command, args []string) error {
			src, err := readInput(cmd, args[0])
			if err != nil {
				return err
			}
			if err := needText(src, args[0], "microcode text"); err != nil {
				return err
			}
			o := asm.Options{Include: includeBeside(args[0])}
			if o.Consts, err = parseConsts(consts); err != nil {
				return err
			}
			p, err := asm.Assemble(string(src), args[0], o)
			if err != nil {
				return err
			}
			if c.json {
				return writeOutput(cmd, out, func(w io.Writer) error { return printJSON(w, asmJSON(p)) })
			}
			return writeOutput(cmd, out, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, strings.TrimSpace(asm.FormatWords(p.Words())))
				return err
			})
		},
	}
	c.add(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "-", "file to write")
	cmd.Flags().StringArrayVar(&consts, "const", nil, "assembly-time constant NAME=VALUE (repeatable)")
	return cmd
}

func asmJSON(p *isa.Program) any {
	words := make([]string, 0, len(p.Instrs))
	cycles := 0
	for k, w := range p.Words() {
		words = append(words, fmt.Sprintf("%08x", w))
		cycles += isa.Table[p.Instrs[k].Op].Cycles
	}
	return struct {
		Schema string   `json:"schema"`
		Words  []string `json:"words"`
		Cycles int      `json:"cycles"`
		States int      `json:"state_words"`
		Params int      `json:"parameters"`
	}{"hillock/asm/1", words, cycles, p.NumS, p.NumP}
}

func includeBeside(file string) func(string) (string, error) {
	return func(name string) (string, error) {
		if name != filepath.Base(name) {
			return "", fmt.Errorf("%s: include %q, need a plain file name beside it", file, name)
		}
		b, err := os.ReadFile(filepath.Join(filepath.Dir(file), name))
		return string(b), err
	}
}

func parseConsts(in []string) ([]asm.Const, error) {
	var out []asm.Const
	for _, s := range in {
		name, val, ok := strings.Cut(s, "=")
		n, err := strconv.ParseInt(val, 0, 64)
		if !ok || err != nil {
			return nil, fmt.Errorf("asm: --const %q, need NAME=NUMBER", s)
		}
		out = append(out, asm.Const{Name: name, Value: n})
	}
	return out, nil
}

func newDisasm() *cobra.Command {
	var c common
	var out string
	cmd := &cobra.Command{
		Use: "disasm FILE [-o FILE]", Short: "Disassemble words, or the programs of an image", Args: needArgs(1, 1, "1 operand FILE"),
		Long:    "Disassemble hexadecimal words to text that assembles to the same words. Of an\nimage file, every distinct program is printed with the groups that run it.",
		Example: "  hillock asm cuba.uasm | hillock disasm -\n  hillock disasm digits.img",
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := readInput(cmd, args[0])
			if err != nil {
				return err
			}
			var text string
			if bytes.HasPrefix(b, []byte(chip.ImageMagic)) {
				img, err := decodeImage(b, args[0])
				if err != nil {
					return err
				}
				text = disasmImage(img)
			} else if text, err = disasmWords(b, args[0]); err != nil {
				return err
			}
			return writeOutput(cmd, out, func(w io.Writer) error {
				if c.json {
					return printJSON(w, struct {
						Schema string `json:"schema"`
						Text   string `json:"text"`
					}{"hillock/disasm/1", text})
				}
				_, err := io.WriteString(w, text)
				return err
			})
		},
	}
	c.add(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "-", "file to write")
	return cmd
}

func disasmWords(b []byte, name string) (string, error) {
	if err := needText(b, name, "words in hexadecimal, or an image"); err != nil {
		return "", err
	}
	ws, err := asm.ParseWords(string(b))
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	p, err := isa.FromWords(ws)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return asm.Disassemble(p), nil
}

// disasmImage prints each distinct program once, in order of appearance.
func disasmImage(img *chip.Image) string {
	var order []string
	users := map[string][]string{}
	for _, c := range img.Cores {
		for _, g := range c.Image.Groups {
			text := asm.Disassemble(g.Prog)
			if users[text] == nil {
				order = append(order, text)
			}
			users[text] = append(users[text], fmt.Sprintf("core %d group %s (%d compartments)", c.ID, g.Name, g.N))
		}
	}
	var b strings.Builder
	for _, text := range order {
		for _, u := range users[text] {
			fmt.Fprintf(&b, "; %s\n", u)
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}
