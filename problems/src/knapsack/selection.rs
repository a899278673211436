//! Solution files: item numbers from 0, then `Value v`.
//!
//! No convention exists for knapsack solutions. Items count from 0 because the published files that number their items
//! do so (Pisinger's generator, Jooken et al.).

use std::io::{self, Write};

use super::{Knapsack, Selection};
use crate::format::ParseError;
use crate::problem::Problem;
use crate::text::{decimal, lines, quoted, real, value_of};

/// Reads item numbers, in any order and over any lines, and the declared value (`Value v`, `Value: v`, in whatever
/// case) in units of the file, if there is one. Neither is compared with an instance here.
pub fn read_selection(text: &str) -> Result<(Selection, Option<f64>), ParseError> {
    let (mut items, mut value) = (Vec::new(), None);
    for (number, line) in lines(text) {
        match value_of(line, "value") {
            Some(_) if value.is_some() => return Err(ParseError::at(number, "one value", "a second one")),
            Some(word) => {
                let found = real(word).ok_or_else(|| ParseError::at(number, "a value", quoted(word)))?;
                value = Some(found);
            }
            None => {
                let item = |word: &str| {
                    let refusal = || ParseError::at(number, "an item's number or \"Value v\"", quoted(word));
                    word.parse::<u32>().map_err(|_| refusal())
                };
                for word in line.split_whitespace() {
                    items.push(item(word)?);
                }
            }
        }
    }
    if items.is_empty() && value.is_none() {
        return Err(ParseError::whole("item numbers or \"Value 0\"", "neither"));
    }
    items.sort_unstable();
    Ok((Selection { items }, value))
}

pub(super) fn write_selection(problem: &Knapsack, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    for item in &selection.items {
        writeln!(out, "{item}")?;
    }
    match problem.evaluate(selection) {
        Ok(cost) => writeln!(out, "Value {}", decimal(-cost, problem.scale)),
        Err(_) => Ok(()),
    }
}
