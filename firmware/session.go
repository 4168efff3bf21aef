package firmware

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"

	"hillock/chip"
	"hillock/router/aer"
)

// Limits of a session that its options do not set.
const (
	DefaultBuffer = 1 << 30
	DefaultProbes = 1 << 12
)

// Options are the surroundings of a session.
type Options struct {
	Chip      chip.Options // how machines run
	MaxBuffer int64        // bytes of the buffer, 0 = DefaultBuffer; it never grows beyond what was sent or saved
	MaxProbes int          // probes at a time, 0 = DefaultProbes
	MaxTicks  int64        // ticks of all commands together, 0 = no limit
	Log       io.Writer    // receives every command that is executed or refused, as a stream; nil = none
}

// Session is the host's end of a chip: a buffer, a machine once an image was
// started, and what waits for its next tick. The same commands always give the
// same answers.
type Session struct {
	opt    Options
	m      *chip.Machine
	rec    *chip.Recorder
	buf    []byte
	wait   []chip.Injection
	probes []probe
	ticks  int64
	done   uint32 // commands so far
	logged bool   // the signature of the log is written
}

type probe struct {
	pop, index, word int64
	at               chip.Place
}

// NewSession makes a session with an empty buffer and no machine.
func NewSession(o Options) *Session {
	if o.MaxBuffer == 0 {
		o.MaxBuffer = DefaultBuffer
	}
	if o.MaxProbes == 0 {
		o.MaxProbes = DefaultProbes
	}
	o.MaxBuffer = min(o.MaxBuffer, math.MaxUint32)
	o.MaxProbes = min(o.MaxProbes, math.MaxUint16)
	return &Session{opt: o}
}

// Machine is the machine that was started, nil before.
func (s *Session) Machine() *chip.Machine { return s.m }

// Recorder has the hashes of the spikes since the last start or restore; ticks
// go on over a reset.
func (s *Session) Recorder() *chip.Recorder { return s.rec }

// Serve executes a stream of commands and writes the stream of answers, until
// the commands end. Refused commands are answered and do not end it; an error
// is about the stream itself. Name is the stream, for errors.
func (s *Session) Serve(r io.Reader, w io.Writer, name string) error {
	in, err := NewReader(r, name)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, Magic); err != nil {
		return err
	}
	for {
		c, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var broken error // of the way out, which no command can be blamed for
		frame := []byte(nil)
		emit := func(m Message) error {
			if frame, err = m.Append(frame[:0]); err != nil {
				return err
			}
			_, broken = w.Write(frame)
			return broken
		}
		n := s.done
		if err := s.Do(c, emit); err != nil && broken == nil {
			text := err.Error()
			text = strings.ToValidUTF8(text[:min(len(text), MaxBlock/2)], "?")
			_ = emit(Message{Op: Refused, Args: []int64{int64(n)}, Bytes: []byte(text)})
		}
		if broken != nil {
			return broken
		}
	}
}

// Do executes one command. Notices and the answer go to emit (nil = dropped),
// whose errors end the command. A command that cannot be executed is an error.
func (s *Session) Do(c Message, emit func(Message) error) error {
	n := s.done
	s.done++
	if emit == nil {
		emit = func(Message) error { return nil }
	}
	if err := s.log(c); err != nil {
		return err
	}
	name, f, ok := form(c.Op)
	if !ok || c.Op >= endOfCommands {
		return fmt.Errorf("firmware: operation %d is no command", c.Op)
	}
	if err := c.check(f); err != nil {
		return fmt.Errorf("firmware: %s: %w", name, err)
	}
	if s.m == nil && c.Op != Load && c.Op != Fetch && c.Op != Start {
		return fmt.Errorf("firmware: command %d, %s: no image was started", n, name)
	}
	answer := Message{Op: c.Op | Answered}
	if err := s.execute(c, &answer, emit); err != nil {
		return fmt.Errorf("firmware: command %d, %s: %w", n, name, err)
	}
	return emit(answer)
}

func (s *Session) log(c Message) error {
	if s.opt.Log == nil {
		return nil
	}
	var out []byte
	if !s.logged {
		out, s.logged = append(out, Magic...), true
	}
	out, err := c.Append(out)
	if err != nil {
		return err
	}
	_, err = s.opt.Log.Write(out)
	return err
}

