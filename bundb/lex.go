package bundb

import (
	"slices"
	"strings"
)

// A statement is read twice at the border: once in a single pass without
// allocation to learn what it does and which tables it names, and, only when one
// of those tables holds users' rows, again as a tree (scope.go).

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenWord             // unquoted identifier or keyword, lower case
	tokenIdent            // quoted identifier, lower case
	tokenString           // string literal; text is what stands between the quotes
	tokenNumber           //
	tokenParam            // ?, $1, :name
	tokenPunct            // one character, or ::
	tokenBroken           // an unfinished quote or comment
)

type token struct {
	kind tokenKind
	text string
}

// word reports whether t is the given unquoted word.
func (t token) word(w string) bool { return t.kind == tokenWord && t.text == w }

// punct reports whether t is the given punctuation.
func (t token) punct(p string) bool { return t.kind == tokenPunct && t.text == p }

// name reports whether t can name a table, a column or an alias.
func (t token) name() bool { return t.kind == tokenWord || t.kind == tokenIdent }

type lexer struct {
	sql      string
	at       int
	postgres bool // E'…' and $tag$…$tag$ strings, nested comments
}

func isWordStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (l *lexer) next() token {
	for l.at < len(l.sql) {
		c := l.sql[l.at]
		switch {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v':
			l.at++
		case c == '-' && strings.HasPrefix(l.sql[l.at:], "--"):
			end := strings.IndexByte(l.sql[l.at:], '\n')
			if end < 0 {
				l.at = len(l.sql)
			} else {
				l.at += end + 1
			}
		case c == '/' && strings.HasPrefix(l.sql[l.at:], "/*"):
			if !l.skipComment() {
				return token{kind: tokenBroken}
			}
		default:
			return l.token(c)
		}
	}
	return token{}
}

func (l *lexer) skipComment() bool {
	depth := 0
	for l.at < len(l.sql) {
		rest := l.sql[l.at:]
		switch {
		case strings.HasPrefix(rest, "/*") && (depth == 0 || l.postgres):
			depth++
			l.at += 2
		case strings.HasPrefix(rest, "*/"):
			depth--
			l.at += 2
			if depth == 0 {
				return true
			}
		default:
			l.at++
		}
	}
	return false
}

func (l *lexer) token(c byte) token {
	start := l.at
	switch {
	case c == '\'':
		return l.quoted('\'', tokenString, false)
	case c == '"':
		return l.quoted('"', tokenIdent, false)
	case c == '`' && !l.postgres:
		return l.quoted('`', tokenIdent, false)
	case c == '[' && !l.postgres:
		end := strings.IndexByte(l.sql[l.at:], ']')
		if end < 0 {
			l.at = len(l.sql)
			return token{kind: tokenBroken}
		}
		l.at += end + 1
		return token{tokenIdent, strings.ToLower(l.sql[start+1 : l.at-1])}
	case c == '$' && l.postgres && (l.at+1 >= len(l.sql) || !isDigit(l.sql[l.at+1])):
		return l.dollar()
	case c == '?' || c == '$' || c == ':' && l.at+1 < len(l.sql) && isWordStart(l.sql[l.at+1]):
		l.at++
		l.word()
		return token{tokenParam, l.sql[start:l.at]}
	case isDigit(c) || c == '.' && l.at+1 < len(l.sql) && isDigit(l.sql[l.at+1]):
		l.at++
		for l.at < len(l.sql) && (isDigit(l.sql[l.at]) || l.sql[l.at] == '.' || isWordStart(l.sql[l.at])) {
			l.at++
		}
		return token{tokenNumber, l.sql[start:l.at]}
	case isWordStart(c):
		l.word()
		if l.at < len(l.sql) && l.sql[l.at] == '\'' && l.at == start+1 {
			switch c | 0x20 {
			case 'e':
				return l.quoted('\'', tokenString, l.postgres)
			case 'x', 'b', 'n':
				return l.quoted('\'', tokenString, false)
			}
		}
		return token{tokenWord, strings.ToLower(l.sql[start:l.at])}
	case c == ':' && strings.HasPrefix(l.sql[l.at:], "::"):
		l.at += 2
		return token{tokenPunct, "::"}
	default:
		l.at++
		return token{tokenPunct, l.sql[start:l.at]}
	}
}

func (l *lexer) word() {
	for l.at < len(l.sql) && (isWordStart(l.sql[l.at]) || isDigit(l.sql[l.at]) || l.sql[l.at] == '$') {
		l.at++
	}
}

// quoted reads up to the closing quote; a doubled quote is one of them, and with
// escapes a backslash takes the next character with it.
func (l *lexer) quoted(quote byte, kind tokenKind, escapes bool) token {
	l.at++
	start := l.at
	for l.at < len(l.sql) {
		switch c := l.sql[l.at]; {
		case escapes && c == '\\':
			l.at += 2
		case c != quote:
			l.at++
		case l.at+1 < len(l.sql) && l.sql[l.at+1] == quote:
			l.at += 2
		default:
			text := l.sql[start:l.at]
			l.at++
			if kind == tokenIdent {
				text = strings.ToLower(text)
			}
			return token{kind, text}
		}
	}
	l.at = len(l.sql)
	return token{kind: tokenBroken}
}

// dollar reads $tag$ … $tag$.
func (l *lexer) dollar() token {
	start := l.at
	l.at++
	for l.at < len(l.sql) && (isWordStart(l.sql[l.at]) || isDigit(l.sql[l.at])) {
		l.at++
	}
	if l.at >= len(l.sql) || l.sql[l.at] != '$' {
		return token{tokenPunct, "$"}
	}
	l.at++
	tag := l.sql[start:l.at]
	end := strings.Index(l.sql[l.at:], tag)
	if end < 0 {
		l.at = len(l.sql)
		return token{kind: tokenBroken}
	}
	text := l.sql[l.at : l.at+end]
	l.at += end + len(tag)
	return token{tokenString, text}
}

// statement is what one pass over the SQL tells.
type statement struct {
	sql    string
	writes bool     // needs the writer
	locks  bool     // SELECT … FOR UPDATE or the like
	tables []string // names that begin with tk_, each once
	broken bool     // an unfinished quote or comment
	ends   string   // the word that would begin or end a transaction
}

// tablePrefix begins the name of every table of ours; other tables of a host are
// none of our business.
const tablePrefix = "tk_"

func readStatement(sql string, postgres bool) statement {
	s := statement{sql: sql}
	l := lexer{sql: sql, postgres: postgres}
	first, prev := true, token{}
	for {
		t := l.next()
		switch t.kind {
		case tokenEnd:
			return s
		case tokenBroken:
			s.broken, s.writes = true, true
			return s
		case tokenWord:
			switch t.text {
			case "select", "values", "with", "explain", "pragma", "show", "table":
			case "insert", "update", "delete", "merge":
				if prev.word("for") {
					s.locks = true
				} else if t.text != "update" || !prev.word("key") {
					s.writes = true
				}
			case "share":
				s.locks = s.locks || prev.word("for") || prev.word("key")
			default:
				if first {
					s.writes = true
					if controls(t.text) {
						s.ends = t.text
					}
				}
			}
		default: // no keyword
		}
		if t.name() && strings.HasPrefix(t.text, tablePrefix) && !slices.Contains(s.tables, t.text) {
			s.tables = append(s.tables, t.text)
		}
		if !t.punct("(") || !first {
			first = t.punct(";")
		}
		prev = t
	}
}

// controls reports whether a statement that begins with word begins or ends a
// transaction or a part of one.
func controls(word string) bool {
	switch word {
	case "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release":
		return true
	}
	return false
}
