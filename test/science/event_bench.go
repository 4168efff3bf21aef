package science

import (
	"fmt"

	"hillock/chip"
	"hillock/core/event"
)

// eventBench is a host that sends a word and waits until the chip is idle.
type eventBench struct {
	m    *chip.Machine
	core *event.Core
}

// maxEventEdges is how long one event may take, with all that comes of it.
const maxEventEdges = 1 << 20

func newEventBench(img *chip.Image, o chip.Options) (*eventBench, error) {
	m, err := chip.New(img, o)
	if err != nil {
		return nil, err
	}
	return &eventBench{m, m.Core(0).Event()}, nil
}

// sendTo gives a word to a port.
func (b *eventBench) sendTo(port string, word uint64) error {
	for k, p := range b.core.Image().Spec.Control.Ports {
		if p.Name == port {
			return b.send(k, word)
		}
	}
	return fmt.Errorf("science: chip %s has no port %q", b.m.Image().Chip, port)
}

// send gives a word to a port by its number and waits.
func (b *eventBench) send(port int, word uint64) error {
	b.core.Inject(port, b.m.Tick(), word)
	switch rests, err := b.m.Rest(maxEventEdges); {
	case err != nil:
		return err
	case !rests:
		return fmt.Errorf("science: event %#x is not served within %d edges", word, maxEventEdges)
	}
	return nil
}
