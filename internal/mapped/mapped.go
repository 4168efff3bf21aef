// Package mapped reads large files without copying them: where the system can,
// their pages stay in the file cache and are not memory of the program.
package mapped

import (
	"fmt"
	"os"
	"runtime/debug"
)

// File gives the bytes of an open regular file of n bytes, which the caller
// must not change. They stay valid until the program ends. ok is false where
// the system cannot map files: then nothing happened.
func File(f *os.File, n int64) (b []byte, ok bool) {
	if n <= 0 || n != int64(int(n)) {
		return nil, false
	}
	return mapFile(f, int(n))
}

// Guard runs fn, which reads mapped bytes. A file that another program cuts
// short meanwhile is an error instead of a crash.
func Guard(name string, fn func() error) (err error) {
	was := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(was)
		if r := recover(); r != nil {
			fault, isFault := r.(interface{ Addr() uintptr })
			if !isFault {
				panic(r)
			}
			err = fmt.Errorf("%s: the file changed while it was read (at address %#x)", name, fault.Addr())
		}
	}()
	return fn()
}
