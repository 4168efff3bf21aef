// Package page writes one self-contained HTML page of text, tables and
// pictures. Pictures are SVG inside the page; nothing is loaded from elsewhere
// and no script runs. The same calls give the same bytes.
package page

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxSections is the greatest number of sections of one page.
const MaxSections = 1000

// MaxTableRows is the number of rows of a table that are written; a sentence
// under the table says how many were left out.
const MaxTableRows = 2000

// MaxTableColumns is the greatest number of columns of a table.
const MaxTableColumns = 200

// Page is a page under construction. Sections appear in the order of the
// calls. Slices that are handed over must not change before Render. A Page is
// not safe for concurrent use.
type Page struct {
	Title    string // the page's title and first heading
	Subtitle string // a line under it, may be empty

	sections []section
}

// section is a headed part of a page.
type section struct {
	heading string
	body    body
}

// body writes the HTML of a section; id is unique in the page.
type body interface {
	write(b *bytes.Buffer, id string) error
}

// New starts a page.
func New(title, subtitle string) *Page {
	return &Page{Title: title, Subtitle: subtitle}
}

// Text adds paragraphs, which empty lines in body part. Other line breaks are
// kept.
func (p *Page) Text(heading, body string) { p.add(heading, prose(body)) }

// Table adds a table. Every row has as many cells as header; columns of
// numbers are set flush right. An empty header is left out.
func (p *Page) Table(heading string, header []string, rows [][]string) {
	p.add(heading, table{header, rows})
}

// Raster adds a picture of spikes over time.
func (p *Page) Raster(heading string, r Raster) { p.add(heading, r) }

// Lines adds a picture of curves over a common axis.
func (p *Page) Lines(heading, xlabel, ylabel string, series []Series) {
	p.add(heading, curves{xlabel, ylabel, series})
}

// Bars adds a picture of bars with their bounds. The axis is logarithmic when
// all values are at least zero and the greatest is more than a thousand times
// the least that is not zero.
func (p *Page) Bars(heading, unit string, bars []Bar) {
	p.add(heading, barChart{unit, bars})
}

// Cores adds a picture of the tile grid, coloured by load.
func (p *Page) Cores(heading string, c CoreLoad) { p.add(heading, c) }

// write writes the body; should the plot library give up, that is an error.
func (s section) write(b *bytes.Buffer, id string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot be drawn: %v", r)
		}
	}()
	return s.body.write(b, id)
}

func (p *Page) add(heading string, b body) {
	if len(p.sections) <= MaxSections {
		p.sections = append(p.sections, section{heading, b})
	}
}

// Render writes the page to w. Nothing is written if a section is faulty: a
// number that is not finite, a reference out of range, lists of different
// length. All faulty sections are reported.
func (p *Page) Render(w io.Writer) error {
	if len(p.sections) > MaxSections {
		return fmt.Errorf("page: more than %d sections", MaxSections)
	}
	var b bytes.Buffer
	p.head(&b)
	var faults []error
	for i, s := range p.sections {
		id := fmt.Sprintf("s%d", i+1)
		fmt.Fprintf(&b, "<section id=\"%s\">\n", id)
		if s.heading != "" {
			fmt.Fprintf(&b, "<h2>%s</h2>\n", escape(s.heading))
		}
		if err := s.write(&b, id); err != nil {
			faults = append(faults, fmt.Errorf("page: section %d %q: %w", i+1, s.heading, err))
		}
		b.WriteString("</section>\n")
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	b.WriteString("</main>\n</body>\n</html>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// head writes everything above the first section. Three and more sections get
// a list of contents.
func (p *Page) head(b *bytes.Buffer) {
	title := p.Title
	if strings.TrimSpace(title) == "" {
		title = "Report"
	}
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	b.WriteString("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
	b.WriteString("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
	fmt.Fprintf(b, "<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", escape(oneLine(title)), sheet)
	fmt.Fprintf(b, "<header>\n<h1>%s</h1>\n", escape(title))
	if p.Subtitle != "" {
		fmt.Fprintf(b, "<p class=\"sub\">%s</p>\n", escape(p.Subtitle))
	}
	b.WriteString("</header>\n")
	if len(p.sections) < 3 {
		return
	}
	b.WriteString("<nav aria-label=\"Contents\">\n<ul>\n")
	for i, s := range p.sections {
		if s.heading == "" {
			continue
		}
		fmt.Fprintf(b, "<li><a href=\"#s%d\">%s</a></li>\n", i+1, escape(s.heading))
	}
	b.WriteString("</ul>\n</nav>\n")
}
