//! Settings that cannot be: the one error of every configuration's `check`, and the checks that many of them share.

use std::fmt::Display;

use thiserror::Error;

/// A setting with a value that cannot be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{field}: expected {expected}, found {found}")]
pub struct ConfigError {
    /// The field as in a configuration file, below a table with the table's name: `residual.samples`.
    pub field: &'static str,
    /// What is allowed.
    pub expected: String,
    /// What was given.
    pub found: String,
}

/// Refuses a value unless `good`.
///
/// # Errors
/// The field, what is `expected` and what was `found`.
pub fn require(
    good: bool,
    field: &'static str,
    expected: impl Into<String>,
    found: impl Display,
) -> Result<(), ConfigError> {
    if good { Ok(()) } else { Err(ConfigError { field, expected: expected.into(), found: found.to_string() }) }
}

/// Refuses a value below `least`.
///
/// # Errors
/// As [`require`].
pub fn at_least<T: PartialOrd + Display>(least: T, field: &'static str, value: T) -> Result<(), ConfigError> {
    require(value >= least, field, format!("a number from {least} on"), value)
}

/// Refuses what is no number from 0 to 1: parts, probabilities, discounts.
///
/// # Errors
/// As [`require`].
pub fn fraction<T: Into<f64> + Display + Copy>(field: &'static str, value: T) -> Result<(), ConfigError> {
    require((0.0..=1.0).contains(&value.into()), field, "a number from 0 to 1", value)
}

/// Refuses what is not above 0 and finite: step lengths, temperatures.
///
/// # Errors
/// As [`require`].
pub fn positive<T: Into<f64> + Display + Copy>(field: &'static str, value: T) -> Result<(), ConfigError> {
    let number: f64 = value.into();
    require(number > 0.0 && number.is_finite(), field, "a number above 0", value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_field_bound_and_value() {
        let message = |result: Result<(), ConfigError>| result.unwrap_err().to_string();
        assert_eq!(message(at_least(2, "agents", 1)), "agents: expected a number from 2 on, found 1");
        assert_eq!(message(fraction("split", 1.5)), "split: expected a number from 0 to 1, found 1.5");
        assert_eq!(message(positive("step", 0.0)), "step: expected a number above 0, found 0");
    }

    #[test]
    fn bounds_are_allowed_and_what_is_no_number_is_not() {
        assert!(at_least(1, "n", 1).is_ok() && fraction("x", 0.0).is_ok() && fraction("x", 1.0).is_ok());
        for refused in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(fraction("x", refused).is_err() && positive("x", refused).is_err(), "{refused}");
        }
    }
}
