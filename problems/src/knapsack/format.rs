//! Text files of knapsack instances. None of the usual layouts has a name or a keyword; lines tell them apart:
//!
//! | lines | used by |
//! | --- | --- |
//! | `n capacity`, then `profit weight` | the common one, and the one written here |
//! | `n`, `capacity`, then `profit weight` | kplib (`.kp`) |
//! | `n`, then `profit weight`, then `capacity` | low-dimensional sets |
//! | `n`, then `number profit weight`, then `capacity` | Pisinger's generator; Jooken et al. (2022) |
//!
//! A last line of n digits 0 and 1, the solution that some large files carry after the first layout, is read and
//! dropped.

use std::io::{self, Write};

use super::selection::{read_selection, write_selection};
use super::{Item, Knapsack, Selection};
use crate::format::{Format, ParseError, Rounding};
use crate::problem::COST_LIMIT;
use crate::text::{Line, decimal, lines, quoted, real, words};

/// Most decimal places of a number.
const DIGITS: usize = 15;

/// The lines of a file by their meaning.
struct Layout<'a> {
    capacity: (usize, &'a str),
    /// Line, profit and weight of every item.
    items: Vec<(usize, &'a str, &'a str)>,
}

impl Format for Knapsack {
    /// Reads an instance in any of the layouts. Decimal fractions are scaled to whole numbers without loss, profits by
    /// [`Knapsack::scale`], weights and capacity by [`Knapsack::weight_scale`].
    fn read(text: &str, _: Rounding) -> Result<Self, ParseError> {
        let file = layout(text)?;
        let places = |words: &mut dyn Iterator<Item = &str>| words.map(decimals).max().unwrap_or(0);
        let profit_places = places(&mut file.items.iter().map(|item| item.1));
        let weight_places = places(&mut file.items.iter().map(|item| item.2).chain([file.capacity.1]));
        let (mut items, mut profits, mut weights) = (Vec::with_capacity(file.items.len()), 0, 0);
        for (line, profit, weight) in file.items {
            let profit = number(profit, profit_places, line, "a profit")?;
            let weight = number(weight, weight_places, line, "a weight")?;
            // Each is at most 2^60, so the sums are checked before they can overflow.
            (profits, weights) = (profits + profit, weights + weight);
            if profits.max(weights) > COST_LIMIT {
                let found = format!("{} so far", profits.max(weights));
                return Err(ParseError::at(line, "profits and weights whose sums are at most 2^60", found));
            }
            items.push(Item { profit, weight });
        }
        let capacity = number(file.capacity.1, weight_places, file.capacity.0, "a capacity")?;
        let scale = |places: usize| 10_f64.powi(places as i32);
        let instance = Self::new("", items, capacity);
        Ok(Self { scale: scale(profit_places), weight_scale: scale(weight_places), ..instance })
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} {}", self.len(), decimal(self.capacity, self.weight_scale))?;
        for item in &self.items {
            writeln!(out, "{} {}", decimal(item.profit, self.scale), decimal(item.weight, self.weight_scale))?;
        }
        Ok(())
    }

    /// Reads item numbers from 0, in any order and layout, and drops the declared value: see [`read_selection`].
    fn read_solution(&self, text: &str) -> Result<Selection, ParseError> {
        read_selection(text).map(|(selection, _)| selection)
    }

    /// Writes the item numbers, one per line, and `Value v`, the profit, if the selection is feasible.
    fn write_solution(&self, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
        write_selection(self, selection, out)
    }
}

/// Whether `text` has the lines of a knapsack instance: as many as it declares, with as many numbers as they need.
pub fn resembles(text: &str) -> bool {
    layout(text).is_ok_and(|file| file.items.iter().all(|&(_, profit, weight)| is_number(profit) && is_number(weight)))
}

fn is_number(word: &str) -> bool {
    real(word).is_some()
}

