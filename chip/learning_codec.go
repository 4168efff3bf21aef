package chip

import "hillock/core/learn"

// codeLearnState codes what learning changes.
func codeLearnState(c *codec, s *learn.State) {
	for space := range s.Words {
		codeRows(c, &s.Words[space], "learning words")
	}
}
