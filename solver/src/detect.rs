//! Which problem a file holds: by its content first, by its extension second.

use heuron_problems::{ParseError, knapsack};

use crate::instance::Kind;

/// The problem of the instance `text` that was read from a file with this extension (lower case, without the dot).
pub(crate) fn detect(text: &str, extension: &str) -> Result<Kind, ParseError> {
    let mut keyword = false;
    for (index, line) in text.lines().enumerate() {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        match key.trim().to_ascii_uppercase().as_str() {
            "TYPE" => return by_type(value).ok_or_else(|| unsupported(index + 1, value)),
            "CAPACITY" | "DEMAND_SECTION" | "DEPOT_SECTION" => return Ok(Kind::Cvrp),
            "DIMENSION" | "EDGE_WEIGHT_TYPE" => keyword = true,
            // Data follow: no keyword that tells the problem comes in between.
            key if key.ends_with("_SECTION") => keyword = true,
            _ => {}
        }
    }
    match extension {
        "tsp" | "atsp" => Ok(Kind::Tsp),
        "vrp" | "cvrp" => Ok(Kind::Cvrp),
        "kp" => Ok(Kind::Knapsack),
        _ if keyword => Ok(Kind::Tsp),
        _ if knapsack::resembles(text) => Ok(Kind::Knapsack),
        _ => Err(unknown(text)),
    }
}

/// `TYPE : TSP (M.~Hofmeister)` occurs: only the first word counts.
fn by_type(value: &str) -> Option<Kind> {
    match value.split_whitespace().next()?.to_ascii_uppercase().as_str() {
        "TSP" | "ATSP" => Some(Kind::Tsp),
        "CVRP" => Some(Kind::Cvrp),
        _ => None,
    }
}

fn unsupported(line: usize, value: &str) -> ParseError {
    ParseError::at(line, "TYPE TSP, ATSP or CVRP", format!("TYPE `{}`", excerpt(value)))
}

fn unknown(text: &str) -> ParseError {
    let expected =
        "a TSPLIB, CVRPLIB or knapsack instance, or a .npz set (--problem names the problem where detection fails)";
    match text.lines().enumerate().find(|(_, line)| !line.trim().is_empty()) {
        None => ParseError::whole(expected, "an empty file"),
        Some((index, line)) => ParseError::at(index + 1, expected, format!("`{}`", excerpt(line))),
    }
}

/// The beginning of a line, safe to print.
fn excerpt(line: &str) -> String {
    line.trim().chars().take(40).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_wins_over_the_extension() {
        assert_eq!(detect("NAME: x\nTYPE : CVRP\n", "tsp"), Ok(Kind::Cvrp));
        assert_eq!(detect("TYPE: TSP (M.~Hofmeister)\n", "vrp"), Ok(Kind::Tsp));
        assert_eq!(detect("DIMENSION: 3\nCAPACITY: 4\n", ""), Ok(Kind::Cvrp));
    }

    #[test]
    fn extension_decides_where_the_content_does_not() {
        assert_eq!(detect("DIMENSION: 3\n", "vrp"), Ok(Kind::Cvrp));
        assert_eq!(detect("DIMENSION: 3\n", "dat"), Ok(Kind::Tsp));
    }

    #[test]
    fn other_types_are_refused_with_their_line() {
        let error = detect("NAME: x\nTYPE: SOP\n", "sop").unwrap_err();
        assert_eq!(error.line, Some(2));
        assert!(error.found.contains("SOP"), "{error}");
    }

    #[test]
    fn junk_is_refused_with_what_stands_there() {
        assert!(detect("\n\u{7}hello", "txt").unwrap_err().found.contains("hello"));
        assert!(detect("", "txt").unwrap_err().found.contains("empty"));
    }
}