func (s *Session) execute(c Message, a *Message, emit func(Message) error) error {
	switch c.Op {
	case Load:
		return s.load(c, a)
	case Fetch:
		at, n := c.Args[0], c.Args[1]
		if at > int64(len(s.buf)) || n > int64(len(s.buf))-at {
			return fmt.Errorf("bytes %d..%d of the buffer, which has %d", at, at+n-1, len(s.buf))
		}
		a.Bytes = slices.Clone(s.buf[at : at+n])
	case Start:
		return s.start(c, a)
	case Run:
		if err := s.run(c.Args[0], emit); err != nil {
			return err
		}
		a.Args = []int64{s.m.Tick()}
	case Step:
		return s.step(a, emit)
	case Read:
		a.Words = make([]int32, c.Args[5])
		if len(a.Words) > MaxBlock/4 {
			return fmt.Errorf("%d words, need at most %d", len(a.Words), MaxBlock/4)
		}
		return s.read(place(c.Args), a.Words, emit)
	case Write:
		return s.m.Write(place(c.Args), c.Words)
	case Modulate:
		core := int(c.Args[0])
		if core == AllCores {
			core = -1
		}
		return s.m.Modulate(core, int(c.Args[1]), int32(c.Args[2]))
	case Inject:
		return s.inject(c.Args)
	case Probe:
		return s.probe(c.Args, a)
	case Reset:
		s.rec.Offset += s.m.Tick()
		s.m.Reset()
		s.wait = s.wait[:0]
	case Snapshot:
		return s.save(a)
	case Restore:
		return s.restore(c, a)
	case Transfer:
		return s.transfer(c, a, emit)
	}
	return nil
}

func place(a []int64) chip.Place {
	return chip.Place{Space: chip.Space(a[0]), Core: int(a[1]), Group: int(a[2]), Word: int(a[3]), First: int(a[4])}
}

func (s *Session) load(c Message, a *Message) error {
	at := c.Args[0]
	if at == 0 {
		s.buf = s.buf[:0]
	}
	switch end := at + int64(len(c.Bytes)); {
	case at > int64(len(s.buf)):
		return fmt.Errorf("byte %d of the buffer, which has %d: blocks come in order", at, len(s.buf))
	case end > s.opt.MaxBuffer:
		return fmt.Errorf("a buffer of %d bytes, need at most %d", end, s.opt.MaxBuffer)
	}
	s.buf = append(s.buf[:at], c.Bytes...)
	a.Args = []int64{int64(len(s.buf))}
	return nil
}

// file is what the buffer holds, if it is all there and undamaged.
func (s *Session) file(c Message) ([]byte, error) {
	n, want := c.Args[0], uint32(c.Args[1])
	if n != int64(len(s.buf)) {
		return nil, fmt.Errorf("a file of %d bytes, the buffer has %d", n, len(s.buf))
	}
	if have := crc32.Checksum(s.buf, castagnoli); have != want {
		return nil, fmt.Errorf("the buffer has checksum %08x, need %08x", have, want)
	}
	return s.buf, nil
}

func (s *Session) start(c Message, a *Message) error {
	b, err := s.file(c)
	if err != nil {
		return err
	}
	img, err := chip.DecodeImage(b, "buffer")
	if err != nil {
		return err
	}
	m, err := chip.New(img, s.opt.Chip)
	if err != nil {
		return err
	}
	img.Pack() // the machine has its own lists
	s.m, s.rec, s.wait, s.probes = m, chip.NewRecorder(img, false), nil, nil
	neurons := int64(0)
	for i := range img.Cores {
		neurons += int64(img.Cores[i].Image.N)
	}
	a.Args = []int64{int64(len(img.Cores)), neurons}
	return nil
}

