//go:build !linux

package bench

import "time"

// cpuTime is not known on this system: rates are of wall time, and said so.
func cpuTime(int) time.Duration { return 0 }

func cpuClock(int) string { return noClock }

func loadAverage() string { return "not known" }

func peakBytes() int64 { return 0 }
