//! CVRPLIB `.sol` files: `Route #1: 3 5 2`, ..., `Cost 784`.

use std::io::{self, Write};

use super::{Cvrp, Routes};
use crate::format::ParseError;
use crate::problem::{Cost, Problem};
use crate::text::{after_word, decimal, lines, quoted, real, value_of};

/// The cost that a solution file states, which may be rounded or wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeclaredCost {
    /// In units of the file.
    pub value: f64,
    /// Digits after the decimal point.
    pub decimals: usize,
}

impl DeclaredCost {
    /// Whether `cost`, which `problem` gives, is the declared one up to the rounding of its last digit.
    pub fn agrees(&self, problem: &Cvrp, cost: Cost) -> bool {
        let last_digit = 0.5 / 10f64.powi(self.decimals as i32);
        // Unrounded distances are kept to a fixed number of digits, so each of at most two edges per customer is up to
        // half a unit off.
        let units = if problem.scale == 1.0 { 0.0 } else { problem.customers() as f64 };
        (cost as f64 / problem.scale - self.value).abs() <= last_digit + units / problem.scale
    }
}

/// Reads routes and the declared cost (`Cost v`, `Cost: v`), if there is one, in whatever case.
///
/// Neither is compared with an instance here.
pub fn read_sol(text: &str) -> Result<(Routes, Option<DeclaredCost>), ParseError> {
    let (mut routes, mut declared) = (Vec::new(), None);
    for (number, line) in lines(text) {
        if let Some(rest) = after_word(line, "route") {
            routes.push(route(rest, line, number)?);
        } else if let Some(word) = value_of(line, "cost") {
            if declared.is_some() {
                return Err(ParseError::at(number, "one cost", "a second one"));
            }
            let value = real(word).ok_or_else(|| ParseError::at(number, "a cost", quoted(word)))?;
            declared = Some(DeclaredCost { value, decimals: decimals(word) });
        } else {
            return Err(ParseError::at(number, "\"Route #k: ...\" or \"Cost v\"", quoted(line)));
        }
    }
    if routes.is_empty() && declared.is_none() {
        return Err(ParseError::whole("\"Route #1: ...\"", "no route"));
    }
    Ok((Routes { routes }, declared))
}

/// Digits that a number states after its decimal point: 2 in `24.50`, none in `2.4e1`.
fn decimals(word: &str) -> usize {
    let (mantissa, exponent) = word.split_once(['e', 'E']).unwrap_or((word, "0"));
    let stated = mantissa.split_once('.').map_or(0, |(_, digits)| digits.len() as i64);
    // More than 15 digits are beyond the precision of the value.
    (stated - exponent.parse::<i64>().unwrap_or(0)).clamp(0, 15) as usize
}

/// Reads ` #k: c c c`. The number k says nothing: routes have no names.
fn route(rest: &str, line: &str, number: usize) -> Result<Vec<u32>, ParseError> {
    let (label, customers) =
        rest.split_once(':').ok_or_else(|| ParseError::at(number, "\"Route #k:\" with a colon", quoted(line)))?;
    let label = label.trim();
    if !label.trim_start_matches('#').trim().chars().all(|c| c.is_ascii_digit()) {
        return Err(ParseError::at(number, "\"Route #k:\"", quoted(line)));
    }
    let customer = |word: &str| word.parse().map_err(|_| ParseError::at(number, "a customer's number", quoted(word)));
    customers.split_ascii_whitespace().map(customer).collect()
}

/// Writes the routes that are not empty, and the cost if the solution is feasible.
pub(super) fn write_sol(problem: &Cvrp, solution: &Routes, out: &mut dyn Write) -> io::Result<()> {
    let used = solution.routes.iter().filter(|route| !route.is_empty());
    for (index, route) in used.enumerate() {
        write!(out, "Route #{}:", index + 1)?;
        for customer in route {
            write!(out, " {customer}")?;
        }
        writeln!(out)?;
    }
    match problem.evaluate(solution) {
        Ok(cost) => writeln!(out, "Cost {}", decimal(cost, problem.scale)),
        Err(_) => Ok(()),
    }
}
