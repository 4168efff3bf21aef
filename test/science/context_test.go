package science

import (
	"fmt"
	"os"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/internal/dataset"
	"hillock/isa/count"
)

// contextReference is the experiment as plain loops, for pixels of 0 to 16.
type contextReference struct {
	o      ContextOptions
	w1     [64][contextHidden]int32
	w2     [contextHidden][dfaClasses]int32
	b      [contextHidden][dfaClasses]int32
	pixel  [64]int32 // spikes of this image
	hidden [contextHidden]int32
	out    [dfaClasses]int32
	total  [dfaClasses]int32
	image  uint64
}

func newContextReference(o ContextOptions) *contextReference {
	r := &contextReference{o: o}
	for p := range r.w1 {
		for j := range r.w1[p] {
			r.w1[p][j] = int32(u32(o.Seed+9, uint64(p), uint64(j))>>16*65/65536) - 32
		}
	}
	for j := range r.b {
		for k := range r.b[j] {
			r.b[j][k] = -1
			if u32(o.Seed+10, uint64(j), uint64(k))%2 == 1 {
				r.b[j][k] = 1
			}
		}
	}
	return r
}

// takes says whether a hidden neuron takes part in a task.
func (r *contextReference) takes(task, j int) bool {
	return r.o.Plain || u32(r.o.Seed+40+uint64(task), uint64(j), 1)%5 == 0
}

// order is the pixels in the order of a task.
func (r *contextReference) order(task int) []int {
	order := make([]int, 64)
	for p := range order {
		order[p] = p
	}
	key := func(p int) uint32 { return u32(r.o.Seed+30+uint64(task), uint64(p), 0) }
	if task > 0 {
		sort.SliceStable(order, func(a, b int) bool { return key(order[a]) < key(order[b]) })
	}
	return order
}

func (r *contextReference) show(task int, image []uint16) {
	order := r.order(task)
	var v [contextHidden]int32
	var vo [dfaClasses]int32
	for j := range v {
		v[j] = 128
	}
	for k := range vo {
		vo[k] = 128
	}
	r.pixel, r.hidden, r.out, r.total = [64]int32{}, [contextHidden]int32{}, [dfaClasses]int32{}, [dfaClasses]int32{}
	var acc [64]int32
	for p := range acc {
		acc[p] = 127
	}
	for range 16 {
		for p := range acc {
			acc[p] += int32(image[order[p]]) * 255 / 16
			if acc[p] < 255 {
				continue
			}
			acc[p] -= 255
			r.pixel[p]++
			for j := range v {
				v[j] += r.w1[p][j]
			}
		}
		var in [dfaClasses]int32
		for j := range v {
			v[j] = max(v[j], -1024)
			if v[j] >= 256 && r.takes(task, j) {
				v[j] -= 256
				r.hidden[j]++
				for k := range in {
					in[k] += r.w2[j][k]
				}
			}
		}
		for k := range vo {
			r.total[k] += in[k]
			if vo[k] = max(vo[k]+in[k], -1024); vo[k] >= 256 {
				vo[k] -= 256
				r.out[k]++
			}
		}
	}
}

// contextMove is a weight after a step of d / 2^k, rounded by a draw.
func contextMove(w, d int32, k uint, u uint32) int32 {
	q := d >> k
	if uint32(d)&(1<<k-1) > u>>(32-k) {
		q++
	}
	return min(max(w+q, -127), 127)
}

func (r *contextReference) learn(label int) {
	var e [dfaClasses]int32
	for k := range e {
		e[k] = -r.out[k]
	}
	e[label] += 8
	for j := range r.hidden {
		n, h := r.hidden[j], int32(0)
		if n == 0 {
			continue
		}
		for k := range e {
			h += r.b[j][k] * e[k]
			r.w2[j][k] = contextMove(r.w2[j][k], n*e[k], 7, u32(r.o.Seed+11, r.image, uint64(j*64+k)))
		}
		for p := range r.pixel {
			if h != 0 && n < 16 {
				r.w1[p][j] = contextMove(r.w1[p][j], r.pixel[p]*h, 9, u32(r.o.Seed+12, r.image, uint64(p*1024+j)))
			}
		}
	}
	r.image++
}

func (r *contextReference) test(task int) int {
	right := 0
	for i, image := range r.o.Test.Images {
		r.show(task, image)
		best := 0
		for k := range r.out {
			if r.out[k] > r.out[best] || r.out[k] == r.out[best] && r.total[k] > r.total[best] {
				best = k
			}
		}
		if best == r.o.Test.Labels[i] {
			right++
		}
	}
	return right
}

