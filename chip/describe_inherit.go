package chip

import (
	"fmt"
	"strings"
)

// descMaxChain bounds how many descriptions or groups may inherit in a row.
const descMaxChain = 8

// descOwn are the fields that every file states for itself: what a file
// changes was not proven by what its parent was proven against.
var descOwn = [...]string{"name", "title", "fidelity"}

// descOpen opens a file that a description names: a plain name, so that a
// description cannot reach outside its own directory.
func descOpen(src Files, name string) ([]byte, error) {
	if name == "" || name[0] == '.' || strings.ContainsAny(name, "/\\:") || len(name) > 128 {
		return nil, fmt.Errorf("file name %q, need a plain name without a directory", name)
	}
	return src.Open(name)
}

// descFile is the file of a description's name.
func descFile(name string) string {
	if strings.HasSuffix(name, ".json") {
		return name
	}
	return name + ".json"
}

// descTree reads a description with everything that it inherits. chain are
// the files that led here.
func descTree(name string, src Files, chain []string) (*descNode, error) {
	file := descFile(name)
	b, err := descOpen(src, file)
	if err != nil {
		return nil, fmt.Errorf("chip: description %q: %w", name, err)
	}
	root, err := descParse(b, file)
	if err != nil {
		return nil, err
	}
	if root.kind != descObject {
		return nil, root.at.errorf("need an object, have %s", root.kind)
	}
	parent := root.member("inherits")
	if parent == nil {
		return root, nil
	}
	chain = append(chain, file)
	base, err := descParent(parent, src, chain)
	if err != nil {
		return nil, err
	}
	for _, own := range descOwn {
		base.drop(own)
	}
	return descMerge(base, root)
}

func descParent(n *descNode, src Files, chain []string) (*descNode, error) {
	if n.kind != descString {
		return nil, n.at.errorf("inherits: need a string, have %s", n.kind)
	}
	for _, c := range chain {
		if c == descFile(n.text) {
			return nil, n.at.errorf("inherits %q, which inherits this file (%s)", n.text, strings.Join(chain, " -> "))
		}
	}
	if len(chain) == descMaxChain {
		return nil, n.at.errorf("inherits %q: %d files in a row, need at most %d", n.text, len(chain)+1, descMaxChain)
	}
	if _, err := descOpen(src, descFile(n.text)); err != nil {
		return nil, n.at.errorf("inherits %q: %w", n.text, err)
	}
	return descTree(n.text, src, chain)
}

// drop removes a member.
func (n *descNode) drop(name string) {
	for i, k := range n.keys {
		if k.name == name {
			n.keys = append(n.keys[:i:i], n.keys[i+1:]...)
			n.kids = append(n.kids[:i:i], n.kids[i+1:]...)
			return
		}
	}
}

// descMerge lays over on base: members of objects one by one, everything else
// as a whole; null removes what base has. Neither argument is changed.
func descMerge(base, over *descNode) (*descNode, error) {
	if base.kind != descObject || over.kind != descObject {
		return over, nil
	}
	out := &descNode{at: over.at, kind: descObject}
	for i, k := range base.keys {
		kid, at := base.kids[i], k.at
		for j, o := range over.keys {
			if o.name != k.name {
				continue
			}
			at = o.at
			var err error
			if kid, err = descMerge(kid, over.kids[j]); err != nil {
				return nil, err
			}
		}
		if kid.kind != descNull {
			out.keys, out.kids = append(out.keys, descKey{k.name, at}), append(out.kids, kid)
		}
	}
	for j, o := range over.keys {
		if base.member(o.name) != nil {
			continue
		}
		if over.kids[j].kind == descNull {
			return nil, over.kids[j].at.errorf("null removes %q, but nothing of that name is inherited", o.name)
		}
		out.keys, out.kids = append(out.keys, o), append(out.kids, over.kids[j])
	}
	return out, nil
}

// descGroups replaces every group (or learning model) that inherits by the
// merged one. The member "inherits" stays, for reports.
func descGroups(root *descNode, section, list string) error {
	c := root.member(section)
	if c == nil || c.kind != descObject {
		return nil
	}
	groups := c.member(list)
	if groups == nil || groups.kind != descObject {
		return nil
	}
	done := make([]bool, len(groups.kids))
	for i := range groups.kids {
		if err := descGroup(groups, i, done, nil); err != nil {
			return err
		}
	}
	return nil
}

// descGroup settles group i; chain are the groups that wait for it.
func descGroup(groups *descNode, i int, done []bool, chain []int) error {
	g := groups.kids[i]
	if done[i] || g.kind != descObject || g.member("inherits") == nil {
		done[i] = true
		return nil
	}
	from := g.member("inherits")
	if from.kind != descString {
		return from.at.errorf("inherits: need a string, have %s", from.kind)
	}
	chain = append(chain, i)
	if len(chain) > descMaxChain {
		return from.at.errorf("inherits %q: more than %d groups in a row", from.text, descMaxChain)
	}
	for k, key := range groups.keys {
		if key.name != from.text {
			continue
		}
		for _, c := range chain {
			if c == k {
				return from.at.errorf("group %q inherits %q, which inherits it", groups.keys[i].name, from.text)
			}
		}
		if err := descGroup(groups, k, done, chain); err != nil {
			return err
		}
		merged, err := descMerge(groups.kids[k], g)
		groups.kids[i], done[i] = merged, true
		return err
	}
	return from.at.errorf("group %q inherits %q, which does not exist", groups.keys[i].name, from.text)
}
