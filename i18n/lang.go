package i18n

import (
	"slices"
	"strings"

	"github.com/tradekeel/tradekeel"
)

// Lang is a language tag of BCP 47 in its usual spelling: "en", "pt-BR",
// "zh-Hant-TW". Empty is no language.
type Lang string

// maxLang is the length that RFC 5646, section 4.4.1, asks everybody to hold.
const maxLang = 35

// ErrLang says that a text is not the tag of a language.
var ErrLang = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "i18n.lang", Field: "lang", Message: "is not a language tag"}

// ParseLang reads a tag and gives it its usual spelling: "PT-br" is pt-BR. It
// checks the shape of RFC 5646, section 2.1, and no register: "xx" passes. A tag
// begins with a language; grandfathered tags and those of private use alone
// ("i-klingon", "x-ours") are refused. ErrLang.
func ParseLang(text string) (Lang, error) {
	tag, ok := normalTag(text)
	if !ok {
		return "", ErrLang.With("lang", "must be a language tag such as en, pt-BR or zh-Hant-TW, got %.40q", text)
	}
	return tag, nil
}

// Base returns the language without script, region and the rest: zh of zh-Hant-TW.
func (l Lang) Base() Lang {
	base, _, _ := strings.Cut(string(l), "-")
	return Lang(base)
}

// shorter returns the tag that RFC 4647, section 3.4, looks up next: without its
// last part, and without a part of one letter that is last then. Empty ends it.
func (l Lang) shorter() Lang {
	s := string(l)
	s = s[:max(strings.LastIndexByte(s, '-'), 0)]
	if len(s) > 2 && s[len(s)-2] == '-' {
		s = s[:len(s)-2]
	}
	return Lang(s)
}

// normalTag walks along the grammar of RFC 5646:
//
//	language ["-" script] ["-" region] *("-" variant) *("-" extension) ["-" privateuse]
func normalTag(text string) (Lang, bool) {
	if len(text) > maxLang {
		return "", false
	}
	parts := strings.Split(strings.ToLower(text), "-")
	for _, p := range parts {
		if len(p) < 1 || len(p) > 8 || !isAll(p, isAlphanum) {
			return "", false
		}
	}
	language := parts[0]
	if len(language) < 2 || !isAll(language, isAlpha) {
		return "", false
	}
	i := 1
	next := func(fits func(string) bool) bool {
		if i < len(parts) && fits(parts[i]) {
			i++
			return true
		}
		return false
	}
	if len(language) <= 3 {
		for range 3 { // extended languages
			if !next(func(p string) bool { return len(p) == 3 && isAll(p, isAlpha) }) {
				break
			}
		}
	}
	if next(func(p string) bool { return len(p) == 4 && isAll(p, isAlpha) }) {
		parts[i-1] = strings.ToUpper(parts[i-1][:1]) + parts[i-1][1:]
	}
	if next(func(p string) bool { return len(p) == 2 && isAll(p, isAlpha) || len(p) == 3 && isAll(p, isDigit) }) {
		parts[i-1] = strings.ToUpper(parts[i-1])
	}
	first := i
	for next(func(p string) bool { return len(p) >= 5 || len(p) == 4 && isDigit(p[0]) }) {
		if slices.Contains(parts[first:i-1], parts[i-1]) {
			return "", false
		}
	}
	if !extensions(parts[i:]) {
		return "", false
	}
	return Lang(strings.Join(parts, "-")), true
}

// extensions checks what follows the variants: each a letter or digit of its own,
// then parts of two or more; after x whatever there is, if anything.
func extensions(parts []string) bool {
	seen := map[string]bool{}
	for len(parts) > 0 {
		single := parts[0]
		if len(single) != 1 || seen[single] {
			return false
		}
		if single == "x" {
			return len(parts) > 1
		}
		seen[single] = true
		n := 1
		for n < len(parts) && len(parts[n]) > 1 {
			n++
		}
		if n == 1 {
			return false
		}
		parts = parts[n:]
	}
	return true
}

func isAlpha(c byte) bool { return 'a' <= c && c <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isAlphanum(c byte) bool { return isAlpha(c) || isDigit(c) }

func isAll(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}
