package synapse

//go:generate sh -c "cd asmgen && go run . -out ../synapse_amd64.s"

import (
	"os"

	"golang.org/x/sys/cpu"
)

// vector says whether the assembly runs. HILLOCK_NOSIMD=1 turns it off.
var vector = cpu.X86.HasAVX2 && cpu.X86.HasBMI2 && os.Getenv("HILLOCK_NOSIMD") == ""

// wide says whether masked rows have a loop.
var wide = vector && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VBMI2 && cpu.X86.HasPOPCNT

//go:noescape
func maskedAVX512(acc *int32, arena *byte, items *uint32, n, ahead, cols int)

//go:noescape
func gapAVX2(acc *int32, arena *byte, items *uint32, n, ahead int)

//go:noescape
func nearAVX2(acc *int32, arena *byte, items *uint32, n, ahead, total int)

//go:noescape
func rowsAVX2(acc *int32, rows *byte, items *uint32, n, cols int)

//go:noescape
func crossAVX2(acc *int32, bits, mant *byte, items *uint32, n, cols int)

//go:noescape
func patchAVX2(acc *int32, w *int16, rows, step, wStep, columns, cStep, wcStep int)

//go:noescape
func gapAxonsAVX2(acc *int32, arena *byte, refs *uint32, nRefs int, kinds *uint32, packets *uint16, n, ahead, slot, total int, sums *int64)

//go:noescape
func pairAVX2(acc *int32, arena *byte, items *uint32, n, ahead int)

//go:noescape
func pairAxonsAVX2(acc *int32, arena *byte, refs *uint32, nRefs int, kinds *uint32, packets *uint16, n, ahead, slot, total int, sums *int64)
