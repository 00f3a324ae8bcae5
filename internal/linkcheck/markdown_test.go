package linkcheck

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// link is one link of a page.
type link struct {
	line   int
	target string
}

var (
	fence      = regexp.MustCompile("^ {0,3}(```+|~~~+)")
	codeSpan   = regexp.MustCompile("`[^`]*`")
	inlineLink = regexp.MustCompile(`\]\(\s*<?([^)<>\s]+)>?(?:\s+["'][^)]*["'])?\s*\)`)
	reference  = regexp.MustCompile(`^ {0,3}\[[^\]]+\]:\s+<?([^<>\s]+)>?`)
	attribute  = regexp.MustCompile(`(?i)\b(?:href|src)\s*=\s*"([^"]+)"`)
	heading    = regexp.MustCompile(`^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$`)
	named      = regexp.MustCompile(`(?i)\b(?:id|name)\s*=\s*"([^"]+)"`)
	linkText   = regexp.MustCompile(`!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])?`)
)

// prose calls fn with each line of a page that is not inside a code block.
func prose(page string, fn func(number int, line string)) {
	open := ""
	number := 0
	for line := range strings.Lines(page) {
		number++
		line = strings.TrimRight(line, "\r\n")
		mark := ""
		if match := fence.FindStringSubmatch(line); match != nil {
			mark = match[1]
		}
		switch {
		case open == "" && mark != "":
			open = mark
		case open == "":
			fn(number, line)
		case strings.HasPrefix(mark, open) && strings.Trim(line, " `~") == "":
			open = ""
		}
	}
}

// links returns the links of a page.
func links(page string) []link {
	var found []link
	prose(page, func(number int, line string) {
		line = codeSpan.ReplaceAllString(line, "``")
		for _, pattern := range []*regexp.Regexp{inlineLink, reference, attribute} {
			for _, match := range pattern.FindAllStringSubmatch(line, -1) {
				found = append(found, link{number, match[1]})
			}
		}
	})
	return found
}

// anchors returns the names that a link into the page may use: those of its
// headings, as repository sites make them, and ids given by hand.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	prose(page, func(_ int, line string) {
		if match := heading.FindStringSubmatch(line); match != nil {
			slug := slugOf(match[1])
			name := slug
			for n := 1; found[name]; n++ {
				name = slug + "-" + strconv.Itoa(n)
			}
			found[name] = true
		}
		for _, match := range named.FindAllStringSubmatch(codeSpan.ReplaceAllString(line, ""), -1) {
			found[match[1]] = true
		}
	})
	return found
}

// slugOf turns the text of a heading into its anchor: lower case, spaces to
// hyphens, everything else that is no letter, digit, hyphen or underscore gone.
func slugOf(text string) string {
	text = linkText.ReplaceAllString(text, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}
