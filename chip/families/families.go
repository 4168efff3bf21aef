// Package families holds the chip descriptions that come with the program:
// JSON, microcode and energy tables. It is data; the one function reads it.
package families

import (
	"embed"
	"fmt"
)

// FS holds every file, by plain name: NAME.json is a description,
// NAME.energy.json an energy table, *.uasm microcode.
//
//go:embed *.json *.uasm
var FS embed.FS

// EnergyTable is the energy table of an embedded description, as JSON.
func EnergyTable(name string) ([]byte, error) {
	b, err := FS.ReadFile(name + ".energy.json")
	if err != nil {
		return nil, fmt.Errorf("families: no energy table of %q", name)
	}
	return b, nil
}