fn layout(text: &str) -> Result<Layout<'_>, ParseError> {
    let mut lines = lines(text).map(words).peekable();
    let Some((line, first)) = lines.next() else {
        return Err(ParseError::whole("a knapsack file", "an empty file"));
    };
    let second = lines.peek().map_or(0, |(_, words)| words.len());
    let (mut capacity, numbered) = match (&first[..], second) {
        (&[_, capacity], _) => (Some((line, capacity)), false),
        // kplib: the capacity stands alone in the second line.
        ([_], 1) => (lines.next().map(|(line, words)| (line, words[0])), false),
        ([_], 3) => (None, true),
        ([_], _) => (None, false),
        _ => return Err(ParseError::at(line, "\"n\" or \"n capacity\"", quoted(&first.join(" ")))),
    };
    let n = count(first[0], line)?;
    // A line takes two bytes at least, which bounds what is reserved by the length of the text.
    if n > text.len() / 2 {
        let expected = format!("{n} lines of items, as line {line} says");
        return Err(ParseError::whole(expected, format!("a file of {} bytes", text.len())));
    }
    let items = items(&mut lines, n, numbered)?;
    if capacity.is_none() {
        capacity = match lines.next() {
            Some((line, words)) if words.len() == 1 => Some((line, words[0])),
            Some((line, words)) => {
                let expected = format!("the capacity after {n} items");
                return Err(ParseError::at(line, expected, quoted(&words.join(" "))));
            }
            None => None,
        };
    }
    let Some(capacity) = capacity else {
        return Err(ParseError::whole(format!("the capacity after {n} items"), "the end of the file"));
    };
    let solution = |words: &[&str]| words.len() == n && words.iter().all(|word| ["0", "1"].contains(word));
    if lines.peek().is_some_and(|(_, words)| solution(words)) {
        lines.next();
    }
    match lines.next() {
        Some((line, words)) => {
            let expected = format!("nothing after {n} items and the capacity");
            Err(ParseError::at(line, expected, quoted(&words.join(" "))))
        }
        None => Ok(Layout { capacity, items }),
    }
}

/// The lines of `n` items; `numbered`: each begins with its number, from 0 or from 1 on.
fn items<'a>(
    lines: &mut impl Iterator<Item = Line<'a>>,
    n: usize,
    numbered: bool,
) -> Result<Vec<(usize, &'a str, &'a str)>, ParseError> {
    let mut items = Vec::with_capacity(n);
    let mut first = None;
    while items.len() < n {
        let Some((line, words)) = lines.next() else {
            let expected = format!("{n} items, as the first line says");
            return Err(ParseError::whole(expected, format!("{} and the end of the file", items.len())));
        };
        match words[..] {
            [profit, weight] if !numbered => items.push((line, profit, weight)),
            [own, profit, weight] if numbered => {
                let first = *first.get_or_insert(usize::from(own != "0"));
                if own.parse() != Ok(first + items.len()) {
                    return Err(ParseError::at(line, format!("item {}", first + items.len()), quoted(own)));
                }
                items.push((line, profit, weight));
            }
            _ => {
                let expected = if numbered { "an item's number, profit and weight" } else { "a profit and a weight" };
                return Err(ParseError::at(line, expected, quoted(&words.join(" "))));
            }
        }
    }
    Ok(items)
}

fn count(word: &str, line: usize) -> Result<usize, ParseError> {
    let n = word.parse().ok().filter(|&n: &usize| n < u32::MAX as usize);
    n.ok_or_else(|| ParseError::at(line, format!("a number of items from 0 to {}", u32::MAX - 1), quoted(word)))
}

/// Decimal places that `word` needs; zeros at the end need none, and neither has e-notation.
fn decimals(word: &str) -> usize {
    let fraction = word.split_once('.').map_or("", |(_, fraction)| fraction.trim_end_matches('0'));
    if fraction.bytes().all(|byte| byte.is_ascii_digit()) { fraction.len() } else { 0 }
}

/// `word` times 10^places, a whole number from 0 to 2^60.
fn number(word: &str, places: usize, line: usize, what: &str) -> Result<i64, ParseError> {
    let refusal = || {
        let unit = if places == 0 { String::new() } else { format!(" in units of 1e-{places}") };
        ParseError::at(line, format!("{what} (a number from 0 to 2^60{unit})"), quoted(word))
    };
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    let fraction = fraction.trim_end_matches('0');
    let plain = (whole.len() + fraction.len() > 0) && [whole, fraction].iter().all(|part| is_digits(part));
    let value = if plain && places <= DIGITS {
        // The digits of both parts in one number: no rounding takes place.
        format!("{whole}{fraction:0<places$}").parse::<i64>().ok()
    } else {
        // E-notation, a sign: whole numbers only.
        let value = real(word).filter(|value| value.fract() == 0.0 && (0.0..COST_LIMIT as f64).contains(value));
        value.and_then(|value| 10_i64.checked_pow(places as u32)?.checked_mul(value as i64))
    };
    value.filter(|&value| value <= COST_LIMIT).ok_or_else(refusal)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
