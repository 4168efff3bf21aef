package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
	"hillock/test/step"
)

// TestConversation is step on a terminal: a prompt, errors are told, and the
// conversation goes on.
func TestConversation(t *testing.T) {
	b, err := os.ReadFile("../../examples/mappings/digits.nir")
	require.NoError(t, err)
	net, err := netfile.Network(b, "digits.nir", nir.Options{Reset: "zero"})
	require.NoError(t, err)
	f, err := chip.LoadNamed("loihi1")
	require.NoError(t, err)
	r, err := compiler.Compile(net, f, compiler.Options{Seed: 1})
	require.NoError(t, err)
	d, err := step.New(r.Image, step.Options{})
	require.NoError(t, err)
	var out, errs bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetIn(strings.NewReader("step 2\nfly\n\nback\nquit\nstep\n"))
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	require.NoError(t, (&stepFlags{}).ask(cmd, d))
	require.Equal(t, "0> tick 1: no spikes\n2> 2> 2> tick 0: no spikes\n1> ", out.String())
	require.Contains(t, errs.String(), `step: command "fly", have step, `)
	cmd.SetIn(strings.NewReader("step"))
	require.NoError(t, (&stepFlags{}).ask(cmd, d), "the end of the input is the end")
}
