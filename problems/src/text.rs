//! What the text formats share: lines, words, numbers and JSON, and how errors quote what stands in their place.

use serde::de::DeserializeOwned;

use crate::format::ParseError;
use crate::problem::{COST_LIMIT, Cost};

/// Longest text that an error repeats, in characters.
const SHOWN: usize = 40;

/// `text` without the byte-order mark that some editors put before it.
pub(crate) fn unmarked(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The lines that are not blank, trimmed, with their numbers from 1.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> + Clone {
    (1..).zip(unmarked(text).lines().map(str::trim)).filter(|(_, line)| !line.is_empty())
}

/// The lines that are neither blank nor a comment, which begins with `#`.
pub(crate) fn data_lines(text: &str) -> impl Iterator<Item = (usize, &str)> + Clone {
    lines(text).filter(|(_, line)| !line.starts_with('#'))
}

/// The number of a line and its words.
pub(crate) type Line<'a> = (usize, Vec<&'a str>);

/// Cuts a line into words.
pub(crate) fn words((number, line): (usize, &str)) -> Line<'_> {
    (number, line.split_whitespace().collect())
}

/// What follows `word`, in whatever case, at the beginning of `line`.
pub(crate) fn after_word<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = line.split_at_checked(word.len())?;
    let whole = !rest.starts_with(|c: char| c.is_alphanumeric());
    (whole && head.eq_ignore_ascii_case(word)).then(|| rest.trim_start())
}

/// The value in a line `word value` or `word: value`.
pub(crate) fn value_of<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    after_word(line, word).map(|rest| rest.strip_prefix(':').unwrap_or(rest).trim())
}

/// The words of a line as numbers, if all are.
pub(crate) fn integers(line: &str) -> Option<Vec<u64>> {
    line.split_ascii_whitespace().map(|word| word.parse().ok()).collect()
}

/// Whether `text` begins as a JSON object does.
pub(crate) fn is_json(text: &str) -> bool {
    unmarked(text).trim_start().starts_with('{')
}

/// Reads JSON, called `expected` in errors.
pub(crate) fn json<T: DeserializeOwned>(text: &str, expected: &str) -> Result<T, ParseError> {
    serde_json::from_str(unmarked(text)).map_err(|error| match error.line() {
        0 => ParseError::whole(expected, error.to_string()),
        line => ParseError::at(line, expected, error.to_string()),
    })
}

/// `text` in quotation marks, cut to a sensible length, with control characters escaped.
pub fn quoted(text: &str) -> String {
    if text.is_empty() { "nothing".into() } else { format!("\"{}\"", shortened(text)) }
}

/// As [`quoted`], without the quotation marks.
pub fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push_str("...");
    }
    shown
}

/// An integer; `12.0` counts as one. Larger values than any cost may have do not.
pub(crate) fn whole(word: &str) -> Option<i64> {
    let value = word.parse::<i64>().ok().or_else(|| {
        let value = real(word).filter(|value| value.fract() == 0.0 && value.abs() < COST_LIMIT as f64)?;
        Some(value as i64)
    })?;
    (value.unsigned_abs() <= COST_LIMIT.unsigned_abs()).then_some(value)
}

/// A finite real number. Rust would read `nan` and `inf` as numbers too.
pub(crate) fn real(word: &str) -> Option<f64> {
    word.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// A whole number that is not negative, called `what` in the error.
pub(crate) fn count(word: &str, line: usize, what: &str) -> Result<i64, ParseError> {
    whole(word)
        .filter(|&value| value >= 0)
        .ok_or_else(|| ParseError::at(line, format!("{what} (a whole number from 0 to 2^60)"), quoted(word)))
}

/// `A, B or C`.
pub fn alternatives(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// A cost in the units of the file: an integer for scale 1, all digits for a power of ten.
pub(crate) fn decimal(cost: Cost, scale: f64) -> String {
    let digits = scale.log10();
    if digits.fract() != 0.0 || !(0.0..=15.0).contains(&digits) {
        return (cost as f64 / scale).to_string();
    }
    let (unit, digits) = (scale as u64, digits as usize);
    let (sign, cost) = (if cost < 0 { "-" } else { "" }, cost.unsigned_abs());
    match digits {
        0 => format!("{sign}{cost}"),
        _ => format!("{sign}{}.{:0digits$}", cost / unit, cost % unit),
    }
}