func (r *contextReference) run() ContextResult {
	var res ContextResult
	for task := range r.o.Tasks {
		for range r.o.Passes {
			for i, image := range r.o.Train.Images {
				r.show(task, image)
				r.learn(r.o.Train.Labels[i])
			}
		}
		res.After = append(res.After, r.test(task))
	}
	for task := range r.o.Tasks {
		res.End = append(res.End, r.test(task))
	}
	var w1, w2 []int32
	for p := range r.w1 {
		w1 = append(w1, r.w1[p][:]...)
	}
	for j := range r.w2 {
		w2 = append(w2, r.w2[j][:]...)
	}
	res.WHash = [2]uint64{dfaHash(w1), dfaHash(w2)}
	return res
}

// The emulator is the plain loops, on every engine, for 1, 2 and 8 workers.
func TestContextIsTheReference(t *testing.T) {
	train, test := digits(t)
	for _, o := range []ContextOptions{
		{Seed: 1, Tasks: 3, Passes: 2, Train: firstOf(train, 20), Test: firstOf(test, 10)},
		{Seed: 2, Tasks: 2, Passes: 1, Train: firstOf(train, 30), Test: firstOf(test, 10), Plain: true},
	} {
		want := newContextReference(o).run()
		var counts *count.Counts
		for _, o.Engine = range core.Engines() {
			for _, o.Workers = range workers {
				got, err := Context(o)
				require.NoError(t, err)
				if counts == nil {
					first := got.Counts
					counts = &first
					assert.Zero(t, counts[count.Lost]+counts[count.Overflowed])
					assert.EqualValues(t, 2*o.Tasks, counts[count.HostWrites]) // the contexts: each to learn, each to test
				}
				assert.Equal(t, *counts, got.Counts, "%s, %d workers", o.Engine, o.Workers)
				got.Counts = count.Counts{}
				assert.Equal(t, want, got, "%s, %d workers", o.Engine, o.Workers)
			}
		}
	}
}

// contextWhole are the recorded results of the science set: five tasks, two
// passes each over all images. How tasks and gates are drawn is not written
// there; the draws of Context are those that give these weights.
var contextWhole = []struct {
	seed       uint64
	plain      bool
	hash       string
	after, end []int
}{
	{1, false, "5ac9a2a1b045dd24e4baa9997fb6e8fc", []int{1674, 1634, 1626, 1645, 1663}, []int{1489, 1460, 1485, 1468, 1663}},
	{2, false, "5a3a994da09c62fdd4a8df2e0e43721c", []int{1636, 1649, 1637, 1656, 1637}, []int{1160, 1436, 1236, 1552, 1637}},
	{1, true, "3c6875638f0c773c5bd7cb0293a14e54", []int{1671, 1657, 1662, 1648, 1674}, []int{537, 364, 645, 937, 1674}},
	{2, true, "95bdec84afaf36a8437758006601bb50", []int{1668, 1658, 1653, 1636, 1675}, []int{444, 355, 504, 1369, 1675}},
}

// The whole experiment takes minutes: HILLOCK_SCIENCE=whole asks for it.
func TestContextWhole(t *testing.T) {
	if os.Getenv("HILLOCK_SCIENCE") != "whole" {
		t.Skip("minutes; HILLOCK_SCIENCE=whole runs it")
	}
	train, test := digits(t)
	for n, c := range contextWhole {
		t.Run(fmt.Sprintf("seed %d, plain %v", c.seed, c.plain), func(t *testing.T) {
			o, begin := ContextOptions{Seed: c.seed, Plain: c.plain, Tasks: 5, Passes: 2, Train: train, Test: test, Workers: workers[n%len(workers)]}, time.Now()
			r, err := Context(o)
			require.NoError(t, err)
			hash := fmt.Sprintf("%016x%016x", r.WHash[0], r.WHash[1])
			t.Logf("%s, after %v, end %v, %d workers, %.1f s", hash, r.After, r.End, o.Workers, time.Since(begin).Seconds())
			assert.Equal(t, c.hash, hash)
			assert.Equal(t, c.after, r.After)
			assert.Equal(t, c.end, r.End)
		})
	}
}

func TestContextErrors(t *testing.T) {
	train, test := digits(t)
	good := ContextOptions{Seed: 1, Train: firstOf(train, 1), Test: firstOf(test, 1), Tasks: 1, Passes: 1}
	_, err := Context(good)
	require.NoError(t, err)
	for text, change := range map[string]func(o *ContextOptions){
		"science: 32 tasks, need 1..31":    func(o *ContextOptions) { o.Tasks = 32 },
		"science: 0 tasks, need 1..31":     func(o *ContextOptions) { o.Tasks = 0 },
		"science: 0 passes, need 1..1024":  func(o *ContextOptions) { o.Passes = 0 },
		"science: a set without images":    func(o *ContextOptions) { o.Test = &dataset.Set{} },
		`core: unknown engine "no engine"`: func(o *ContextOptions) { o.Engine = "no engine" },
	} {
		o := good
		change(&o)
		_, err := Context(o)
		assert.ErrorContains(t, err, text)
	}
}
