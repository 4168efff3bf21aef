// Package page makes one self-contained HTML page of texts, tables and plots:
// no script, no outside file, inline SVG. Equal calls give equal bytes.
package page

import (
	"bufio"
	"fmt"
	"html/template"
	"io"
	"strings"
)

// Page collects blocks and renders them in order. The zero value is ready. All
// text is plain text and is escaped.
type Page struct {
	Title    string
	Subtitle string
	blocks   []block
}

// block is one part of a page, below its heading.
type block struct {
	Heading string
	Paras   []string
	Head    []cell
	Rows    [][]cell
	SVG     template.HTML // made by this package only
	Note    string
}

type cell struct {
	Text  string
	Right bool // a column of numbers
}

// AddText adds paragraphs, which empty lines separate. The heading may be empty.
func (p *Page) AddText(heading, text string) {
	var paras []string
	for _, s := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if s = strings.TrimSpace(s); s != "" {
			paras = append(paras, s)
		}
	}
	p.blocks = append(p.blocks, block{Heading: heading, Paras: paras})
}

// AddTable adds a table. Rows may be shorter or longer than the head; columns
// of which every cell starts like a number stand right.
func (p *Page) AddTable(heading string, head []string, rows [][]string) {
	width := len(head)
	for _, r := range rows {
		width = max(width, len(r))
	}
	right := make([]bool, width)
	for c := range right {
		right[c] = numeric(rows, c)
	}
	line := func(r []string) []cell {
		out := make([]cell, width)
		for c := range out {
			out[c].Right = right[c]
			if c < len(r) {
				out[c].Text = r[c]
			}
		}
		return out
	}
	b := block{Heading: heading}
	if len(head) > 0 {
		b.Head = line(head)
	}
	for _, r := range rows {
		b.Rows = append(b.Rows, line(r))
	}
	p.blocks = append(p.blocks, b)
}

// numeric tells whether the filled cells of a column all start like a number.
func numeric(rows [][]string, c int) bool {
	some := false
	for _, r := range rows {
		if c >= len(r) || r[c] == "" || r[c] == "-" {
			continue
		}
		s := strings.TrimLeft(r[c], "+-−±~<≤")
		if s == "" || s[0] < '0' || s[0] > '9' {
			return false
		}
		some = true
	}
	return some
}

// addPlot adds a plot with a line below it.
func (p *Page) addPlot(heading string, svg []byte, note string) {
	p.blocks = append(p.blocks, block{Heading: heading, SVG: template.HTML(svg), Note: note})
}

// Render writes the page.
func (p *Page) Render(w io.Writer) error {
	out := bufio.NewWriter(w)
	err := layout.Execute(out, struct {
		Title, Subtitle string
		Blocks          []block
	}{p.Title, p.Subtitle, p.blocks})
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

var layout = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}</title>
<style>
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 60rem; background: #fff; color: #22282e;
  font: 15px/1.5 "Liberation Sans", Arial, Helvetica, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 2.2rem 0 .6rem; padding-top: .8rem; border-top: 1px solid #e3e7ea; font-size: 1.1rem; }
p { margin: .5rem 0; overflow-wrap: anywhere; white-space: pre-line; }
p.subtitle, p.note { color: #66707a; }
p.note { margin: .2rem 0 0; font-size: .85rem; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; }
th, td { padding: .28rem .9rem .28rem 0; border-bottom: 1px solid #e9edf0; text-align: left; vertical-align: top; }
th { color: #66707a; font-weight: 600; border-bottom-color: #c9d0d6; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { display: block; width: 100%; height: auto; }
@media print { body { padding: 0; max-width: none; } section { break-inside: avoid; } }
</style>
</head>
<body>
<h1>{{.Title}}</h1>
{{- with .Subtitle}}
<p class="subtitle">{{.}}</p>
{{- end}}
{{- range .Blocks}}
<section>
{{- with .Heading}}
<h2>{{.}}</h2>
{{- end}}
{{- range .Paras}}
<p>{{.}}</p>
{{- end}}
{{- if or .Head .Rows}}
<div class="wide"><table>
{{- if .Head}}
<thead><tr>{{range .Head}}<th{{if .Right}} class="n"{{end}}>{{.Text}}</th>{{end}}</tr></thead>
{{- end}}
<tbody>
{{- range .Rows}}
<tr>{{range .}}<td{{if .Right}} class="n"{{end}}>{{.Text}}</td>{{end}}</tr>
{{- end}}
</tbody></table></div>
{{- end}}
{{- with .SVG}}
{{.}}
{{- end}}
{{- with .Note}}
<p class="note">{{.}}</p>
{{- end}}
</section>
{{- end}}
</body>
</html>
`))
