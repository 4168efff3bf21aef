package page

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"unicode/utf8"
)

// sheet is the style of the page: dark text on white, one column.
const sheet = `:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:#1b1f24;font:16px/1.5 "Liberation Sans",Arial,Helvetica,sans-serif}
main{max-width:960px;margin:0 auto;padding:28px 20px 56px}
header{border-bottom:2px solid #0b5394;padding-bottom:10px;margin-bottom:14px}
h1{font-size:28px;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:20px;line-height:1.3;margin:36px 0 8px;overflow-wrap:anywhere}
p{margin:0 0 10px;max-width:76ch;overflow-wrap:anywhere;white-space:pre-line}
.sub,.note,figcaption{color:#4b535d}
.note,figcaption{font-size:14px}
.sub{margin:0}
nav ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:2px 18px;font-size:14px}
a{color:#0b5394}
figure{margin:0 0 12px}
figcaption{margin-top:4px;max-width:90ch}
figure svg{display:block;width:100%;height:auto}
.key{list-style:none;margin:0 0 6px;padding:0;display:flex;flex-wrap:wrap;gap:2px 18px;font-size:14px}
.key li{display:flex;align-items:center;gap:6px;overflow-wrap:anywhere}
.key svg{width:28px;height:8px;flex:none}
.wide{overflow-x:auto;margin-bottom:10px}
table{border-collapse:collapse;font-size:14px}
th,td{padding:4px 14px 4px 8px;text-align:left;vertical-align:top;border-bottom:1px solid #d9dee4}
th{background:#f1f4f7;border-bottom:2px solid #b7c0ca}
tbody tr:nth-child(even) td{background:#fafbfc}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
details{font-size:14px;margin-bottom:10px}
summary{cursor:pointer;color:#0b5394;margin-bottom:6px}
@media print{main{max-width:none;padding:0}section{break-inside:avoid-page}nav{display:none}}
`

// escape makes text safe inside elements and quoted attributes of HTML and
// XML. Bytes that are no UTF-8 and runes that XML does not allow become U+FFFD.
func escape(s string) string { return html.EscapeString(clean(s)) }

// clean replaces what XML cannot carry.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return r
		case r == '\r':
			return -1
		case r < 0x20, r >= 0x7f && r < 0xa0, r >= 0xd800 && r < 0xe000, r&0xfffe == 0xfffe:
			return utf8.RuneError
		}
		return r
	}, s)
}

// oneLine turns every run of white space into one blank.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// short is s on one line, cut to n runes.
func short(s string, n int) string {
	r := []rune(oneLine(s))
	if len(r) <= n {
		return string(r)
	}
	return strings.TrimRight(string(r[:n-1]), " ") + "…"
}

// note writes a sentence about a picture or a table.
func note(b *bytes.Buffer, format string, args ...any) {
	fmt.Fprintf(b, "<p class=\"note\">%s</p>\n", escape(fmt.Sprintf(format, args...)))
}

// prose is plain text.
type prose string

func (t prose) write(b *bytes.Buffer, _ string) error {
	text := strings.ReplaceAll(string(t), "\r\n", "\n")
	for _, para := range strings.Split(text, "\n\n") {
		if para = strings.Trim(para, "\n"); strings.TrimSpace(para) != "" {
			fmt.Fprintf(b, "<p>%s</p>\n", escape(para))
		}
	}
	return nil
}

// table is a header and rows of the same width.
type table struct {
	header []string
	rows   [][]string
}

func (t table) write(b *bytes.Buffer, _ string) error {
	width := len(t.header)
	if width == 0 && len(t.rows) > 0 {
		width = len(t.rows[0])
	}
	if width > MaxTableColumns {
		return fmt.Errorf("table of %d columns, limit %d", width, MaxTableColumns)
	}
	for i, row := range t.rows {
		if len(row) != width {
			return fmt.Errorf("table row %d has %d cells, need %d", i+1, len(row), width)
		}
	}
	if len(t.rows) == 0 || width == 0 {
		note(b, "This table has no rows.")
		return nil
	}
	shown := t.rows[:min(len(t.rows), MaxTableRows)]
	t.grid(b, shown, numericColumns(shown, width))
	if len(shown) < len(t.rows) {
		note(b, "The first %d of %d rows are shown.", len(shown), len(t.rows))
	}
	return nil
}

// grid writes the table element.
func (t table) grid(b *bytes.Buffer, rows [][]string, numeric []bool) {
	b.WriteString("<div class=\"wide\">\n<table>\n")
	if len(t.header) > 0 {
		b.WriteString("<thead>\n<tr>")
		for i, h := range t.header {
			fmt.Fprintf(b, "<th scope=\"col\"%s>%s</th>", class(numeric[i]), escape(h))
		}
		b.WriteString("</tr>\n</thead>\n")
	}
	b.WriteString("<tbody>\n")
	for _, row := range rows {
		b.WriteString("<tr>")
		for i, cell := range row {
			fmt.Fprintf(b, "<td%s>%s</td>", class(numeric[i]), escape(cell))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody>\n</table>\n</div>\n")
}

func class(numeric bool) string {
	if numeric {
		return ` class="n"`
	}
	return ""
}

// numericColumns tells for each column whether all its cells that are not
// empty begin with a number, and at least one does.
func numericColumns(rows [][]string, width int) []bool {
	out := make([]bool, width)
	for c := range out {
		for _, row := range rows {
			cell := strings.TrimSpace(row[c])
			if cell == "" || cell == "-" || cell == "–" {
				continue
			}
			if out[c] = startsNumber(cell); !out[c] {
				break
			}
		}
	}
	return out
}

func startsNumber(s string) bool {
	s = strings.TrimLeft(s, "+-−<>≤≥~±. ")
	return s != "" && s[0] >= '0' && s[0] <= '9'
}
