//go:build !amd64

package synapse

// vector says whether the assembly runs: there is none here.
var vector = false

// wide says whether masked rows have a loop.
var wide = false

func maskedAVX512(*int32, *byte, *uint32, int, int, int) {}

func gapAVX2(*int32, *byte, *uint32, int, int) {}

func nearAVX2(*int32, *byte, *uint32, int, int, int) {}

func rowsAVX2(*int32, *byte, *uint32, int, int) {}

func crossAVX2(*int32, *byte, *byte, *uint32, int, int) {}

func patchAVX2(*int32, *int16, int, int, int, int, int, int) {}

func gapAxonsAVX2(*int32, *byte, *uint32, int, *uint32, *uint16, int, int, int, int, *int64) {}

func pairAVX2(*int32, *byte, *uint32, int, int) {}

func pairAxonsAVX2(*int32, *byte, *uint32, int, *uint32, *uint16, int, int, int, int, *int64) {}
