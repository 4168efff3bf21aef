package bench

// draw is number k, counted from 1, of the splitmix64 stream that starts at s
// (Steele, Lea and Flood 2014). It is a function of both, so that networks can
// be built in any order and by other programs.
func draw(s, k uint64) uint64 {
	z := s + k*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below brings a draw to 0..n-1; its bias is under n/2^53.
func below(x uint64, n int) int { return int((x >> 11) % uint64(n)) }

// The streams of the workloads. Networks that peers build too must keep them.
const (
	streamList   = 101 // W1: target and weight
	streamBias   = 102
	streamStart  = 103
	streamDense  = 200 // W2: plus the layer
	streamPixel  = 210
	streamPair   = 301 // W3: is a pair linked
	streamBig    = 401
	streamCross  = 501 // crossbar points
	streamRows   = 502 // and the neurons behind them
	streamKernel = 601
	streamEvents = 602
	streamPlain  = 701 // inputs of the plain kernel
	streamLines  = 702
	streamLearn  = 801
	streamSweep  = 901
)
