package bench

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is the CPU time used so far: of this thread for one worker, else of
// the process. On a shared machine wall time measures the others too.
func cpuTime(workers int) time.Duration {
	clock := int32(unix.CLOCK_THREAD_CPUTIME_ID)
	if workers > 1 {
		clock = unix.CLOCK_PROCESS_CPUTIME_ID
	}
	var ts unix.Timespec
	if unix.ClockGettime(clock, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// cpuClock names what cpuTime measures.
func cpuClock(workers int) string {
	if workers > 1 {
		return "process"
	}
	return "thread"
}

// loadAverage is the system's load over 1, 5 and 15 minutes.
func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(b)); err == nil && len(f) >= 3 {
		return strings.Join(f[:3], " ")
	}
	return "not known"
}

// peakBytes is the most memory that the process has had in use.
func peakBytes() int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		var kb int64
		if n, _ := fmt.Sscanf(in.Text(), "VmHWM: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}
