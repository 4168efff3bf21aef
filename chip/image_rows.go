package chip

import "fmt"

// coreRows are the rows of the axon store of one core in an image file. The
// section ROWS holds them for the cores that have a store.
type coreRows struct {
	Core int // index into Image.Cores
	Rows int
}

func (img *Image) rows() []coreRows {
	var out []coreRows
	for i := range img.Cores {
		if n := img.Cores[i].Image.Rows; n > 0 {
			out = append(out, coreRows{i, n})
		}
	}
	return out
}

func (img *Image) codeRows(c *codec) {
	all := img.rows()
	list(c, &all, 2, "cores with an axon store", func(k *coreRows) {
		integer(c, &k.Core, "core index")
		integer(c, &k.Rows, "rows of the axon store")
	})
	for _, k := range all {
		if c.write || c.err != nil {
			return
		}
		if k.Core < 0 || k.Core >= len(img.Cores) {
			c.fail(fmt.Sprintf("a core of %d", len(img.Cores)), k.Core)
			return
		}
		img.Cores[k.Core].Image.Rows = k.Rows
	}
}
