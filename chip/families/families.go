// Package families holds the chip descriptions that come with the program:
// JSON, microcode and energy tables. It is data.
package families

import "embed"

// FS holds every file, by plain name: NAME.json is a description,
// NAME.energy.json an energy table, *.uasm microcode.
//
//go:embed *.json *.uasm
var FS embed.FS
