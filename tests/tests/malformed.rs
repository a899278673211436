//! Damaged and unsupported files: what the user is told, word by word.
//!
//! Every row of a table is `name | passage | replacement | message`, with `\n` and the like as in Rust. The passage `*` is
//! the whole text.

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

const DAMAGED_PLANES: &str = r##"
empty | * | | expected a TSP file, found an empty file
blank | * | \n \t\n\r\n | expected a TSP file, found an empty file
binary junk | * | \u{7f}ELF\u{2}\u{1}\0\0 4\n | line 1: expected a keyword of a TSP file, found "\u{7f}ELF\u{2}\u{1}\0\0 4"
prose | * | Dear colleagues,\nplease find attached | line 1: expected a keyword of a TSP file, found "Dear colleagues,"
junk before the data | NAME : four\n | 4\n | line 1: expected a keyword of a TSP file, found "4"
coordinates only | * | 1 0 0\n2 3 0\n | line 1: expected a keyword of a TSP file, found "1 0 0"
no DIMENSION | DIMENSION : 4\n | | expected a line "DIMENSION : ...", found none
DIMENSION 0 | DIMENSION : 4 | DIMENSION : 0 | line 3: expected a number of nodes from 1 to 4294967295, found "0"
negative DIMENSION | DIMENSION : 4 | DIMENSION : -4 | line 3: expected a number of nodes from 1 to 4294967295, found "-4"
empty DIMENSION | DIMENSION : 4 | DIMENSION : | line 3: expected a number of nodes from 1 to 4294967295, found nothing
DIMENSION is no number | DIMENSION : 4 | DIMENSION : four | line 3: expected a number of nodes from 1 to 4294967295, found "four"
DIMENSION beyond 64 bits | DIMENSION : 4 | DIMENSION : 99999999999999999999 | line 3: expected a number of nodes from 1 to 4294967295, found "99999999999999999999"
huge DIMENSION, short file | DIMENSION : 4 | DIMENSION : 4000000000 | line 10: expected 4000000000 nodes in NODE_COORD_SECTION, found EOF
DIMENSION too large | DIMENSION : 4 | DIMENSION : 5 | line 5: expected 5 lines after NODE_COORD_SECTION, one per node as DIMENSION says, found 4
DIMENSION too small | DIMENSION : 4 | DIMENSION : 3 | line 5: expected 3 lines after NODE_COORD_SECTION, one per node as DIMENSION says, found 4
second DIMENSION | DIMENSION : 4 | DIMENSION : 4\nDIMENSION : 4 | line 4: expected DIMENSION only once, found a second one (the first is in line 3)
HCP | TYPE : TSP | TYPE : HCP | line 2: expected TYPE : TSP or ATSP, found TYPE : HCP
SOP | TYPE : TSP | TYPE: sop | line 2: expected TYPE : TSP or ATSP, found TYPE : sop
TYPE of another problem | TYPE : TSP | TYPE : CVRP | line 2: expected TYPE : TSP or ATSP, found TYPE : CVRP
unknown weight type | EUC_2D | XRAY1 | line 4: expected EDGE_WEIGHT_TYPE : EUC_2D, CEIL_2D, ATT, GEO or EXPLICIT, found "XRAY1"
three dimensions | EUC_2D | EUC_3D | line 4: expected EDGE_WEIGHT_TYPE : EUC_2D, CEIL_2D, ATT, GEO or EXPLICIT, found "EUC_3D"
no weight type | EDGE_WEIGHT_TYPE : EUC_2D\n | | expected a line "EDGE_WEIGHT_TYPE : ...", found none
three coordinates declared | EOF | NODE_COORD_TYPE : THREED_COORDS\nEOF | line 10: expected NODE_COORD_TYPE : TWOD_COORDS or NO_COORDS, found "THREED_COORDS"
weights of coordinates | EOF | EDGE_WEIGHT_SECTION\n0 1\nEOF | line 10: expected no weights, found EDGE_WEIGHT_SECTION although EDGE_WEIGHT_TYPE is EUC_2D
layout of coordinates | EOF | EDGE_WEIGHT_FORMAT : UPPER_ROW\nEOF | line 10: expected FUNCTION with EDGE_WEIGHT_TYPE : EUC_2D, found UPPER_ROW
no coordinates | NODE_COORD_SECTION\n1 0 0\n2 3 0\n3 3 4\n4 0 4\n | | expected the section NODE_COORD_SECTION, found none
truncated in a number line | 3 3 4\n4 0 4\nEOF\n | 3 3 | line 8: expected a node number and 2 coordinates, found "3 3"
truncated in the last line | 4 0 4\nEOF\n | 4 0 | line 9: expected a node number and 2 coordinates, found "4 0"
node twice | 3 3 4 | 2 3 4 | line 8: expected each node once in NODE_COORD_SECTION, found node 2 again
node 0 | 1 0 0 | 0 0 0 | line 6: expected a node number from 1 to 4, found "0"
node beyond DIMENSION | 4 0 4 | 5 0 4 | line 9: expected a node number from 1 to 4, found "5"
fractional node | 4 0 4 | 4.5 0 4 | line 9: expected a node number from 1 to 4, found "4.5"
third coordinate | 3 3 4 | 3 3 4 7 | line 8: expected a node number and 2 coordinates, found "3 3 4 7"
one coordinate | 3 3 4 | 3 3 | line 8: expected a node number and 2 coordinates, found "3 3"
word as coordinate | 3 3 4 | 3 3 abc | line 8: expected a coordinate (a finite number), found "abc"
word as node | 3 3 4 | abc 3 4 | line 8: expected numbers or a keyword of a TSP file, found "abc 3 4"
NaN | 3 3 4 | 3 nan 4 | line 8: expected a coordinate (a finite number), found "nan"
infinity | 3 3 4 | 3 -inf 4 | line 8: expected a coordinate (a finite number), found "-inf"
infinite by size | 3 3 4 | 3 1e999 4 | line 8: expected a coordinate (a finite number), found "1e999"
decimal comma | 3 3 4 | 3 3,5 4 | line 8: expected a coordinate (a finite number), found "3,5"
costs overflow | 3 3 4 | 3 3e18 4 | line 5: expected distances whose sum over 4 edges is below 2^60, found distances up to 3.000e18
distances overflow | 3 3 4 | 3 1e300 4 | line 5: expected distances whose sum over 4 edges is below 2^60, found distances up to 1.000e300
latitude 91 | EUC_2D\nNODE_COORD_SECTION\n1 0 | GEO\nNODE_COORD_SECTION\n1 91 | line 6: expected a coordinate (an angle within 90 degrees), found "91"
unknown section | EOF | TIME_WINDOW_SECTION\n1 0 5\nEOF | line 10: expected a keyword of a TSP file, found TIME_WINDOW_SECTION, which is not supported
unknown key | EOF | SALESMEN : 3\nEOF | line 10: expected a keyword of a TSP file, found SALESMEN, which is not supported
key of another problem | EOF | CAPACITY : 3\nEOF | line 10: expected a keyword of a TSP file, found CAPACITY, which is not supported
second section | EOF | NODE_COORD_SECTION\n1 0 0\nEOF | line 10: expected NODE_COORD_SECTION only once, found a second one (the first is in line 5)
text after a section's name | NODE_COORD_SECTION | NODE_COORD_SECTION : 4 | line 5: expected the end of the line after NODE_COORD_SECTION, found "4"
data after EOF | EOF | EOF\n5 1 1 | line 11: expected nothing after EOF, found "5 1 1"
long junk | 3 3 4 | 3 3 4\n~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ | line 9: expected a node number and 2 coordinates, found "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~..."
control characters | 3 3 4 | 3 3 \u{1b}[31m4 | line 8: expected a coordinate (a finite number), found "\u{1b}[31m4"
"##;

#[test]
fn damaged_tsp_files_are_refused_by_line() {
    check(PLANE, DAMAGED_PLANES, |text| Tsp::read(text, Rounding::Nearest));
}

const DAMAGED_MATRICES: &str = r##"
negative weight | 0 5 6 | 0 -5 6 | line 6: expected a weight (a whole number from 0 to 2^60), found "-5"
fractional weight | 0 5 6 | 0 5.5 6 | line 6: expected a weight (a whole number from 0 to 2^60), found "5.5"
NaN weight | 0 5 6 | 0 NaN 6 | line 6: expected a weight (a whole number from 0 to 2^60), found "NaN"
infinite weight | 0 5 6 | 0 inf 6 | line 6: expected a weight (a whole number from 0 to 2^60), found "inf"
weight beyond 64 bits | 0 5 6 | 0 99999999999999999999 6 | line 6: expected a weight (a whole number from 0 to 2^60), found "99999999999999999999"
overflow | 0 5 6\n5 | 0 900000000000000000 6\n900000000000000000 | line 5: expected distances whose sum over 3 edges is below 2^60, found distances up to 900000000000000000
word as weight | 0 5 6 | 0 5 x6 | line 6: expected a weight (a whole number from 0 to 2^60), found "x6"
word on the diagonal | 0 5 6 | - 5 6 | line 6: expected a number on the diagonal, found "-"
asymmetric | 6 7 0 | 6 8 0 | line 8: expected 7 from node 3 to 2 as from 2 to 3 (unless TYPE is ATSP or ACVRP), found 8
weight missing | 6 7 0 | 6 7 | line 9: expected 9 weights (3 nodes in FULL_MATRIX), found FIXED_EDGES_SECTION after 8
row missing | 6 7 0\n | | line 8: expected 9 weights (3 nodes in FULL_MATRIX), found FIXED_EDGES_SECTION after 6
weight too many | 6 7 0 | 6 7 0 1 | line 8: expected 9 weights (3 nodes in FULL_MATRIX), found one more, "1"
row too many | 6 7 0 | 6 7 0\n1 2 3 | line 9: expected 9 weights (3 nodes in FULL_MATRIX), found one more, "1"
huge DIMENSION, short matrix | DIMENSION : 3 | DIMENSION : 4000000000 | line 9: expected 16000000000000000000 weights (4000000000 nodes in FULL_MATRIX), found FIXED_EDGES_SECTION after 9
DIMENSION too large | DIMENSION : 3 | DIMENSION : 4 | line 9: expected 16 weights (4 nodes in FULL_MATRIX), found FIXED_EDGES_SECTION after 9
no layout | EDGE_WEIGHT_FORMAT : FULL_MATRIX\n | | expected a line "EDGE_WEIGHT_FORMAT : ...", found none
unknown layout | FULL_MATRIX | WEIGHT_LIST | line 4: expected EDGE_WEIGHT_FORMAT : FULL_MATRIX, UPPER_ROW, LOWER_ROW, UPPER_DIAG_ROW, LOWER_DIAG_ROW, UPPER_COL, LOWER_COL, UPPER_DIAG_COL, LOWER_DIAG_COL or FUNCTION, found "WEIGHT_LIST"
function without one | FULL_MATRIX | FUNCTION | line 4: expected a matrix layout with EDGE_WEIGHT_TYPE : EXPLICIT, found FUNCTION
no weights | EDGE_WEIGHT_SECTION\n0 5 6\n5 0 7\n6 7 0\n | | expected the section EDGE_WEIGHT_SECTION, found none
half a fixed edge | 1 2\n-1 | 1 2\n3 | line 12: expected the other end of the fixed edge at node 3, found EOF
fixed edge to itself | 1 2 | 2 2 | line 10: expected two different ends of a fixed edge, found node 2 twice
fixed edge of no node | 1 2 | 1 4 | line 10: expected a node number from 1 to 3, found "4"
data after the fixed edges | -1 | -1\n2 3 | line 12: expected nothing after -1 in FIXED_EDGES_SECTION, found "2"
"##;

#[test]
fn damaged_matrices_are_refused_by_line() {
    check(MATRIX, DAMAGED_MATRICES, |text| Tsp::read(text, Rounding::Nearest));
    let directed = MATRIX.replace("TYPE : TSP", "TYPE : ATSP").replace("6 7 0", "6 8 0");
    let error = Tsp::read(&directed, Rounding::Nearest).unwrap_err();
    assert_eq!(error.to_string(), "line 9: expected fixed edges in symmetric instances only, found TYPE : ATSP");
}

const DAMAGED_CVRP: &str = r##"
TSP | TYPE : CVRP | TYPE : TSP | line 2: expected TYPE : CVRP or ACVRP, found TYPE : TSP
time windows by type | TYPE : CVRP | TYPE : CVRPTW | line 2: expected TYPE : CVRP or ACVRP, found TYPE : CVRPTW
no CAPACITY | CAPACITY : 10\n | | expected a line "CAPACITY : ...", found none
negative CAPACITY | CAPACITY : 10 | CAPACITY : -10 | line 5: expected a capacity (a whole number from 0 to 2^60), found "-10"
infinite CAPACITY | CAPACITY : 10 | CAPACITY : inf | line 5: expected a capacity (a whole number from 0 to 2^60), found "inf"
fractional CAPACITY | CAPACITY : 10 | CAPACITY : 10.5 | line 5: expected a capacity (a whole number from 0 to 2^60), found "10.5"
negative demand | 3 5\n4 | 3 -5\n4 | line 17: expected a demand (a whole number from 0 to 2^60), found "-5"
fractional demand | 3 5\n4 | 3 5.5\n4 | line 17: expected a demand (a whole number from 0 to 2^60), found "5.5"
NaN demand | 3 5\n4 | 3 nan\n4 | line 17: expected a demand (a whole number from 0 to 2^60), found "nan"
demand beyond 2^60 | 3 5\n4 | 3 2000000000000000000\n4 | line 17: expected a demand (a whole number from 0 to 2^60), found "2000000000000000000"
sum of demands beyond 2^60 | 3 5\n4 6 | 3 1000000000000000000\n4 1000000000000000000 | line 18: expected demands whose sum is at most 2^60, found 2000000000000000004 so far
demand of the depot | 1 0\n2 4 | 1 3\n2 4 | line 15: expected demand 0 of the depot, found "3"
demand twice | 3 5\n4 | 2 5\n4 | line 17: expected each node once in DEMAND_SECTION, found node 2 again
demand missing | 3 5\n | | line 14: expected 4 lines after DEMAND_SECTION, one per node as DIMENSION says, found 3
no demands | DEMAND_SECTION\n1 0\n2 4\n3 5\n4 6\n | | expected the section DEMAND_SECTION, found none
two demands | 3 5\n4 | 3 5 5\n4 | line 17: expected a node number and its demand, found "3 5 5"
no DEPOT_SECTION | DEPOT_SECTION\n1\n-1\n | | expected the section DEPOT_SECTION, found none
empty DEPOT_SECTION | 1\n-1\n | | line 20: expected the node number of the depot, found EOF
only -1 | 1\n-1\n | -1\n | line 20: expected a node number from 1 to 4, found "-1"
two depots | 1\n-1 | 1\n2\n-1 | line 21: expected -1 after the one depot, found "2" (several depots are not supported)
depot is no node | 1\n-1 | 5\n-1 | line 20: expected a node number from 1 to 4, found "5"
depot by coordinates | 1\n-1 | 0.5 0.5\n-1 | line 20: expected a node number from 1 to 4, found "0.5"
node after the depot list | 1\n-1 | 1\n-1\n3 | line 22: expected nothing after -1 in DEPOT_SECTION, found "3"
no vehicle | VEHICLES : 2 | VEHICLES : 0 | line 8: expected a number of vehicles, at least 1, found "0"
half a vehicle | VEHICLES : 2 | VEHICLES : 2.5 | line 8: expected a number of vehicles, at least 1, found "2.5"
negative DISTANCE | DISTANCE : 50 | DISTANCE : -1 | line 6: expected a route duration, at least 0 and below 2^60 cost units, found "-1"
DISTANCE is no number | DISTANCE : 50 | DISTANCE : none | line 6: expected a route duration, at least 0 and below 2^60 cost units, found "none"
fractional SERVICE_TIME | SERVICE_TIME : 2 | SERVICE_TIME : 2.5 | line 7: expected a whole service time, at least 0, found "2.5"
negative SERVICE_TIME | SERVICE_TIME : 2 | SERVICE_TIME : -2 | line 7: expected a whole service time, at least 0, found "-2"
time windows | DEPOT_SECTION | TIME_WINDOW_SECTION\n1 0 9\nDEPOT_SECTION | line 19: expected a keyword of a CVRP file, found TIME_WINDOW_SECTION, which is not supported
pickups | DEPOT_SECTION | PICKUP_AND_DELIVERY_SECTION\n1 0 0\nDEPOT_SECTION | line 19: expected a keyword of a CVRP file, found PICKUP_AND_DELIVERY_SECTION, which is not supported
huge DIMENSION | DIMENSION : 4 | DIMENSION : 3999999999 | line 14: expected 3999999999 nodes in NODE_COORD_SECTION, found DEMAND_SECTION
overflow | 3 3 4 | 3 3e17 4 | line 9: expected distances whose sum over 8 edges is below 2^60, found distances up to 3.000e17
truncated | 2 4\n3 5\n4 6\nDEPOT_SECTION\n1\n-1\nEOF\n | 2 4\n3 | expected the section DEPOT_SECTION, found none
"##;

#[test]
fn damaged_cvrp_files_are_refused_by_line() {
    check(ROUTING, DAMAGED_CVRP, |text| Cvrp::read(text, Rounding::Nearest));
}

const DAMAGED_UNROUNDED_CVRP: &str = r##"
overflow of millionths | 3 3 4 | 3 1e12 4 | line 9: expected distances whose sum over 8 edges is below 2^60, found distances up to 1.000e18
negative SERVICE_TIME | SERVICE_TIME : 2 | SERVICE_TIME : -2.5 | line 7: expected a service time, at least 0, found "-2.5"
DISTANCE too long | DISTANCE : 50 | DISTANCE : 1e13 | line 6: expected a route duration, at least 0 and below 2^60 cost units, found "1e13"
"##;

#[test]
fn damaged_unrounded_cvrp_files_are_refused_by_line() {
    check(ROUTING, DAMAGED_UNROUNDED_CVRP, |text| Cvrp::read(text, Rounding::None));
}

const TOUR: &str = "NAME : four.tour\nTYPE : TOUR\nDIMENSION : 4\nTOUR_SECTION\n1\n2\n3\n4\n-1\nEOF\n";

const DAMAGED_TOURS: &str = r##"
empty | * | | expected a tour file, found an empty file
an instance | * | TYPE : TSP\n | line 1: expected TYPE : TOUR, found TYPE : TSP
no section | TOUR_SECTION\n1\n2\n3\n4\n-1\n | | expected the section TOUR_SECTION, found none
node 0 | \n1\n | \n0\n | line 5: expected a node number from 1 to 4294967295, found "0"
negative node | \n3\n | \n-3\n | line 7: expected a node number from 1 to 4294967295, found "-3"
node beyond 32 bits | \n3\n | \n5000000000\n | line 7: expected a node number from 1 to 4294967295, found "5000000000"
word | \n3\n | \n3x\n | line 7: expected a node number from 1 to 4294967295, found "3x"
fewer nodes than DIMENSION | \n3\n | \n | line 4: expected 4 nodes in TOUR_SECTION as DIMENSION says, found 3
two tours | -1 | -1\n1 2 3 4\n-1\n-1 | line 10: expected one tour, ended by -1, found "1"
data after EOF | EOF | EOF 4 | line 10: expected the end of the line after EOF, found "4"
"##;

#[test]
fn damaged_tours_are_refused_by_line() {
    let tsp = Tsp::read(PLANE, Rounding::Nearest).unwrap();
    check(TOUR, DAMAGED_TOURS, |text| tsp.read_solution(text));
}

const PLAN: &str = "Route #1: 1 2\nRoute #2: 3\nCost 24\n";

const DAMAGED_PLANS: &str = r##"
empty | * | | expected "Route #1: ...", found no route
a tour | * | TYPE : TOUR\n | line 1: expected "Route #k: ..." or "Cost v", found "TYPE : TOUR"
no colon | Route #2: 3 | Route #2 3 | line 2: expected "Route #k:" with a colon, found "Route #2 3"
word for a number | #2 | #two | line 2: expected "Route #k:", found "Route #two: 3"
word for a customer | #2: 3 | #2: 3 x | line 2: expected a customer's number, found "x"
negative customer | #2: 3 | #2: -3 | line 2: expected a customer's number, found "-3"
fractional customer | #2: 3 | #2: 3.5 | line 2: expected a customer's number, found "3.5"
no cost | Cost 24 | Cost | line 3: expected a cost, found nothing
NaN cost | Cost 24 | Cost nan | line 3: expected a cost, found "nan"
two costs | Cost 24 | Cost 24\nCost 25 | line 4: expected one cost, found a second one
another line | Cost 24 | Costs 24 | line 3: expected "Route #k: ..." or "Cost v", found "Costs 24"
umlaut inside a keyword | Cost 24 | Co\u{fc}t 24 | line 3: expected "Route #k: ..." or "Cost v", found "Coüt 24"
"##;

#[test]
fn damaged_route_plans_are_refused_by_line() {
    let cvrp = Cvrp::read(ROUTING, Rounding::Nearest).unwrap();
    check(PLAN, DAMAGED_PLANS, |text| cvrp.read_solution(text));
}

const PACKING: &str = "3 10\n5 4\n6 1\n7 12\n";

const DAMAGED_KNAPSACKS: &str = r##"
empty | * | | expected a knapsack file, found an empty file
blank | * | \n \t\n | expected a knapsack file, found an empty file
prose | * | Dear colleagues,\n | line 1: expected a number of items from 0 to 4294967294, found "Dear"
three numbers first | 3 10 | 3 10 2 | line 1: expected "n" or "n capacity", found "3 10 2"
negative n | 3 10 | -3 10 | line 1: expected a number of items from 0 to 4294967294, found "-3"
fractional n | 3 10 | 3.5 10 | line 1: expected a number of items from 0 to 4294967294, found "3.5"
huge n | 3 10 | 4000000000 10 | expected 4000000000 lines of items, as line 1 says, found a file of 27 bytes
n beyond 64 bits | 3 10 | 99999999999999999999 10 | line 1: expected a number of items from 0 to 4294967294, found "99999999999999999999"
n too large | 3 10 | 4 10 | expected 4 items, as the first line says, found 3 and the end of the file
n too small | 3 10 | 2 10 | line 4: expected nothing after 2 items and the capacity, found "7 12"
no capacity | 3 10 | 3 | expected the capacity after 3 items, found the end of the file
only n | * | 3\n | expected 3 lines of items, as line 1 says, found a file of 2 bytes
negative capacity | 3 10 | 3 -10 | line 1: expected a capacity (a number from 0 to 2^60), found "-10"
infinite capacity | 3 10 | 3 inf | line 1: expected a capacity (a number from 0 to 2^60), found "inf"
capacity beyond 2^60 | 3 10 | 3 2000000000000000000 | line 1: expected a capacity (a number from 0 to 2^60), found "2000000000000000000"
negative profit | 6 1 | -6 1 | line 3: expected a profit (a number from 0 to 2^60), found "-6"
NaN profit | 6 1 | nan 1 | line 3: expected a profit (a number from 0 to 2^60), found "nan"
word as profit | 6 1 | six 1 | line 3: expected a profit (a number from 0 to 2^60), found "six"
negative weight | 6 1 | 6 -1 | line 3: expected a weight (a number from 0 to 2^60), found "-1"
weight beyond 64 bits | 6 1 | 6 99999999999999999999 | line 3: expected a weight (a number from 0 to 2^60), found "99999999999999999999"
two dots | 6 1 | 6.1.2 1 | line 3: expected a profit (a number from 0 to 2^60), found "6.1.2"
only a dot | 6 1 | . 1 | line 3: expected a profit (a number from 0 to 2^60), found "."
decimal comma | 6 1 | 6,5 1 | line 3: expected a profit (a number from 0 to 2^60), found "6,5"
too many places | 6 1 | 0.1234567890123456789 1 | line 2: expected a profit (a number from 0 to 2^60 in units of 1e-19), found "5"
large with many places | 6 1 | 2000000.123456789012 1 | line 3: expected a profit (a number from 0 to 2^60 in units of 1e-12), found "2000000.123456789012"
sum of profits beyond 2^60 | 5 4\n6 1 | 1000000000000000000 4\n1000000000000000000 1 | line 3: expected profits and weights whose sums are at most 2^60, found 2000000000000000000 so far
three numbers | 6 1 | 6 1 9 | line 3: expected a profit and a weight, found "6 1 9"
one number | 6 1 | 6 | line 3: expected a profit and a weight, found "6"
truncated | 7 12\n | 7 | line 4: expected a profit and a weight, found "7"
data at the end | 7 12\n | 7 12\n8 1\n | line 5: expected nothing after 3 items and the capacity, found "8 1"
no solution at the end | 7 12\n | 7 12\n0 1 2\n | line 5: expected nothing after 3 items and the capacity, found "0 1 2"
number out of order | * | 2\n0 5 4\n2 6 1\n10\n | line 3: expected item 1, found "2"
number twice | * | 2\n1 5 4\n1 6 1\n10\n | line 3: expected item 2, found "1"
item without its number | * | 2\n1 5 4\n6 1\n10\n | line 3: expected an item's number, profit and weight, found "6 1"
item in place of the capacity | * | 2\n5 4\n6 1\n7 2\n | line 4: expected the capacity after 2 items, found "7 2"
control characters | 6 1 | 6\u{1b}[31m 1 | line 3: expected a profit (a number from 0 to 2^60), found "6\u{1b}[31m"
"##;

#[test]
fn damaged_knapsacks_are_refused_by_line() {
    check(PACKING, DAMAGED_KNAPSACKS, |text| Knapsack::read(text, Rounding::Nearest));
}

const DAMAGED_SELECTIONS: &str = r##"
empty | * | | expected item numbers or "Value 0", found neither
word | 2 | two | line 2: expected an item's number or "Value v", found "two"
negative item | 2 | -2 | line 2: expected an item's number or "Value v", found "-2"
fractional item | 2 | 2.5 | line 2: expected an item's number or "Value v", found "2.5"
item beyond 32 bits | 2 | 5000000000 | line 2: expected an item's number or "Value v", found "5000000000"
no value | Value 12 | Value | line 3: expected a value, found nothing
NaN value | Value 12 | Value nan | line 3: expected a value, found "nan"
two values | Value 12 | Value 12\nValue 13 | line 4: expected one value, found a second one
another keyword | Value 12 | Values 12 | line 3: expected an item's number or "Value v", found "Values"
"##;

#[test]
fn damaged_selections_are_refused_by_line() {
    let knapsack = Knapsack::read(PACKING, Rounding::Nearest).unwrap();
    check("0\n2\nValue 12\n", DAMAGED_SELECTIONS, |text| knapsack.read_solution(text));
}
