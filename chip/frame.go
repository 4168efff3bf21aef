package chip

import (
	"fmt"

	"hillock/core/event"
)

// Frame is how a host shows samples to a chip without ticks: what it sends
// beside the input spikes. It sends word after word, each once the chip is at
// rest. A step is a tick of the user's network: its input spikes, then Step.
type Frame struct {
	Before []FrameWord // before the first step of a sample
	Step   []FrameWord // behind the inputs of every step
	After  []FrameWord // behind the last step
	// Reset: no word clears the potentials that a sample leaves behind. The host
	// writes all memories anew before a sample.
	Reset bool `json:",omitempty"`
}

// FrameWord is a word that the host sends to a port of every core, Times times.
type FrameWord struct {
	Port  int
	Word  int64
	Times int
}

// Bounds of a frame: words in a list, and how often one is sent.
const (
	maxFrameWords = 1 << 10
	maxFrameTimes = 1 << 12
)

// checkFrame verifies that every word has a port. A frame is for one core: more
// of them would rest at different edges.
func (img *Image) checkFrame() error {
	if img.Frame == nil {
		return nil
	}
	if len(img.Cores) != 1 || img.Cores[0].Image.Event == nil {
		return fmt.Errorf("chip: frame of an image of %d cores, need one, and that without ticks", len(img.Cores))
	}
	ports := img.Cores[0].Image.Event.Spec.Control.Ports
	for _, list := range [...][]FrameWord{img.Frame.Before, img.Frame.Step, img.Frame.After} {
		if len(list) > maxFrameWords {
			return fmt.Errorf("chip: %d words in a list of the frame, need at most %d", len(list), maxFrameWords)
		}
		for _, w := range list {
			if err := w.check(ports); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *FrameWord) check(ports []event.Port) error {
	if w.Port < 0 || w.Port >= len(ports) {
		return fmt.Errorf("chip: word of the frame for port %d, have %d", w.Port, len(ports))
	}
	if p := ports[w.Port]; w.Word < 0 || p.Bits < 63 && w.Word>>p.Bits != 0 || w.Times < 1 || w.Times > maxFrameTimes {
		return fmt.Errorf("chip: word %d of the frame for port %q, %d times: need %d bits and 1..%d times", w.Word, p.Name, w.Times, p.Bits, maxFrameTimes)
	}
	return nil
}

// codeFrame codes the section FRAM.
func (img *Image) codeFrame(c *codec) {
	if img.Frame == nil {
		img.Frame = &Frame{}
	}
	for _, l := range [...]*[]FrameWord{&img.Frame.Before, &img.Frame.Step, &img.Frame.After} {
		list(c, l, 3, "words of the frame", func(w *FrameWord) {
			integer(c, &w.Port, "port")
			integer(c, &w.Word, "word")
			integer(c, &w.Times, "times")
		})
	}
	c.flag(&img.Frame.Reset)
}
