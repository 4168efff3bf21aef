package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// maxWorkers bounds the goroutines of one run.
const maxWorkers = 1024

// verbName is the command line up to the verb, without the program's name.
func verbName(cmd *cobra.Command) string {
	_, verb, ok := strings.Cut(cmd.CommandPath(), " ")
	if !ok {
		return cmd.CommandPath()
	}
	return verb
}

// needArgs wants lo to hi operands; hi < 0 is any number.
func needArgs(lo, hi int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		n := len(args)
		if n >= lo && (n <= hi || hi < 0) {
			return nil
		}
		verb := verbName(cmd)
		if hi == 0 {
			return fmt.Errorf("%s: need no operand, have %q; see 'hillock %s -h'", verb, args, verb)
		}
		return fmt.Errorf("%s: need %s, have %s; see 'hillock %s -h'", verb, what, many(n, "operand"), verb)
	}
}

// many is a count with its noun.
func many(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// flagNeeds says what the value of a flag must look like, by pflag's type.
var flagNeeds = map[string]string{
	"int": "a whole number", "int64": "a whole number", "float64": "a number", "bool": "true or false",
}

// flagError words the errors of the flag parser: verb, flag, need, have.
func flagError(cmd *cobra.Command, err error) error {
	verb, page := verbName(cmd), cmd.CommandPath()
	var value *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	switch {
	case errors.As(err, &value):
		need, ok := flagNeeds[value.GetFlag().Value.Type()]
		if !ok {
			return fmt.Errorf("%s: --%s: %w", verb, value.GetFlag().Name, errors.Unwrap(err))
		}
		return fmt.Errorf("%s: --%s: need %s, have %q", verb, value.GetFlag().Name, need, value.GetValue())
	case errors.As(err, &unknown):
		dash := "--"
		if unknown.GetSpecifiedShortnames() != "" {
			dash = "-"
		}
		return fmt.Errorf("%sunknown flag %s%s; see '%s -h'", strings.TrimPrefix(verb+": ", "hillock: "), dash, unknown.GetSpecifiedName(), page)
	case errors.As(err, &empty):
		return fmt.Errorf("%s: --%s: need a value, have none; see '%s -h'", verb, empty.GetFlag().Name, page)
	}
	return fmt.Errorf("%s: %w", verb, err)
}

// unknownVerb refuses a word that is no verb, with the list of verbs.
func unknownVerb(root *cobra.Command, word string) error {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			names = append(names, c.Name())
		}
	}
	return fmt.Errorf("unknown verb %q; have %s", word, strings.Join(names, ", "))
}

// settleRoot makes words that are no verbs errors: of the program itself, of
// help and of completion, which would print a page and end with status 0.
func settleRoot(root *cobra.Command) {
	root.SetFlagErrorFunc(flagError)
	root.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownVerb(cmd, args[0])
		}
		return nil
	}
	root.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			page := c.Run
			c.Run = nil
			c.RunE = func(cmd *cobra.Command, args []string) error {
				found, rest, err := root.Find(args)
				switch {
				case len(args) > 0 && (err != nil || found == root):
					return unknownVerb(root, args[0])
				case len(rest) > 0:
					return fmt.Errorf("help: %s has no part %q", verbName(found), rest[0])
				}
				page(cmd, args)
				return nil
			}
		case "completion":
			c.Args = cobra.ArbitraryArgs
			c.RunE = func(_ *cobra.Command, args []string) error {
				return fmt.Errorf("completion: need one of bash, zsh, fish, powershell, have %q", strings.Join(args, " "))
			}
		}
	}
}

// secondsValue is a flag in seconds: a plain number, or one with a unit.
type secondsValue float64

func (s *secondsValue) String() string { return strconv.FormatFloat(float64(*s), 'g', -1, 64) }

// Type names the value in usage texts.
func (s *secondsValue) Type() string { return "seconds" }

// Set parses 1e-3, 0.5ms, 100us and the like.
func (s *secondsValue) Set(text string) error {
	number, scale := text, 1.0
	for _, u := range []struct {
		suffix string
		scale  float64
	}{{"ns", 1e9}, {"us", 1e6}, {"ms", 1e3}, {"s", 1}} {
		if n, ok := strings.CutSuffix(text, u.suffix); ok {
			number, scale = n, u.scale
			break
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !(v > 0) || v-v != 0 {
		return fmt.Errorf("need seconds above 0, plain or with ns, us, ms or s, have %q", text)
	}
	*s = secondsValue(v / scale) // 0.1ms is 0.1/1e3, the float64 next to 1e-4
	return nil
}

// checkWorkers bounds --workers.
func checkWorkers(verb string, n int) error {
	if n < 1 || n > maxWorkers {
		return fmt.Errorf("%s: --workers: need 1 to %d, have %d", verb, maxWorkers, n)
	}
	return nil
}

// report is where the text or JSON of a verb goes, given the files that it
// writes: "-" takes standard output, so text moves to standard error and JSON
// has no place.
func (c *common) report(cmd *cobra.Command, files ...string) (io.Writer, error) {
	taken := 0
	for _, f := range files {
		if f == "-" {
			taken++
		}
	}
	switch {
	case taken == 0:
		return cmd.OutOrStdout(), nil
	case taken > 1 || c.json:
		return nil, fmt.Errorf("%s: more than one result for standard output: give a file name instead of -", verbName(cmd))
	}
	return cmd.ErrOrStderr(), nil
}
