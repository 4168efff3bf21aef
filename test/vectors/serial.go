package vectors

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hillock/chip"
	"hillock/core/event"
)

// Serial is a transfer of a run and what came back.
type Serial struct {
	At     int64    `json:"at"`     // edge of its first bit at the earliest
	Period int64    `json:"period"` // edges of a bit
	Words  []uint64 `json:"words"`  // head, then data
	// Out is what was sent back during every word of data, End the edge behind the
	// last bit, Missed the accesses that came to nothing: with reads among them,
	// what came back is not known.
	Out    []uint64 `json:"expect_out"`
	End    int64    `json:"expect_end"`
	Missed int      `json:"expect_missed"`
}

// shifted keeps what a transfer sent back.
func (r *Record) shifted(n event.Note, core *event.Core) {
	if r.done < len(r.Transfers) {
		t := &r.Transfers[r.done]
		t.Out, t.End, t.Missed = slices.Clone(core.State.Shift.Out), n.Edge, core.State.Shift.Missed
		r.done++
	}
}

// Programmed is an image as a chip holds it after it was programmed over its
// serial port, with the transfers and notes on what the port cannot do.
type Programmed struct {
	Image  *chip.Image
	Steps  []chip.ProgramStep
	Period int64
	Notes  []string
}

// Program runs the transfers that bring an image to a chip, from memories of
// 0 on. Period 0 is the shortest.
func Program(img *chip.Image, sparse bool, period int64) (*Programmed, error) {
	steps, err := img.Programming(sparse)
	if err != nil {
		return nil, err
	}
	from := *img.Cores[0].Image.Event
	spec := &from.Spec
	if period == 0 {
		period = spec.Transfers.Period
	}
	reached := reachable(spec)
	from.Init = make([][]uint64, len(spec.Memories))
	for m := range from.Init {
		if !reached[m] && register(&spec.Memories[m]) && m < len(img.Cores[0].Image.Event.Init) {
			from.Init[m] = img.Cores[0].Image.Event.Init[m]
		}
	}
	c, err := event.New(&from)
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		if err := c.Shift(event.Transfer{Period: period, Words: s.Words}); err != nil {
			return nil, err
		}
	}
	for t := c.Next(0); t != event.Never && (len(c.State.Shift.Waiting) > 0 || c.State.Shift.Doing || c.State.Shift.Storing); t = c.Next(t + 1) {
		c.Edge(t)
	}
	if n := len(c.State.Queue); n > 0 {
		return nil, fmt.Errorf("vectors: programming leaves %d entries in the queue", n)
	}
	p := &Programmed{Steps: steps, Period: period}
	return p, p.settle(img, &from, c, reached)
}

// settle makes the image that the chip holds, and notes where it differs from
// the one that was wanted.
func (p *Programmed) settle(img *chip.Image, from *event.Image, c *event.Core, reached []bool) error {
	e := *from
	e.Init = make([][]uint64, len(c.State.Mem))
	for m := range c.State.Mem {
		words := slices.Clone(c.State.Mem[m])
		for len(words) > 0 && words[len(words)-1] == 0 {
			words = words[:len(words)-1]
		}
		e.Init[m] = words
		var want []uint64
		if init := img.Cores[0].Image.Event.Init; m < len(init) {
			want = init[m]
		}
		name := e.Spec.Memories[m].Name
		switch {
		case slices.Equal(words, want):
		case reached[m]:
			return fmt.Errorf("vectors: programming leaves other contents in memory %s than the image has", name)
		default:
			p.Notes = append(p.Notes, fmt.Sprintf("%s cannot be written over the serial port: after programming it holds what the chip makes of it, not what the image says", name))
		}
	}
	p.Image = &chip.Image{}
	*p.Image = *img
	p.Image.Cores = slices.Clone(img.Cores)
	core := *img.Cores[0].Image
	core.Event = &e
	p.Image.Cores[0].Image = &core
	return e.Check()
}

// reachable says of every memory whether rows of transfers write it.
func reachable(spec *event.Spec) []bool {
	out := make([]bool, len(spec.Memories))
	for i := range spec.Transfers.Rows {
		if m := spec.Transfers.Rows[i].Memory; m >= 0 {
			out[m] = true
		}
	}
	return out
}

// serialFiles are the rows of the README that tell of the serial port.
func (r *Record) serialFiles() string {
	s := ""
	if r.programmed {
		s = "| program.txt | what programs the chip over its serial port before the run: edges of a bit; then per transfer how many words, the words in hexadecimal (head, data), what they write |\n"
	}
	if len(r.Transfers) > 0 {
		s += "| transfers.txt | transfers during the run: earliest edge, edges of a bit, words, 1 if what comes back is known, the words, what comes back in every word of data |\n"
	}
	if r.Spec.Transfers != nil {
		s += "| (serial port) | the bench drives `sck` and `mosi` between two edges of clk and takes `miso`; with program.txt it writes into no memory, with `-DBLIND` it names none, as a netlist needs |\n"
	}
	return s
}

