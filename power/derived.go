package power

import (
	"math"
	"math/big"
)

// The brain's rate of synaptic events, per second. Both are estimates from
// synapse counts and mean rates; nobody has measured it. The nominal value is
// the middle of the decade on a logarithmic scale and carries no claim.
const (
	BrainEventsLow  = 1e14
	BrainEventsHigh = 1e15
)

// BrainEventsNominal is the logarithmic middle of the two bounds.
var BrainEventsNominal = math.Sqrt(BrainEventsLow * BrainEventsHigh)

// Basis says in words what Total is made of.
func (r *Report) Basis() string {
	h := r.headline()
	switch {
	case r.Point.allIn():
		return "all-in"
	case r.Point.running():
		return "power of the whole run"
	case h == nil:
		return "dynamic only"
	case h.Per == PerCore:
		return "dynamic + static of the powered cores"
	}
	return "dynamic + static of whole chips"
}

// Power is the mean power of the total over the time, in watts; ok is false
// if the time is 0 or nothing has a price.
func (r *Report) Power() (w Span, ok bool) {
	if !r.Used {
		return Span{}, false
	}
	return r.watts(r.Total)
}

func (r *Report) watts(b Band) (Span, bool) {
	if r.Time <= 0 {
		return Span{}, false
	}
	// yoctojoules / femtoseconds = nanowatts
	return b.over(new(big.Int).Mul(big.NewInt(int64(r.Time)), big.NewInt(1e9))), true
}

// PerInference is the total divided by the inferences, in joules; ok is false
// if the census states none.
func (r *Report) PerInference() (j Span, ok bool) {
	if r.Inferences <= 0 || !r.Used {
		return Span{}, false
	}
	return r.Total.per(r.Inferences), true
}

// PerCorrect is the total divided by the correct decisions, in joules; ok is
// false without inferences or accuracy.
func (r *Report) PerCorrect() (j Span, ok bool) {
	e, ok := r.PerInference()
	a := r.Context.Accuracy
	if !ok || a == nil || *a <= 0 {
		return Span{}, false
	}
	return Span{e.Low / *a, e.Nominal / *a, e.High / *a}, true
}

// EDP is the energy-delay product of one inference, in joule seconds: energy
// per inference times time per inference, inferences one after the other. ok
// is false without inferences or time.
func (r *Report) EDP() (js Span, ok bool) {
	e, ok := r.PerInference()
	if !ok || r.Time <= 0 {
		return Span{}, false
	}
	t := r.Time.Seconds() / float64(r.Inferences)
	return Span{e.Low * t, e.Nominal * t, e.High * t}, true
}

// PerEvent is the total divided by the synaptic events of all forms, in
// joules; ok is false if there were none.
func (r *Report) PerEvent() (j Span, ok bool) {
	n := new(big.Int)
	for _, v := range r.Synaptic {
		n.Add(n, big.NewInt(v))
	}
	if n.Sign() <= 0 || !r.Used {
		return Span{}, false
	}
	return r.Total.over(n.Mul(n, yoctoPerJoule)), true
}

// Brain compares with a brain of the report's budget in two ways that mean
// different things.
type Brain struct {
	Budget Nanowatts
	// PowerShare is the report's power over the budget. It says nothing about
	// the work done.
	PowerShare Span
	HasPower   bool
	// EventShare is the synaptic events per second that the budget would buy
	// at the report's energy per event, over the brain's estimated rate. Low
	// takes the high energy and the high rate.
	EventShare Span
	HasEvents  bool
	// EventsPerSecond is what the budget buys.
	EventsPerSecond Span
}

// Brain is the comparison of r with a brain that runs on r.Budget.
func (r *Report) Brain() Brain {
	b := Brain{Budget: r.Budget}
	if r.Budget <= 0 {
		return b
	}
	watts := r.Budget.Watts()
	if p, ok := r.Power(); ok {
		b.HasPower = true
		b.PowerShare = Span{p.Low / watts, p.Nominal / watts, p.High / watts}
	}
	e, ok := r.PerEvent()
	if !ok || e.Low <= 0 {
		return b
	}
	b.HasEvents = true
	b.EventsPerSecond = Span{watts / e.High, watts / e.Nominal, watts / e.Low}
	s := b.EventsPerSecond
	b.EventShare = Span{s.Low / BrainEventsHigh, s.Nominal / BrainEventsNominal, s.High / BrainEventsLow}
	return b
}
