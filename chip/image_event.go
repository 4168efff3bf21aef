package chip

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"hillock/core/event"
)

// coreEvent is what the section EVNT of an image file holds of a core without
// ticks: its description and start contents, in the text form of images.
// Without such cores there is no section.
type coreEvent struct {
	Core int // index into Image.Cores
	Text string
}

// events lists the cores that need the section.
func (img *Image) events() []coreEvent {
	var out []coreEvent
	for i := range img.Cores {
		if e := img.Cores[i].Image.Event; e != nil {
			text, err := json.Marshal(e)
			if err != nil { // an image holds nothing that JSON cannot
				text = []byte(err.Error())
			}
			out = append(out, coreEvent{i, string(text)})
		}
	}
	return out
}

// codeEvents codes the section EVNT.
func (img *Image) codeEvents(c *codec) {
	all := img.events()
	if !c.write {
		all = nil
	}
	list(c, &all, 2, "cores without ticks", func(k *coreEvent) {
		integer(c, &k.Core, "core index")
		c.text(&k.Text, "description of the core")
	})
	for _, k := range all {
		if c.write || c.err != nil {
			return
		}
		if k.Core < 0 || k.Core >= len(img.Cores) || img.Cores[k.Core].Image.Event != nil {
			c.fail(fmt.Sprintf("a core of %d, each once", len(img.Cores)), k.Core)
			return
		}
		e := &event.Image{}
		d := json.NewDecoder(bytes.NewReader([]byte(k.Text)))
		d.DisallowUnknownFields()
		err := d.Decode(e)
		if err == nil {
			if _, more := d.Token(); more != io.EOF {
				err = fmt.Errorf("need the end of the text behind the core")
			}
		}
		if err != nil {
			c.err = fmt.Errorf("chip: %s: core index %d: %w", c.where, k.Core, err)
			return
		}
		img.Cores[k.Core].Image.Event = e
	}
}
