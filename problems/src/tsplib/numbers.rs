//! Numbers in files, and how errors quote what stands in their place.

use crate::format::ParseError;
use crate::problem::{COST_LIMIT, Cost};

/// Longest text that an error repeats, in characters.
const SHOWN: usize = 40;

/// `text` in quotation marks, cut to a sensible length, with control characters escaped.
pub(crate) fn quoted(text: &str) -> String {
    if text.is_empty() { "nothing".into() } else { format!("\"{}\"", shortened(text)) }
}

/// As [`quoted`], without the quotation marks.
pub(crate) fn shortened(text: &str) -> String {
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
pub(crate) fn alternatives(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// The index (from 0) of a node that a file numbers from 1 to `n`.
pub(crate) fn node(word: &str, line: usize, n: usize) -> Result<usize, ParseError> {
    let number = word.parse::<usize>().ok().filter(|number| (1..=n).contains(number));
    number
        .map(|number| number - 1)
        .ok_or_else(|| ParseError::at(line, format!("a node number from 1 to {n}"), quoted(word)))
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
