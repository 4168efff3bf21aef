package conform

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

var nocVectors = []string{
	"../../compiler/route/testdata/ordered_covering.json.gz", "../../router/mesh/testdata/curves.json.gz",
	"../../router/mesh/testdata/mesh_exact.json.gz", "../../router/table/testdata/router.json.gz",
}

func TestNetworkVectors(t *testing.T) {
	r, err := Run(nocVectors, Options{Workers: 2})
	require.NoError(t, err)
	for i, n := range []int64{161, 20, 172, 36} {
		require.Equal(t, Passed, r.Results[i].Status, r.Results[i].Reason)
		require.GreaterOrEqual(t, r.Results[i].Compared, n)
	}
}

func TestNetworkVectorsThatDiffer(t *testing.T) {
	for text, field := range map[string]string{
		`{"kind":"noc-exact","zero_load":{"measured":[{"variant":"base","min_h0":6,"max_seen":57,"h_of_max":13,"formula":"6+4h"}]},"credit_loop":{"measured":[]}}`: "max_seen",
		`{"kind":"noc-exact","zero_load":{"measured":[]},"credit_loop":{"measured":[{"vcs":1,"buf":1,"credit_delay":1,"accepted":0.144}]}}`:                        "accepted",
		`{"kind":"spinnaker-router","table":[[0,0,1]],"cases":[{"key":5,"in_link":3,"er":0,"out":[[1,0]]}]}`:                                                       "out",
		`{"kind":"spinnaker-router","table":[],"wait_cycles":{"0x1f":47}}`:                                                                                         "wait_cycles",
		`{"kind":"spinnaker-router","table":[],"phase":[{"now":0,"launched":3,"drop":false}]}`:                                                                     "phase",
		`{"kind":"ordered-covering","cases":[{"name":"a","input":[[0,15,6,[0]],[1,15,6,[-1]]],"ordered_covering":[[0,14,6,[0]]],"minimised":[[0,14,6,[-1,0]]]}]}`:  "ordered_covering",
	} {
		res, fails := replay(t, []byte(text), Options{})
		require.Equal(t, Failed, res.Status, text)
		require.Equal(t, field, fails[0].Field, text)
	}
}

func TestDamagedNetworkVectors(t *testing.T) {
	for _, text := range []string{
		`{"kind":"noc-curves"}`, `{"kind":"noc-curves","config":{},"curves":[{"k":8,"points":[]}]}`,
		`{"kind":"noc-curves","config":{"vc_alloc_delay":1,"sw_alloc_delay":1,"input_speedup":1,"output_speedup":1,"packet_flits":1,"link_cycles":1,"inject_link_cycles":1,"eject_link_cycles":1,"crossbar_delay":1},"curves":[{"k":100000,"vcs":1,"buffer_flits_per_vc":1,"traffic":"uniform","points":[{"load":0.1}]}]}`,
		`{"kind":"noc-exact","zero_load":{"measured":[{"variant":"base","formula":"x"}]}}`, `{"kind":"noc-exact"}`,
		`{"kind":"spinnaker-router"}`, `{"kind":"spinnaker-router","table":[],"triangle":[{"blocked":9}]}`,
		`{"kind":"ordered-covering","cases":[{"name":"a","input":[[0,15,6]]}]}`, `{"kind":"ordered-covering","cases":[{"name":"a","input":[[0,15,6,[40]]]}]}`,
	} {
		require.True(t, json.Valid([]byte(text)))
		res, _ := replay(t, []byte(text), Options{})
		require.Equal(t, Failed, res.Status, text)
		require.Contains(t, res.Reason, "conform: ", text)
	}
}