// run advances n ticks; what was injected arrives in the first.
func (s *Session) run(n int64, emit func(Message) error) error {
	if s.opt.MaxTicks > 0 && n > s.opt.MaxTicks-s.ticks {
		return fmt.Errorf("%d ticks after %d, need at most %d in all", n, s.ticks, s.opt.MaxTicks)
	}
	src := func(_ int64, dst []chip.Injection) []chip.Injection {
		dst = append(dst, s.wait...)
		s.wait = s.wait[:0]
		return dst
	}
	return s.m.Run(n, src, func(tick int64, m *chip.Machine) error {
		s.ticks++
		if err := s.rec.Tick(tick, m); err != nil {
			return err
		}
		for _, p := range s.probes {
			var v [1]int32
			if err := m.Read(p.at, v[:]); err != nil {
				return err
			}
			if err := emit(Message{Op: Sample, Args: []int64{tick, p.pop, p.index, p.word, int64(v[0])}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// step is one tick and its output spikes, in frames that fit.
func (s *Session) step(a *Message, emit func(Message) error) error {
	if err := s.run(1, emit); err != nil {
		return err
	}
	var out []int32
	for _, x := range s.rec.Last() {
		if s.m.Image().Pops[x.Pop].Output {
			out = append(out, x.Pop, x.Index, x.Payload)
		}
	}
	a.Args = []int64{s.m.Tick(), int64(len(out) / 3)}
	const most = MaxBlock / 12 * 3
	for len(out) > 0 {
		part := out[:min(len(out), most)]
		out = out[len(part):]
		if err := emit(Message{Op: Spiked, Args: []int64{s.m.Tick() - 1}, Words: part}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) inject(args []int64) error {
	img, pop := s.m.Image(), int(args[0])
	switch {
	case pop >= len(img.Pops) || !img.Pops[pop].Input:
		return fmt.Errorf("population %d is no input of the image", pop)
	case args[1] >= int64(img.Pops[pop].N):
		return fmt.Errorf("neuron %d of input %q, which has %d", args[1], img.Pops[pop].Name, img.Pops[pop].N)
	case args[2] != aer.PlainPayload && !img.Graded():
		return fmt.Errorf("payload %d, need %d: chip %s takes no graded spikes", args[2], aer.PlainPayload, img.Chip)
	}
	s.wait = append(s.wait, chip.Injection{Pop: int32(pop), Index: int32(args[1]), Payload: int32(args[2])})
	return nil
}

func (s *Session) probe(args []int64, a *Message) error {
	same := func(p probe) bool { return p.pop == args[0] && p.index == args[1] && p.word == args[2] }
	k := slices.IndexFunc(s.probes, same)
	img := s.m.Image()
	at, err := img.Locate(int(args[0]), int(args[1]))
	if err != nil {
		return err
	}
	words := 0
	if groups := img.Cores[at.Core].Image.Groups; at.Group < len(groups) {
		words = len(groups[at.Group].State)
	}
	switch {
	case int(args[2]) >= words:
		return fmt.Errorf("state word %d, the neuron has %d", args[2], words)
	case args[3] == 0 && k >= 0:
		s.probes = slices.Delete(s.probes, k, k+1)
	case args[3] == 1 && k < 0:
		if len(s.probes) >= s.opt.MaxProbes {
			return fmt.Errorf("one probe more than %d", s.opt.MaxProbes)
		}
		s.probes = append(s.probes, probe{args[0], args[1], args[2],
			chip.Place{Core: img.Cores[at.Core].ID, Group: at.Group, Word: int(args[2]), First: at.Lane}})
	}
	a.Args = []int64{int64(len(s.probes))}
	return nil
}

func (s *Session) save(a *Message) error {
	b := s.m.Snapshot().Encode()
	if int64(len(b)) > s.opt.MaxBuffer {
		return fmt.Errorf("a snapshot of %d bytes, the buffer takes %d", len(b), s.opt.MaxBuffer)
	}
	s.buf = b
	a.Args = []int64{int64(len(b)), int64(crc32.Checksum(b, castagnoli))}
	return nil
}

func (s *Session) restore(c Message, a *Message) error {
	b, err := s.file(c)
	if err != nil {
		return err
	}
	snap, err := chip.DecodeSnapshot(b, "buffer")
	if err != nil {
		return err
	}
	if err := s.m.Restore(snap); err != nil {
		return err
	}
	s.wait, s.rec = s.wait[:0], chip.NewRecorder(s.m.Image(), false)
	a.Args = []int64{s.m.Tick()}
	return nil
}
