//! The text layout that TSPLIB and CVRPLIB files share: `KEY : value` lines and sections of numbers.
//!
//! Source: G. Reinelt, "TSPLIB 95", section 1 (the file format). Read as users write it: keys and sections in any order
//! and case, with or without blanks around the colon, tabs, CRLF, a missing `EOF`. What is not understood is refused.

pub(crate) mod weights;
pub(crate) mod write;

use crate::format::ParseError;
use crate::text::{alternatives, quoted, shortened, unmarked};

/// What a kind of file may contain. All words in upper case.
pub(crate) struct Grammar {
    /// How errors call such a file, for example "a TSP file".
    pub name: &'static str,
    /// Allowed values of `TYPE`.
    pub types: &'static [&'static str],
    /// Keys of `KEY : value` lines.
    pub keys: &'static [&'static str],
    /// Sections.
    pub sections: &'static [&'static str],
}

/// A `KEY : value` line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header<'a> {
    pub key: &'static str,
    /// Without surrounding blanks.
    pub value: &'a str,
    pub line: usize,
}

/// A section: its keyword's line and the numbers below.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section<'a> {
    pub name: &'static str,
    /// Line of the keyword.
    pub line: usize,
    /// The text from the line after the keyword to the next keyword.
    body: &'a str,
    /// Line of the next keyword, or the last line of the file.
    end: usize,
    /// The next keyword; empty at the end of the file.
    next: &'a str,
}

/// A file cut into headers and sections, in O(length). Every keyword in it is known to the grammar, and none but
/// `COMMENT` comes twice.
pub(crate) struct File<'a> {
    headers: Vec<Header<'a>>,
    sections: Vec<Section<'a>>,
}

impl<'a> File<'a> {
    pub fn parse(text: &'a str, grammar: &Grammar) -> Result<Self, ParseError> {
        let text = unmarked(text);
        let mut file = File { headers: Vec::new(), sections: Vec::new() };
        let (mut offset, mut number, mut ended) = (0, 0, false);
        // Where the body of the section being read begins.
        let mut open: Option<usize> = None;
        for raw in text.split_inclusive('\n') {
            let start = offset;
            offset += raw.len();
            number += 1;
            let line = raw.trim();
            if line.is_empty() {
                continue;
            }
            if ended {
                return Err(ParseError::at(number, "nothing after EOF", quoted(line)));
            }
            if !line.starts_with(|c: char| c.is_ascii_alphabetic()) {
                if open.is_some() {
                    continue;
                }
                return Err(ParseError::at(number, format!("a keyword of {}", grammar.name), quoted(line)));
            }
            let (word, value) = split_keyword(line);
            let inside = open.take();
            if let Some(body) = inside {
                file.close(&text[body..start], number, word);
            }
            if let Some(key) = known(word, grammar.keys) {
                file.header(Header { key, value, line: number }, grammar)?;
            } else if let Some(name) = known(word, grammar.sections) {
                file.begin(name, value, number)?;
                open = Some(offset);
            } else if word.eq_ignore_ascii_case("EOF") {
                no_value("EOF", value, number)?;
                ended = true;
            } else {
                return Err(unknown(line, word, number, inside.is_some(), grammar));
            }
        }
        if number == 0 || (file.headers.is_empty() && file.sections.is_empty()) {
            return Err(ParseError::whole(grammar.name, "an empty file"));
        }
        if let Some(body) = open {
            file.close(&text[body..], number, "");
        }
        Ok(file)
    }

    fn header(&mut self, header: Header<'a>, grammar: &Grammar) -> Result<(), ParseError> {
        if header.key == "TYPE" && known(first_word(header.value), grammar.types).is_none() {
            let expected = format!("TYPE : {}", alternatives(grammar.types));
            return Err(ParseError::at(header.line, expected, format!("TYPE : {}", shortened(header.value))));
        }
        // Only comments may be many; looking through them for each would take quadratic time.
        if header.key != "COMMENT"
            && let Some(first) = self.get(header.key)
        {
            return Err(twice(header.key, first.line, header.line));
        }
        self.headers.push(header);
        Ok(())
    }

    fn begin(&mut self, name: &'static str, value: &str, line: usize) -> Result<(), ParseError> {
        no_value(name, value, line)?;
        if let Some(first) = self.section(name) {
            return Err(twice(name, first.line, line));
        }
        self.sections.push(Section { name, line, body: "", end: line, next: "" });
        Ok(())
    }

    fn close(&mut self, body: &'a str, end: usize, next: &'a str) {
        if let Some(section) = self.sections.last_mut() {
            *section = Section { body, end, next, ..*section };
        }
    }

