//! Which problem a file holds: by its content first, by its extension second.

use heuron_problems::{ParseError, knapsack};

use crate::instance::Kind;

/// The problem of the instance `text` that was read from a file with this extension (lower case, without the dot).
pub(crate) fn detect(text: &str, extension: &str) -> Result<Kind, ParseError> {
    if is_bandit(text) {
        return Ok(Kind::Bandit);
    }
    if is_job_shop(text) {
        return Ok(Kind::Jssp);
    }
    if is_flow_shop(text) {
        return Ok(Kind::Ffsp);
    }
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
        "jssp" | "jsp" => Ok(Kind::Jssp),
        "ffsp" => Ok(Kind::Ffsp),
        "bandit" => Ok(Kind::Bandit),
        _ if keyword => Ok(Kind::Tsp),
        _ if knapsack::resembles(text) => Ok(Kind::Knapsack),
        _ => Err(unknown(text)),
    }
}

/// JSON with arms.
fn is_bandit(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('{') && text.contains("\"arms\"")
}

/// Matrices of durations in JSON, Taillard's heading, or a line of two numbers before a first job of as many pairs as
/// the second one says.
fn is_job_shop(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        return text.contains("\"duration_matrix\"");
    }
    let is_data = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let mut lines = text.lines().map(str::trim).filter(is_data);
    if lines.clone().take(3).any(|line| line.eq_ignore_ascii_case("times")) {
        return true;
    }
    let numbers =
        |line: &str| line.split_ascii_whitespace().map(|word| word.parse().ok()).collect::<Option<Vec<u64>>>();
    let sizes = lines.next().and_then(numbers);
    let job = lines.next().and_then(numbers);
    // With one machine the first line could be anything's.
    match (sizes.as_deref(), job) {
        (Some(&[_, machines]), Some(job)) => machines > 1 && job.len() as u64 == 2 * machines,
        _ => false,
    }
}

/// A line `jobs stages`, a line with a number of machines per stage, and as many lines as jobs and stages ask for.
fn is_flow_shop(text: &str) -> bool {
    let is_data = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let mut lines = text.lines().map(str::trim).filter(is_data);
    let mut numbers =
        || lines.next()?.split_ascii_whitespace().map(|word| word.parse().ok()).collect::<Option<Vec<u64>>>();
    let (Some(sizes), Some(machines)) = (numbers(), numbers()) else { return false };
    let [jobs, stages] = sizes[..] else { return false };
    let rows = jobs.checked_mul(stages);
    machines.len() as u64 == stages && rows == Some(lines.count() as u64)
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
    let expected = "a TSPLIB, CVRPLIB, knapsack, job shop, flow shop or bandit instance, or a .npz set (--problem \
        names the problem where detection fails)";
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
    fn shops_are_known_by_their_first_lines() {
        assert_eq!(detect("# ft\n2 2\n0 1 1 2\n1 3 0 4\n", "txt"), Ok(Kind::Jssp));
        assert_eq!(detect("Nb of jobs, Nb of Machines\n 2 2 1 1\nTimes\n", ""), Ok(Kind::Jssp));
        assert_eq!(detect("{\"duration_matrix\": []}", "json"), Ok(Kind::Jssp));
        assert_eq!(detect("2 2\n1 2\n3 4\n", "txt"), Ok(Kind::Knapsack));
        assert_eq!(detect("2 2\n1 2\n3\n4\n5 6\n7 8\n", "txt"), Ok(Kind::Ffsp));
    }

    #[test]
    fn bandits_are_known_by_their_arms() {
        assert_eq!(detect("{\"horizon\": 3,\n\"arms\": []}", "json"), Ok(Kind::Bandit));
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
