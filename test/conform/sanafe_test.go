package conform

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/compiler/import/sanafe"
	"hillock/core"
)

const peerData = "../../compiler/import/sanafe/testdata/"

// peerText reads a file of testdata, compressed or not.
func peerFile(t *testing.T, name string) []byte {
	b, err := os.ReadFile(peerData + name)
	require.NoError(t, err)
	if !strings.HasSuffix(name, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	require.NoError(t, err)
	b, err = io.ReadAll(z)
	require.NoError(t, err)
	return b
}

func TestPeerVectors(t *testing.T) {
	r, err := Run([]string{peerData + "networks.json.gz", "../../router/queued/testdata/messages_chain.json.gz", "../../router/queued/testdata/messages_random_a.json.gz"}, Options{Workers: 2})
	require.NoError(t, err)
	for i, n := range []int64{400, 7, 881} {
		require.Equal(t, Passed, r.Results[i].Status, r.Results[i].Reason)
		require.GreaterOrEqual(t, r.Results[i].Compared, n)
	}
}

// The networks imported from files that SANA-FE 2.2.9 reads give what it
// printed for the same files.
func TestImportedNetworksAgreeWithThePeer(t *testing.T) {
	var rec struct {
		Networks map[string]*peerRecord `json:"networks"`
	}
	require.NoError(t, json.Unmarshal(peerFile(t, "recorded.json"), &rec))
	a, err := sanafe.ParseArch(peerFile(t, "arch.yaml"))
	require.NoError(t, err)
	check := func(name string, net *sanafe.Network, err error) {
		require.NoError(t, err)
		c := &checker{res: &Result{File: name}, engines: core.Engines()}
		require.NoError(t, replayPeerNetwork(c, a, net, name, rec.Networks[name]))
		require.Equal(t, Passed, c.verdict().Status, c.res.Reason)
		require.GreaterOrEqual(t, c.res.Compared, int64(90))
	}
	for name, file := range map[string]string{"chain": "chain.yaml.gz", "fanin16": "fanin16.yaml.gz", "transpose2": "transpose2.yaml.gz", "random_a": "random_a.yaml.gz", "mix": "mix.yaml"} {
		net, err := sanafe.ParseNetwork(peerFile(t, file), a)
		check(name, net, err)
	}
	net, err := sanafe.ParseNetlist(peerFile(t, "chain.net"), a)
	check("chain", net, err)
}

func TestPeerVectorsThatDiffer(t *testing.T) {
	chain := `{"kind":"sanafe-networks","networks":{"chain":{"params":{"sources":1,"targets":[0,1]},"steps":2,`
	for text, field := range map[string]string{
		chain + `"per_step":{"fired":[1,2]}}}}`:             "per_step.fired",
		chain + `"per_step":{"soma_energy":[9e-10]}}}}`:     "per_step.soma_energy",
		chain + `"step_time_s":{"simple":[0,1.0001e-6]}}}}`: "step_time_s.simple of the machine",
		chain + `"step_time_s":{"detailed":[2e-6]}}}}`:      "step_time_s.detailed",
		chain + `"step_time_s":{"cycle":[2e-6]}}}}`:         "step_time_s.cycle",
		`{"kind":"sanafe-messages","columns":["src_core","dst_core","hops","spikes","gen","proc","net","block","sent","received","processed"],"step_time":1e-6,"rows":[[0,-1,0,0,1e-9]]}`: "step_time",
	} {
		res, fails := replay(t, []byte(text), Options{Engines: []string{"vector"}})
		require.Equal(t, Failed, res.Status, text)
		fields := map[string]bool{}
		for _, f := range fails {
			fields[f.Field] = true
		}
		require.True(t, fields[field], "%s: %v", text, fields)
	}
}

func TestDamagedPeerVectors(t *testing.T) {
	net := func(s string) string { return `{"kind":"sanafe-networks","networks":{"x":` + s + `}}` }
	for _, text := range []string{
		`{"kind":"sanafe-networks"}`, net(`{}`), net(`[]`), net(`{"steps":1}`), net(`{"steps":1,"params":{"per":0}}`),
		net(`{"steps":1,"params":{"sources":1,"targets":[128]}}`), net(`{"steps":1,"params":{"n":1e9,"dest_core":1,"synapses":1}}`),
		net(`{"steps":1,"params":{"permille":1,"cores":128,"per":1024,"msgs":128,"syn":1024,"seed":1}}`), net(`{"steps":1,"params":{"per":2}}`)[:40],
		`{"kind":"sanafe-messages"}`, `{"kind":"sanafe-messages","rows":[[1]],"columns":[],"step_time":1}`,
	} {
		res, _ := replay(t, []byte(text), Options{})
		require.Equal(t, Failed, res.Status, text)
		require.Contains(t, res.Reason, "conform: ", text)
	}
}

// Counts of the bench network, from its rule and from the README.
func TestPeerBench(t *testing.T) {
	text := `{"kind":"sanafe-networks","networks":{"bench":{"params":{},"steps":2,"per_step":{"fired":[497,497],"updated":[16384,16384],"spikes":[63616,63616],"packets":[1988,1988]},"step_time_s":{"simple":[18.6e-6,18.6e-6]}}}}`
	res, _ := replay(t, []byte(text), Options{Engines: []string{"vector"}})
	require.Equal(t, Passed, res.Status, res.Reason)
}

// Step times that SANA-FE 2.2.9 gave for random networks of the README's rule,
// read from YAML files of its format. The mesh gives every cycle of its cycle mode.
// The queued time of re is left out: it hangs on the order of core objects in
// the peer's memory, and is up to 0.8 % away.
func TestRandomNetworksAgreeWithThePeer(t *testing.T) {
	const nets = `{"kind":"sanafe-networks","networks":{
"rb":{"params":{"cores":64,"per":64,"msgs":8,"syn":4,"permille":250,"seed":11},"steps":2,"step_time_s":{"simple":[6.1112e-06,6.1112e-06],"detailed":[6.26096714e-06,6.26685714e-06],"cycle":[6.858e-06,7.157e-06]}},
"rc":{"params":{"cores":32,"per":32,"msgs":4,"syn":8,"permille":150,"seed":5},"steps":2,"step_time_s":{"simple":[2.5136e-06,2.5136e-06],"detailed":[2.69693333e-06,2.76322889e-06],"cycle":[2.701e-06,2.78e-06]}},
"rd":{"params":{"cores":128,"per":16,"msgs":6,"syn":4,"permille":200,"seed":21},"steps":2,"step_time_s":{"simple":[2.892e-06,2.892e-06],"detailed":[2.9597e-06,2.9597e-06],"cycle":[2.952e-06,2.959e-06]}},
"re":{"params":{"cores":16,"per":64,"msgs":8,"syn":16,"permille":400,"seed":2},"steps":2,"step_time_s":{"simple":[1.92176e-05,1.92176e-05],"cycle":[1.9513e-05,1.9358e-05]}}}}`
	res, fails := replay(t, []byte(nets), Options{Engines: []string{"vector"}})
	require.Equal(t, Passed, res.Status, "%s %v", res.Reason, fails)
	var d struct {
		Networks map[string]peerRecord `json:"networks"`
	}
	require.NoError(t, json.Unmarshal([]byte(nets), &d))
	a := peerArch()
	for name, want := range d.Networks {
		net, err := peerNetwork(name, want.Params)
		require.NoError(t, err)
		r, err := newPeerRun(a, net, "vector")
		require.NoError(t, err)
		for k := range want.Steps {
			_, err := r.step()
			require.NoError(t, err)
			m, err := r.meshTime(a)
			require.NoError(t, err)
			require.InDelta(t, want.Times["cycle"][k], m, 1e-12, "%s step %d", name, k)
		}
	}
}
