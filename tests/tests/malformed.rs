//! Damaged and unsupported files: what the user is told, word by word.
//!
//! Every row of the tables in `malformed/` is `name | passage | replacement | message`, with `\n` and the like as in
//! Rust. The passage `*` is the whole text.

use heuron_problems::{Cvrp, Format, Knapsack, ParseError, Rounding, Tsp};
use heuron_tests::ROUTING;

const PLANE: &str = "\
NAME : four
TYPE : TSP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 0
3 3 4
4 0 4
EOF
";

const MATRIX: &str = "\
TYPE : TSP
DIMENSION : 3
EDGE_WEIGHT_TYPE : EXPLICIT
EDGE_WEIGHT_FORMAT : FULL_MATRIX
EDGE_WEIGHT_SECTION
0 5 6
5 0 7
6 7 0
FIXED_EDGES_SECTION
1 2
-1
EOF
";

/// Reads every damaged text; all rows that do not give their message are listed together.
fn check<T>(text: &str, table: &str, read: impl Fn(&str) -> Result<T, ParseError>) {
    assert!(read(text).is_ok(), "the text itself is right");
    let mut wrong = String::new();
    for row in table.lines().filter(|row| !row.is_empty()) {
        let [name, passage, replacement, message] = columns(row);
        let (passage, replacement) = (unescaped(passage), unescaped(replacement));
        let damaged = if passage == "*" { replacement } else { text.replacen(&passage, &replacement, 1) };
        assert_ne!(damaged, text, "{name}: nothing was replaced");
        let said = read(&damaged).map_or_else(|error| error.to_string(), |_| "(accepted)".into());
        if said != message {
            wrong += &format!("{name}\n  should: {message}\n  does:   {said}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn columns(row: &str) -> [&str; 4] {
    let columns: Vec<&str> = row.splitn(4, " |").map(|column| column.strip_prefix(' ').unwrap_or(column)).collect();
    columns.try_into().unwrap_or_else(|_| panic!("not four columns: {row}"))
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let escaped = if c == '\\' { rest.next() } else { None };
        plain.push(match escaped {
            None => c,
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('0') => '\0',
            Some('u') => {
                let digits: String = rest.by_ref().skip(1).take_while(|&c| c != '}').collect();
                u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).expect("a code point")
            }
            Some(other) => panic!("unknown escape {other}"),
        });
    }
    plain
}

#[test]
fn damaged_tsp_files_are_refused_by_line() {
    check(PLANE, include_str!("malformed/planes.txt"), |text| Tsp::read(text, Rounding::Nearest));
}

#[test]
fn damaged_matrices_are_refused_by_line() {
    check(MATRIX, include_str!("malformed/matrices.txt"), |text| Tsp::read(text, Rounding::Nearest));
    let directed = MATRIX.replace("TYPE : TSP", "TYPE : ATSP").replace("6 7 0", "6 8 0");
    let error = Tsp::read(&directed, Rounding::Nearest).unwrap_err();
    assert_eq!(error.to_string(), "line 9: expected fixed edges in symmetric instances only, found TYPE : ATSP");
}

#[test]
fn damaged_cvrp_files_are_refused_by_line() {
    check(ROUTING, include_str!("malformed/cvrp.txt"), |text| Cvrp::read(text, Rounding::Nearest));
}

#[test]
fn damaged_unrounded_cvrp_files_are_refused_by_line() {
    check(ROUTING, include_str!("malformed/unrounded_cvrp.txt"), |text| Cvrp::read(text, Rounding::None));
}

const TOUR: &str = "NAME : four.tour\nTYPE : TOUR\nDIMENSION : 4\nTOUR_SECTION\n1\n2\n3\n4\n-1\nEOF\n";

#[test]
fn damaged_tours_are_refused_by_line() {
    let tsp = Tsp::read(PLANE, Rounding::Nearest).unwrap();
    check(TOUR, include_str!("malformed/tours.txt"), |text| tsp.read_solution(text));
}

const PLAN: &str = "Route #1: 1 2\nRoute #2: 3\nCost 24\n";

#[test]
fn damaged_route_plans_are_refused_by_line() {
    let cvrp = Cvrp::read(ROUTING, Rounding::Nearest).unwrap();
    check(PLAN, include_str!("malformed/plans.txt"), |text| cvrp.read_solution(text));
}

const PACKING: &str = "3 10\n5 4\n6 1\n7 12\n";

#[test]
fn damaged_knapsacks_are_refused_by_line() {
    check(PACKING, include_str!("malformed/knapsacks.txt"), |text| Knapsack::read(text, Rounding::Nearest));
}

#[test]
fn damaged_selections_are_refused_by_line() {
    let knapsack = Knapsack::read(PACKING, Rounding::Nearest).unwrap();
    check("0\n2\nValue 12\n", include_str!("malformed/selections.txt"), |text| knapsack.read_solution(text));
}