    /// The line with this key.
    pub fn get(&self, key: &str) -> Option<Header<'a>> {
        self.headers.iter().find(|header| header.key == key).copied()
    }

    /// The line with this key, which must be there.
    pub fn require(&self, key: &str) -> Result<Header<'a>, ParseError> {
        self.get(key).ok_or_else(|| ParseError::whole(format!("a line \"{key} : ...\""), "none"))
    }

    /// Whether `TYPE` is `kind`.
    pub fn is_of_type(&self, kind: &str) -> bool {
        self.get("TYPE").is_some_and(|header| first_word(header.value).eq_ignore_ascii_case(kind))
    }

    /// The section of this name.
    pub fn section(&self, name: &str) -> Option<Section<'a>> {
        self.sections.iter().find(|section| section.name == name).copied()
    }

    /// The section of this name, which must be there.
    pub fn require_section(&self, name: &str) -> Result<Section<'a>, ParseError> {
        self.section(name).ok_or_else(|| ParseError::whole(format!("the section {name}"), "none"))
    }

    /// `NAME`, or nothing.
    pub fn name(&self) -> String {
        self.get("NAME").map(|header| header.value.to_string()).unwrap_or_default()
    }

    /// All `COMMENT` lines.
    pub fn comment(&self) -> String {
        let comments = self.headers.iter().filter(|header| header.key == "COMMENT" && !header.value.is_empty());
        comments.map(|header| header.value).collect::<Vec<_>>().join("\n")
    }

    /// `DIMENSION`: at least 1.
    pub fn dimension(&self) -> Result<usize, ParseError> {
        let header = self.require("DIMENSION")?;
        let wrong =
            || ParseError::at(header.line, format!("a number of nodes from 1 to {}", u32::MAX), quoted(header.value));
        let n: u32 = header.value.parse().map_err(|_| wrong())?;
        if n == 0 { Err(wrong()) } else { Ok(n as usize) }
    }
}

impl<'a> Section<'a> {
    /// The lines that are not blank, with their numbers.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let first = self.line + 1;
        let rows = self.body.lines().enumerate().map(move |(index, line)| (first + index, line.trim()));
        rows.filter(|(_, line)| !line.is_empty())
    }

    /// The words, with the numbers of their lines.
    pub fn words(&self) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        self.rows().flat_map(|(number, line)| line.split_ascii_whitespace().map(move |word| (number, word)))
    }

    /// An upper bound on the number of words, known without reading them.
    pub fn words_at_most(&self) -> usize {
        self.body.len().div_ceil(2)
    }

    /// The error for a section that ends after `count` words.
    pub fn ends_early_after(&self, count: usize, expected: impl Into<String>) -> ParseError {
        let error = self.ends_early(expected);
        ParseError { found: format!("{} after {count}", error.found), ..error }
    }

    /// The error for a section that ends where `expected` should follow.
    pub fn ends_early(&self, expected: impl Into<String>) -> ParseError {
        let found = if self.next.is_empty() { "the end of the file" } else { self.next };
        ParseError::at(self.end, expected, found)
    }
}

/// Cuts a line after its first word; a colon may follow the word.
fn split_keyword(line: &str) -> (&str, &str) {
    let end = line.find(|c: char| c == ':' || c.is_whitespace()).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let rest = rest.trim_start();
    (word, rest.strip_prefix(':').unwrap_or(rest).trim())
}

/// The index (from 0) of a node that a file numbers from 1 to `n`.
pub(crate) fn node(word: &str, line: usize, n: usize) -> Result<usize, ParseError> {
    let number = word.parse::<usize>().ok().filter(|number| (1..=n).contains(number));
    number
        .map(|number| number - 1)
        .ok_or_else(|| ParseError::at(line, format!("a node number from 1 to {n}"), quoted(word)))
}

/// What counts of a `TYPE`: "TYPE: TSP (M.~Hofmeister)" stands in some files of TSPLIB.
fn first_word(value: &str) -> &str {
    value.split_ascii_whitespace().next().unwrap_or("")
}

/// The member of `words` that equals `word`, in whatever case.
pub(crate) fn known(word: &str, words: &[&'static str]) -> Option<&'static str> {
    words.iter().copied().find(|other| other.eq_ignore_ascii_case(word))
}

fn unknown(line: &str, word: &str, number: usize, in_section: bool, grammar: &Grammar) -> ParseError {
    let keyword = format!("a keyword of {}", grammar.name);
    if word.ends_with("_SECTION") || (line.contains(':') && word.chars().all(|c| c.is_ascii_graphic())) {
        return ParseError::at(number, keyword, format!("{}, which is not supported", shortened(word)));
    }
    ParseError::at(number, if in_section { format!("numbers or {keyword}") } else { keyword }, quoted(line))
}

fn twice(keyword: &str, first: usize, line: usize) -> ParseError {
    ParseError::at(line, format!("{keyword} only once"), format!("a second one (the first is in line {first})"))
}

fn no_value(keyword: &str, value: &str, line: usize) -> Result<(), ParseError> {
    if value.is_empty() {
        return Ok(());
    }
    Err(ParseError::at(line, format!("the end of the line after {keyword}"), quoted(value)))
}