// programText is the list of transfers for the bench and for a laboratory: the
// period, then a transfer to a line: how many words, the words in hexadecimal,
// what they write.
func (p *Programmed) programText(x *event.Transfers) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, p.Period)
	for _, s := range p.Steps {
		fmt.Fprintf(&b, "%d", len(s.Words))
		for i, w := range s.Words {
			bits := x.Data
			if i == 0 {
				bits = x.Head
			}
			fmt.Fprintf(&b, " %0*x", (bits+3)/4, w)
		}
		fmt.Fprintf(&b, " %s\n", s.Name)
	}
	return b.Bytes()
}

// ReadTransfers reads transfers, one to a line: earliest edge, edges of a bit,
// then head and data in hexadecimal; # starts a comment. Name is for errors.
func ReadTransfers(b []byte, name string) ([]event.Transfer, error) {
	var out []event.Transfer
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) < 3 {
			return nil, fmt.Errorf("%s:%d: vectors: %d words, need EDGE PERIOD HEAD and words of DATA", name, n, len(f))
		}
		var t event.Transfer
		var err error
		if t.At, err = strconv.ParseInt(f[0], 10, 62); err == nil {
			t.Period, err = strconv.ParseInt(f[1], 10, 32)
		}
		for _, w := range f[2:] {
			var v uint64
			if err == nil {
				v, err = strconv.ParseUint(w, 16, 48)
			}
			t.Words = append(t.Words, v)
		}
		if err != nil || t.At < 0 {
			return nil, fmt.Errorf("%s:%d: vectors: %.60q, need an edge, a period in decimal and words in hexadecimal", name, n, strings.TrimSpace(line))
		}
		out = append(out, t)
	}
	return out, nil
}

// transfers are the transfers of the run: edge, period, how many words, whether
// what comes back is known, words and, per word of data, what comes back.
func (r *Record) transfers() []byte {
	var b bytes.Buffer
	for _, t := range r.Transfers {
		known := 1
		if t.Missed > 0 || len(t.Out) != len(t.Words)-1 {
			known = 0
		}
		fmt.Fprintf(&b, "%d %d %d %d", t.At, t.Period, len(t.Words), known)
		for _, w := range t.Words {
			fmt.Fprintf(&b, " %x", w)
		}
		for i := range t.Words[1:] {
			v := uint64(0)
			if known == 1 {
				v = t.Out[i]
			}
			fmt.Fprintf(&b, " %x", v)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// serialBench drives the serial port: the program before the run, and the
// transfers of the run.
func serialBench(b *bytes.Buffer, x *event.Transfers) {
	fmt.Fprintf(b, `  // serial port: a bit is put on the line and taken at the rising edge of sck
  logic sck = 0, mosi = 0; wire miso; logic [63:0] back;
  task automatic bits(input int n, input logic [63:0] w, input longint period);
    back = 0;
    for (int i = n - 1; i >= 0; i--) begin
      sck = 0; mosi = w[i];
      repeat (int'(period / 2)) @(negedge clk);
      back = {back[62:0], miso}; sck = 1;
      repeat (int'(period - period / 2)) @(negedge clk);
    end
    sck = 0;
  endtask
  bit programmed = 0;
  task automatic program_port();
    int f, n; longint period; logic [63:0] x; string s;
    f = $fopen("program.txt", "r");
    if (f == 0) return;
    programmed = 1;
    if ($fscanf(f, "%%d", period) != 1) begin $display("FAIL: program.txt"); $finish; end
    while ($fscanf(f, "%%d", n) == 1) begin
      for (int i = 0; i < n; i++) begin
        if ($fscanf(f, "%%h", x) != 1) begin $display("FAIL: program.txt"); $finish; end
        bits(i == 0 ? %[1]d : %[2]d, x, period);
      end
      if ($fscanf(f, "%%s", s) != 1) begin $display("FAIL: program.txt"); $finish; end
    end
    $fclose(f);
    repeat (8) @(negedge clk);
  endtask
  int shifted = 0;
  initial begin
    int f, n, known; longint e, period; logic [63:0] x, word [$], got [$];
    f = $fopen("transfers.txt", "r");
    if (f != 0) begin
      wait (go); @(negedge clk);
      while ($fscanf(f, "%%d %%d %%d %%d", e, period, n, known) == 4) begin
        word.delete(); got.delete();
        for (int i = 0; i < n; i++) if ($fscanf(f, "%%h", x) == 1) word.push_back(x);
        while (cycle < e) @(negedge clk);
        for (int i = 0; i < n; i++) begin bits(i == 0 ? %[1]d : %[2]d, word[i], period); got.push_back(back); end
        for (int i = 1; i < n; i++) if ($fscanf(f, "%%h", x) == 1 && known == 1 && got[i] != x) begin
          errors++; $display("transfer %%0d: word %%0d came back %%h, need %%h", shifted, i, got[i], x);
        end else if (verbose && known == 1) $display("transfer %%0d: word %%0d came back %%h", shifted, i, got[i]);
        shifted++;
      end
      $fclose(f);
    end
  end

`, x.Head, x.Data)
}
