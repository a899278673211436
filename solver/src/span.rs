//! Lengths of time as people write them: `10s`, `500ms`, `2m`, `1h`, `1.5`.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, Error, Visitor};

/// The duration written as `text`: a number with one of the units ms, s, m, h; seconds without a unit.
pub fn parse(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| c.is_ascii_alphabetic() && c != 'e').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(split);
    let seconds = match unit.trim() {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(refusal(text)),
    };
    let number: f64 = number.trim().parse().map_err(|_| refusal(text))?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| refusal(text))
}

fn refusal(text: &str) -> String {
    format!("expected a length of time such as 10s, 500ms, 2m or 1h (seconds without a unit), found `{text}`")
}

/// Reads a duration from a string or from a number of seconds.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    struct Span;
    impl Visitor<'_> for Span {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a length of time such as \"10s\" or a number of seconds")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            parse(text).map_err(E::custom)
        }

        fn visit_f64<E: Error>(self, seconds: f64) -> Result<Duration, E> {
            Duration::try_from_secs_f64(seconds).map_err(|_| E::custom(refusal(&seconds.to_string())))
        }

        fn visit_i64<E: Error>(self, seconds: i64) -> Result<Duration, E> {
            self.visit_f64(seconds as f64)
        }

        fn visit_u64<E: Error>(self, seconds: u64) -> Result<Duration, E> {
            self.visit_f64(seconds as f64)
        }
    }
    from.deserialize_any(Span).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read() {
        for (text, millis) in [("10s", 10_000), ("500ms", 500), ("2m", 120_000), ("1h", 3_600_000), ("1.5", 1_500)] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        for text in ["", "s", "-1s", "10x", "nan", "inf", "1e300h", "ten"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
