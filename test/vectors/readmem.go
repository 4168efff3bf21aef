package vectors

import (
	"bufio"
	"bytes"
	"fmt"
	"math/big"
	"strings"
)

// ReadMem reads a memory image as $readmemh does: hexadecimal words between
// blanks, _ within them, @address, comments. It gives the words from address 0
// on in chunks of 64 bits. Name is for errors.
func ReadMem(b []byte, name string, words, bits int) ([]uint64, error) {
	n, low := Chunks(bits), new(big.Int).SetUint64(1<<64-1)
	var out []uint64
	at, line, inside := 0, 0, false
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line++
		text := uncomment(sc.Text(), &inside)
		for _, tok := range strings.Fields(text) {
			digits, isAddress := strings.CutPrefix(tok, "@")
			x, ok := new(big.Int).SetString(strings.ReplaceAll(digits, "_", ""), 16)
			switch {
			case !ok || x.Sign() < 0 || digits[0] == '+':
				return nil, fmt.Errorf("%s:%d: vectors: %q, need a hexadecimal number", name, line, tok)
			case isAddress && (!x.IsInt64() || x.Int64() > int64(words)):
				return nil, fmt.Errorf("%s:%d: vectors: address %q, the memory has %d words", name, line, tok, words)
			case isAddress:
				at = int(x.Int64())
				continue
			case at >= words:
				return nil, fmt.Errorf("%s:%d: vectors: word %d, the memory has %d", name, line, at, words)
			case x.BitLen() > bits:
				return nil, fmt.Errorf("%s:%d: vectors: word %q, need %d bits", name, line, tok, bits)
			}
			for len(out) < (at+1)*n {
				out = append(out, 0)
			}
			for k := range n {
				out[at*n+k] = new(big.Int).And(new(big.Int).Rsh(x, uint(64*k)), low).Uint64()
			}
			at++
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: vectors: %w", name, line+1, err)
	}
	return out, nil
}

// uncomment removes // and /* */ from a line; inside says that a comment of the
// second kind goes on.
func uncomment(s string, inside *bool) string {
	var out strings.Builder
	for s != "" {
		if *inside {
			_, rest, found := strings.Cut(s, "*/")
			if !found {
				return out.String()
			}
			*inside, s = false, " "+rest
			continue
		}
		i := strings.Index(s, "/")
		if i < 0 || i+1 == len(s) || s[i+1] != '/' && s[i+1] != '*' {
			out.WriteString(s)
			return out.String()
		}
		out.WriteString(s[:i])
		if s[i+1] == '/' {
			return out.String()
		}
		*inside, s = true, s[i+2:]
	}
	return out.String()
}
