package chip

import "fmt"

// aside lists the populations that are no part of the user's network: neurons
// that a compiler added. The section ASID holds them; without any there is none.
func (img *Image) aside() []int {
	var out []int
	for i := range img.Pops {
		if img.Pops[i].Aside {
			out = append(out, i)
		}
	}
	return out
}

// codeAside codes the section ASID.
func (img *Image) codeAside(c *codec) {
	all := img.aside()
	ints(c, &all, "populations beside the network")
	for _, i := range all {
		if c.write || c.err != nil {
			return
		}
		if i < 0 || i >= len(img.Pops) {
			c.fail(fmt.Sprintf("a population of %d", len(img.Pops)), i)
			return
		}
		img.Pops[i].Aside = true
	}
}
