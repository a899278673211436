//! Random damage to valid files: readers answer, whatever they are given, and what they accept is sound.

use std::fmt::Write;

use heuron_problems::cvrp::read_sol;
use heuron_problems::knapsack::read_selection;
use heuron_problems::{COST_LIMIT, Cvrp, Format, Knapsack, Problem, Rounding, Tsp, bandit, ffsp, jssp, knapsack};
use proptest::prelude::*;
use proptest::sample::Index;

/// What makes readers stumble.
const WORDS: [&str; 24] = [
    "-1",
    "0",
    "1",
    "1e308",
    "-1e-308",
    "nan",
    "inf",
    "9223372036854775807",
    "9223372036854775808",
    "4294967295",
    "EOF",
    ":",
    "NAME",
    "\u{0}",
    "\u{feff}",
    "DIMENSION : 4294967295",
    "DIMENSION : 1",
    "CAPACITY : 1152921504606846976",
    "TYPE : ATSP",
    "TYPE : ACVRP",
    "EDGE_WEIGHT_FORMAT : FULL_MATRIX",
    "NODE_COORD_SECTION",
    "DEMAND_SECTION",
    "-1\n-1",
];

#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Remove(Index, usize),
    Truncate(Index),
    RepeatLine(Index),
    SwapLines(Index, Index),
    Insert(Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<Index>;
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
        (place(), 1..20_usize).prop_map(|(at, count)| Damage::Remove(at, count)),
        place().prop_map(Damage::Truncate),
        place().prop_map(Damage::RepeatLine),
        (place(), place()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
        (place(), 0..WORDS.len()).prop_map(|(at, word)| Damage::Insert(at, word)),
    ]
}

