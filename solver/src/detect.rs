//! Which problem a file holds: by its content first, by its extension second.

use heuron_problems::text::{alternatives, lines, quoted, shortened};
use heuron_problems::{ParseError, bandit, cvrp, ffsp, jssp, knapsack, tsp};

use crate::instance::Kind;

/// The problem of the instance `text` that was read from a file with this extension (without the dot).
pub(crate) fn detect(text: &str, extension: &str) -> Result<Kind, ParseError> {
    if bandit::resembles(text) {
        return Ok(Kind::Bandit);
    }
    if jssp::resembles(text) {
        return Ok(Kind::Jssp);
    }
    if ffsp::resembles(text) {
        return Ok(Kind::Ffsp);
    }
    if ffsp::is_cut_off(text) {
        return if knapsack::resembles(text) { Err(ambiguous()) } else { Ok(Kind::Ffsp) };
    }
    let mut keyword = false;
    for (number, line) in lines(text) {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        match key.trim().to_ascii_uppercase().as_str() {
            "TYPE" => return by_type(value).ok_or_else(|| unsupported(number, value)),
            "CAPACITY" | "DEMAND_SECTION" | "DEPOT_SECTION" => return Ok(Kind::Cvrp),
            "DIMENSION" | "EDGE_WEIGHT_TYPE" => keyword = true,
            // Data follow: no keyword that tells the problem comes in between.
            key if key.ends_with("_SECTION") => keyword = true,
            _ => {}
        }
    }
    match Kind::of_extension(extension) {
        Some(kind) => Ok(kind),
        _ if keyword => Ok(Kind::Tsp),
        _ if knapsack::resembles(text) => Ok(Kind::Knapsack),
        _ => Err(unknown(text)),
    }
}

/// `TYPE : TSP (M.~Hofmeister)` occurs: only the first word counts.
fn by_type(value: &str) -> Option<Kind> {
    let word = value.split_whitespace().next()?;
    let kinds = [(Kind::Tsp, tsp::TYPES), (Kind::Cvrp, cvrp::TYPES)];
    kinds.into_iter().find(|(_, types)| types.iter().any(|name| name.eq_ignore_ascii_case(word))).map(|(kind, _)| kind)
}

fn unsupported(line: usize, value: &str) -> ParseError {
    let types = alternatives(&[tsp::TYPES, cvrp::TYPES].concat());
    ParseError::at(line, format!("TYPE : {types}"), format!("TYPE : {}", shortened(value.trim())))
}

fn ambiguous() -> ParseError {
    ParseError::at(
        1,
        "`--problem ffsp` or `--problem knapsack` with this file, or all lines of a flow shop in it",
        "what can be read as a knapsack, and as the beginning of a flow shop",
    )
}

fn unknown(text: &str) -> ParseError {
    let expected = "a TSPLIB, CVRPLIB, knapsack, job shop, flow shop or bandit instance, or a .npz set (--problem \
        names the problem where detection fails)";
    match lines(text).next() {
        None => ParseError::whole(expected, "an empty file"),
        Some((number, line)) => ParseError::at(number, expected, quoted(line)),
    }
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
    fn every_type_that_is_read_is_known() {
        for (kind, types) in [(Kind::Tsp, tsp::TYPES), (Kind::Cvrp, cvrp::TYPES)] {
            types.iter().for_each(|name| assert_eq!(detect(&format!("TYPE : {name}\n"), "txt"), Ok(kind)));
        }
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
    fn flow_shop_without_its_last_lines_is_no_knapsack_by_chance() {
        let whole = "3 2\n2 1\n5 3\n4 1\n2 2\n6\n7\n8\n";
        assert_eq!(detect(whole, "txt"), Ok(Kind::Ffsp));
        for (lines, _) in whole.match_indices('\n').skip(1) {
            let text = &whole[..=lines];
            match text.lines().count() {
                4 => assert!(detect(text, "txt").unwrap_err().to_string().contains("--problem ffsp"), "{text}"),
                _ => assert_eq!(detect(text, "txt"), Ok(Kind::Ffsp), "{text}"),
            }
        }
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
