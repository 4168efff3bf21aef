package chip

import "hillock/core/learn"

// codeLearnState codes what learning changes.
func codeLearnState(c *codec, s *learn.State) {
	for space := range s.Words {
		codeRows(c, &s.Words[space], "learning words")
	}
	codeRows(c, &s.Past, "words of the past")
	ints(c, &s.Len, "entries of the past")
}