fn damaged(text: &str, damages: &[Damage]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
        match damage {
            Damage::Flip(at, byte) => bytes[at.index(length)] = *byte,
            Damage::Remove(at, count) => {
                let start = at.index(length);
                bytes.drain(start..(start + count).min(length));
            }
            Damage::Truncate(at) => bytes.truncate(at.index(length)),
            Damage::RepeatLine(at) => {
                let at = at.index(lines.len());
                lines.insert(at, lines[at].clone());
                bytes = lines.concat();
            }
            Damage::SwapLines(a, b) => {
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
                bytes = lines.concat();
            }
            Damage::Insert(at, word) => {
                let at = at.index(length);
                bytes.splice(at..at, WORDS[*word].bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Valid instances of every kind of distances, TSP and CVRP alternately.
fn instances() -> Vec<String> {
    let kinds = [
        "EDGE_WEIGHT_TYPE : EUC_2D",
        "EDGE_WEIGHT_TYPE : GEO\nEDGE_WEIGHT_FORMAT : FUNCTION",
        "EDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : LOWER_ROW\nEDGE_WEIGHT_SECTION\n5\n6 7\n8 9 10\n3 4 5 6",
        "EDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : UPPER_DIAG_ROW\n\
         EDGE_WEIGHT_SECTION\n0 5 6 7 8\n0 6 7 8\n0 1 2\n0 3\n0",
    ];
    let mut texts = Vec::new();
    for kind in kinds {
        let mut common = format!("NAME : damaged\nCOMMENT : some\nDIMENSION : 5\n{kind}\nNODE_COORD_SECTION\n");
        for node in 1..=5 {
            let _ = writeln!(common, "{node} {}.5 -{}e1", node * node % 7, 5 * node % 6);
        }
        texts.push(format!("{common}TYPE : TSP\nFIXED_EDGES_SECTION\n1 2\n-1\nEOF\n"));
        let demands = "DEMAND_SECTION\n1 0\n2 1\n3 2\n4 3\n5 4\n";
        texts.push(format!(
            "TYPE : CVRP\nDISTANCE : 90\nVEHICLES : 4\n{common}{demands}DEPOT_SECTION\n1\n-1\nCAPACITY : 5\nEOF\n"
        ));
    }
    texts
}

fn written<P: Format>(problem: &P) -> String {
    let mut text = Vec::new();
    problem.write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// Everything that takes a text reads it, and what is accepted can be judged, written and read again.
fn read_all(text: &str) -> Result<(), TestCaseError> {
    for rounding in [Rounding::Nearest, Rounding::None] {
        if let Ok(tsp) = Tsp::read(text, rounding) {
            prop_assert!((tsp.len() as i64).saturating_mul(tsp.distances.max()) <= COST_LIMIT);
            let _ = tsp.infeasibility();
            let again = Tsp::read(&written(&tsp), rounding).unwrap();
            prop_assert_eq!((&again.distances, &again.fixed), (&tsp.distances, &tsp.fixed));
        }
        if let Ok(cvrp) = Cvrp::read(text, rounding) {
            prop_assert!((cvrp.customers() as i64).saturating_mul(cvrp.distances.max()) <= COST_LIMIT);
            prop_assert!(cvrp.demands.iter().all(|&demand| demand >= 0));
            let _ = cvrp.infeasibility();
            let again = Cvrp::read(&written(&cvrp), rounding).unwrap();
            prop_assert_eq!((&again.distances, &again.demands), (&cvrp.distances, &cvrp.demands));
            prop_assert_eq!((again.limit, again.service, again.vehicles), (cvrp.limit, cvrp.service, cvrp.vehicles));
        }
    }
    let _ = [bandit::resembles, ffsp::resembles, jssp::resembles, knapsack::resembles].map(|resembles| resembles(text));
    if let Ok(knapsack) = Knapsack::read(text, Rounding::Nearest) {
        prop_assert_eq!(knapsack.infeasibility(), None);
        prop_assert_eq!(Knapsack::read(&written(&knapsack), Rounding::Nearest), Ok(knapsack));
    }
    Ok(())
}

/// Every layout of a knapsack.
const KNAPSACKS: [&str; 4] = [
    "3 10\n5 4\n6.25 0\n7 12.5\n0 1 0\n",
    "3\n10\n\n5 4\n6 0\n7 12\n",
    "3\n5 4\n6 0\n7 12\n10\n",
    "3\n0 5 4\n1 6 0\n2 7 12\n10\n",
];

#[test]
fn the_undamaged_files_are_accepted() {
    for (index, text) in instances().iter().enumerate() {
        let accepted = match index % 2 {
            0 => Tsp::read(text, Rounding::Nearest).map(|tsp| tsp.len()),
            _ => Cvrp::read(text, Rounding::Nearest).map(|cvrp| cvrp.customers() + 1),
        };
        assert_eq!(accepted, Ok(5), "{text}");
    }
    assert!(KNAPSACKS.iter().all(|text| Knapsack::read(text, Rounding::Nearest).is_ok()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_instances_never_panic(which in 0..8_usize, damages in prop::collection::vec(damage(), 1..6)) {
        read_all(&damaged(&instances()[which], &damages))?;
    }

    #[test]
    fn damaged_knapsacks_never_panic(which in 0..4_usize, damages in prop::collection::vec(damage(), 1..6)) {
        read_all(&damaged(KNAPSACKS[which], &damages))?;
    }

    #[test]
    fn damaged_selections_never_panic(damages in prop::collection::vec(damage(), 1..6)) {
        let knapsack = Knapsack::read(KNAPSACKS[0], Rounding::Nearest).unwrap();
        if let Ok((selection, _)) = read_selection(&damaged("0\n1 2\nValue 11.5\n", &damages)) {
            let _ = knapsack.evaluate(&selection);
        }
    }

    #[test]
    fn any_text_never_panics(text in "\\PC*") {
        read_all(&text)?;
        let _ = (read_sol(&text), read_selection(&text));
    }

    #[test]
    fn damaged_tours_never_panic(damages in prop::collection::vec(damage(), 1..6)) {
        let tsp = Tsp::read(&instances()[0], Rounding::Nearest).unwrap();
        let tour = "NAME : a.tour\nTYPE : TOUR\nDIMENSION : 5\nTOUR_SECTION\n1 2 3\n4\n5\n-1\nEOF\n";
        if let Ok(tour) = tsp.read_solution(&damaged(tour, &damages)) {
            let _ = tsp.evaluate(&tour);
        }
    }

    #[test]
    fn damaged_route_plans_never_panic(damages in prop::collection::vec(damage(), 1..6)) {
        let cvrp = Cvrp::read(&instances()[1], Rounding::Nearest).unwrap();
        let plan = "Route #1: 1 2\nRoute #2: 3\n\nRoute #3: 4\nCost 24.5\n";
        if let Ok((routes, _)) = read_sol(&damaged(plan, &damages)) {
            let _ = cvrp.evaluate(&routes);
        }
    }
}
