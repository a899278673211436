//! What files may look like, and that writing and reading are inverse to each other.

use std::fs;

use heuron_problems::cvrp::{DeclaredCost, read_sol};
use heuron_problems::format::UNROUNDED_SCALE;
use heuron_problems::knapsack::{Item, read_selection, resembles};
use heuron_problems::{
    Cvrp, Distances, Format, Knapsack, Metric, ParseError, Problem, Rounding, Routes, Selection, Tour, Tsp,
};
use heuron_tests::{ROUTING, files, public_files};
use proptest::prelude::*;

fn written(write: impl Fn(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut text = Vec::new();
    write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn tsp(text: &str) -> Tsp {
    Tsp::read(text, Rounding::Nearest).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn cvrp(text: &str) -> Cvrp {
    Cvrp::read(text, Rounding::Nearest).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// An explicit instance of 4 nodes with the weight 10 i + j between nodes i < j.
fn explicit(kind: &str, format: &str, weights: &str) -> String {
    format!(
        "TYPE : {kind}\nDIMENSION : 4\nEDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : {format}\n\
         EDGE_WEIGHT_SECTION\n{weights}\nEOF\n"
    )
}

#[test]
fn every_matrix_layout_gives_the_same_distances() {
    let full = tsp(&explicit("TSP", "FULL_MATRIX", "0 12 13 14\n12 0 23 24\n13 23 0 34\n14 24 34 0"));
    assert_eq!(full.distances.get(1, 3), 24);
    let layouts = [
        ("UPPER_ROW", "12 13 14 23 24 34"),
        ("LOWER_ROW", "12\n13 23\n14 24 34"),
        ("UPPER_DIAG_ROW", "0 12 13 14 0 23 24 0 34 0"),
        ("LOWER_DIAG_ROW", "9999 12 9999 13 23 -1\n14 24 34 0.5"),
        ("UPPER_COL", "12 13 23 14 24 34"),
        ("LOWER_COL", "12 13 14\n23 24\n34"),
        ("UPPER_DIAG_COL", "0\n12 0\n13 23 0\n14 24 34 0"),
        ("lower_diag_col", "0 12.0 1.3e1 14 0 23 24 0 34 0"),
    ];
    for (format, weights) in layouts {
        assert_eq!(tsp(&explicit("TSP", format, weights)).distances, full.distances, "{format}");
    }
}

#[test]
fn asymmetric_matrices_are_kept_as_they_are() {
    let weights = "9999 1 2 3\n4 9999 5 6\n7 8 9999 9\n10 11 12 9999";
    let directed = tsp(&explicit("ATSP", "FULL_MATRIX", weights));
    assert!(!directed.distances.is_symmetric());
    assert_eq!((directed.distances.get(0, 1), directed.distances.get(1, 0)), (1, 4));
    assert_eq!(tsp(&written(|out| directed.write(out))), directed);
    let routing = explicit("ACVRP", "FULL_MATRIX", weights)
        .replace("EOF", "CAPACITY : 9\nDEMAND_SECTION\n1 1\n2 2\n3 0\n4 3\nDEPOT_SECTION\n3");
    let routing = cvrp(&routing);
    // The depot, node 3 of the file, comes first: nodes 3 1 2 4 are now 0 1 2 3.
    assert_eq!(routing.demands, [0, 1, 2, 3]);
    assert_eq!((routing.distances.get(0, 1), routing.distances.get(1, 0), routing.distances.get(3, 2)), (7, 2, 11));
    assert_eq!(cvrp(&written(|out| routing.write(out))), routing);
}

#[test]
fn appearance_does_not_matter() {
    let comments = "NAME : three\nCOMMENT : first\nCOMMENT : second: with a colon";
    let file = ROUTING.replace("NAME : three", comments);
    let plain = cvrp(&file);
    assert_eq!((plain.name.as_str(), plain.comment.as_str()), ("three", "first\nsecond: with a colon"));
    let (sections, end) = (file.find("NODE_COORD").unwrap(), file.find("EOF").unwrap());
    let reordered = format!("{}{}EOF\n", &file[sections..end], &file[..sections]);
    let lower: String = file
        .lines()
        .map(|line| match line.split_once(" : ") {
            Some((key, value)) if key == "NAME" || key == "COMMENT" => format!("{}:{value}\n", key.to_lowercase()),
            _ => line.to_lowercase() + "\n",
        })
        .collect();
    let variants = [
        ("CRLF", file.replace('\n', "\r\n")),
        ("tabs", file.replace(' ', "\t").replace("second:\twith\ta\tcolon", "second: with a colon")),
        ("leading blanks", file.replace('\n', "\n   ")),
        ("blank lines", file.replace('\n', "\n\n \n")),
        ("KEY:value", file.replace(" : ", ":")),
        ("KEY: value", file.replace(" : ", ": ")),
        ("KEY value", file.replace(" : ", " ")),
        ("SECTION:", file.replace("_SECTION", "_SECTION:")),
        ("SECTION :", file.replace("_SECTION", "_SECTION : ")),
        ("lower case", lower),
        ("e-notation", file.replace("3 3 4", "3 3.0e+00 0.4E1").replace("3 5\n", "3 5.0\n")),
        ("sections first", reordered),
        ("nodes in another order", file.replace("1 0 0\n2 3 0\n", "2 3 0\n1 0 0\n")),
        ("no EOF", file.replace("EOF\n", "")),
        ("no -1", file.replace("-1\nEOF\n", "")),
        ("no last newline", file.trim_end().to_string()),
        ("byte-order mark", format!("\u{feff}{file}")),
        ("function", file.replace("EUC_2D", "EUC_2D\nEDGE_WEIGHT_FORMAT : FUNCTION\nNODE_COORD_TYPE : TWOD_COORDS")),
        ("no TYPE", file.replace("TYPE : CVRP\n", "")),
    ];
    for (name, text) in variants {
        assert_ne!(text, file, "{name}");
        assert_eq!(Cvrp::read(&text, Rounding::Nearest).as_ref(), Ok(&plain), "{name}");
    }
    assert_eq!(tsp(&explicit("TSP (M.~Hofmeister)", "UPPER_ROW", "1 2 3 4 5 6")).len(), 4);
}

#[test]
fn limits_are_in_cost_units() {
    let file = ROUTING.replace("DISTANCE : 50", "DISTANCE : 20.5");
    let rounded = cvrp(&file);
    // Rounded durations above 20.5 are those above 20.
    assert_eq!((rounded.limit, rounded.service, rounded.vehicles, rounded.scale), (Some(20), 2, Some(2), 1.0));
    let exact = Cvrp::read(&file, Rounding::None).unwrap();
    assert_eq!((exact.limit, exact.service, exact.scale), (Some(20_500_000), 2_000_000, UNROUNDED_SCALE));
    assert_eq!(exact.distances.get(0, 2), 5_000_000);
    // Other metrics are integer by definition.
    let ceil = Cvrp::read(&file.replace("EUC_2D", "CEIL_2D"), Rounding::None).unwrap();
    assert_eq!((ceil.limit, ceil.scale, ceil.distances.metric()), (Some(20), 1.0, Some(Metric::Ceil)));
    for (instance, rounding) in [(rounded, Rounding::Nearest), (exact, Rounding::None)] {
        assert_eq!(Cvrp::read(&written(|out| instance.write(out)), rounding), Ok(instance));
    }
}

#[test]
fn depot_becomes_the_first_node() {
    let moved = ROUTING.replace("1 0\n2 4\n3 5", "1 5\n2 4\n3 0").replace("SECTION\n1\n-1", "SECTION\n3\n-1");
    let moved = cvrp(&moved);
    assert_eq!(moved.distances.points().unwrap(), [[3.0, 4.0], [0.0, 0.0], [3.0, 0.0], [0.0, 4.0]]);
    assert_eq!(moved.demands, [0, 5, 4, 6]);
    // Route 1 visits the first customer of the file, which is its node 1.
    let routes = moved.read_solution("Route #1: 1 2\nRoute #2: 3").unwrap();
    assert_eq!(moved.length(&routes.routes[0]), 5 + 3 + 4);
}

#[test]
fn fixed_edges_and_pictures_are_kept() {
    let text = explicit("TSP", "UPPER_ROW", "1 2 3 4 5 6").replace(
        "EOF",
        "DISPLAY_DATA_TYPE : TWOD_DISPLAY\nDISPLAY_DATA_SECTION\n2 0 1\n1 5 5\n3 1 0\n4 1 1\n\
         FIXED_EDGES_SECTION\n2 3\n4 1\n-1",
    );
    let fixed = tsp(&text);
    assert_eq!(fixed.fixed, [[1, 2], [3, 0]]);
    assert_eq!(fixed.drawing().unwrap()[0], [5.0, 5.0]);
    assert_eq!(tsp(&written(|out| fixed.write(out))), fixed);
}

#[test]
fn tours_are_read_in_every_style() {
    let square = tsp(&explicit("TSP", "UPPER_ROW", "1 2 3 4 5 6"));
    let texts = [
        "NAME : ./TSPLIB/a280.tsp.optbc.tour\nTYPE : TOUR\nDIMENSION : 4\nTOUR_SECTION\n1\n3\n2\n4\n-1\n",
        "name: x\ncomment: y (7)\ntype: tour\ntour_section:\r\n  1 3\r\n2 4 -1\r\neof",
        "TOUR_SECTION\n1 3 2 4",
        "TYPE : TOUR\nTOUR_SECTION\n1 3 2 4\n-1\n-1\nEOF\n",
    ];
    for text in texts {
        assert_eq!(square.read_solution(text), Ok(Tour { nodes: vec![0, 2, 1, 3] }), "{text}");
    }
    // A tour that is none is for `evaluate` to judge.
    let short = square.read_solution("TOUR_SECTION\n1 3 9").unwrap();
    assert_eq!(square.evaluate(&short).unwrap_err().to_string(), "node 9 does not exist");
}

#[test]
fn route_plans_are_read_in_every_style() {
    let routes = Routes { routes: vec![vec![1, 2], vec![3]] };
    let texts = [
        ("Route #1: 1 2\nRoute #2: 3\nCost 24", Some((24.0, 0))),
        ("Route #1: 1 2\r\nRoute #2: 3\r\nCost: 24.50\r\n", Some((24.5, 2))),
        ("\n  route 1 :1\t2\n\nROUTE #7: 3\n\ncost : 2.4e1\n\n", Some((24.0, 0))),
        ("Cost 24\nRoute: 1 2\nRoute # 2: 3", Some((24.0, 0))),
        ("Route #1: 1 2\nRoute #2: 3", None),
    ];
    for (text, cost) in texts {
        let declared = cost.map(|(value, decimals)| DeclaredCost { value, decimals });
        assert_eq!(read_sol(text), Ok((routes.clone(), declared)), "{text}");
    }
    assert_eq!(read_sol("Route #1:\nCost 0").map(|(routes, _)| routes), Ok(Routes { routes: vec![vec![]] }));
}

#[test]
fn declared_cost_agrees_up_to_its_last_digit() {
    let declared = |text: &str| read_sol(text).unwrap().1.unwrap();
    let (rounded, exact) = (cvrp(ROUTING), Cvrp::read(ROUTING, Rounding::None).unwrap());
    assert!(declared("Cost 24").agrees(&rounded, 24));
    assert!(!declared("Cost 24").agrees(&rounded, 25));
    assert!(!declared("Cost 24.4").agrees(&rounded, 24));
    assert!(declared("Cost 24.42").agrees(&exact, 24_424_999));
    assert!(!declared("Cost 24.42").agrees(&exact, 24_425_100));
    // Three customers: up to six edges, each half a millionth off.
    assert!(declared("Cost 24.424999").agrees(&exact, 24_425_002));
    assert!(!declared("Cost 24.424999").agrees(&exact, 24_425_009));
}

#[test]
fn written_solutions_state_costs_in_units_of_the_file() {
    let (rounded, exact) = (cvrp(ROUTING), Cvrp::read(ROUTING, Rounding::None).unwrap());
    let plan = Routes { routes: vec![vec![1, 2], vec![], vec![3]] };
    let text = "Route #1: 1 2\nRoute #2: 3\n";
    assert_eq!(written(|out| rounded.write_solution(&plan, out)), format!("{text}Cost 20\n"));
    assert_eq!(written(|out| exact.write_solution(&plan, out)), format!("{text}Cost 20.000000\n"));
    let incomplete = Routes { routes: vec![vec![1]] };
    assert_eq!(written(|out| rounded.write_solution(&incomplete, out)), "Route #1: 1\n");
    let square = tsp(&explicit("TSP", "UPPER_ROW", "1 2 3 4 5 6").replace("TYPE : TSP", "NAME : square\nTYPE : TSP"));
    let tour = Tour { nodes: vec![0, 2, 1, 3] };
    let expected =
        "NAME : square.tour\nCOMMENT : Length 14\nTYPE : TOUR\nDIMENSION : 4\nTOUR_SECTION\n1\n3\n2\n4\n-1\nEOF\n";
    assert_eq!(written(|out| square.write_solution(&tour, out)), expected);
    assert_eq!(square.read_solution(expected), Ok(tour));
}

fn knapsack(text: &str) -> Knapsack {
    Knapsack::read(text, Rounding::Nearest).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn every_layout_of_a_knapsack_gives_the_same_instance() {
    let plain = knapsack("3 10\n5 4\n6 0\n7 12\n");
    let items = [(5, 4), (6, 0), (7, 12)].map(|(profit, weight)| Item { profit, weight });
    assert_eq!((plain.items.as_slice(), plain.capacity, plain.scale), (items.as_slice(), 10, 1.0));
    for text in [
        "3\n10\n\n5 4\n6 0\n7 12\n",
        "\n3\n10\n5 4\n6 0\n7 12",
        "3\n5 4\n6 0\n7 12\n10\n",
        "3\n0 5 4\n1 6 0\n2 7 12\n10",
        "3\n1 5 4\n2 6 0\n3 7 12\n10",
        "3 10\n5 4\n6 0\n7 12\n1 1 0\n",
        "\u{feff}3\t10\r\n 5   4\r\n6\t0\r\n7 12\r\n",
        "3 10.0\n5.0 4\n6 0.000\n0.7e1 1.2e+1\n",
    ] {
        assert_eq!(knapsack(text), plain, "{text}");
        assert!(resembles(text), "{text}");
    }
    assert_eq!(knapsack("0 4").items, []);
    assert_eq!(knapsack("0\n4").capacity, 4);
}

#[test]
fn decimal_fractions_lose_nothing() {
    let real = knapsack("2 37.5\n0.125126 56.358531\n19.330424 80.87405\n");
    assert_eq!((real.scale, real.weight_scale, real.capacity), (1e6, 1e6, 37_500_000));
    assert_eq!(real.items[1], Item { profit: 19_330_424, weight: 80_874_050 });
    assert_eq!(knapsack(&written(|out| real.write(out))), real);
    let text = written(|out| real.write_solution(&Selection { items: vec![] }, out));
    assert_eq!(text, "Value 0.000000\n");
    // Each column has its own unit.
    let mixed = knapsack("1 2\n.5 1\n");
    assert_eq!((mixed.scale, mixed.weight_scale, mixed.items[0].profit), (10.0, 1.0, 5));
}

#[test]
fn other_files_do_not_resemble_a_knapsack() {
    // A job shop of two jobs on two machines; a flow shop; a truncated knapsack; words.
    for text in
        ["2 2\n0 3 1 4\n1 5 0 6\n", "2 2\n1 1\n3\n4\n5\n6\n", "3 10\n5 4\n6 0\n", "2 x\na b\nc d\n", ROUTING, ""]
    {
        assert!(!resembles(text), "{text}");
    }
}

#[test]
fn selections_are_read_in_every_style() {
    let selection = Selection { items: vec![0, 2, 5] };
    for (text, value) in [
        ("0\n2\n5\nValue 12\n", Some(12.0)),
        ("5 0 2\r\nvalue: 12\r\n", Some(12.0)),
        ("VALUE:12.5\n\n 0\t2\n5", Some(12.5)),
        ("0 2 5", None),
    ] {
        assert_eq!(read_selection(text), Ok((selection.clone(), value)), "{text}");
    }
    assert_eq!(read_selection("Value 0"), Ok((Selection::default(), Some(0.0))));
    let problem = knapsack("3 10\n5 4\n6 0\n7 12\n");
    assert_eq!(written(|out| problem.write_solution(&Selection { items: vec![0, 1] }, out)), "0\n1\nValue 11\n");
    assert_eq!(written(|out| problem.write_solution(&Selection { items: vec![2] }, out)), "2\n");
}

/// A name cannot smuggle lines into a file.
#[test]
fn written_names_stay_in_their_line() {
    let mut instance = cvrp(ROUTING);
    instance.name = "a\nCAPACITY : 1".into();
    let again = cvrp(&written(|out| instance.write(out)));
    assert_eq!((again.name.as_str(), again.capacity), ("a CAPACITY : 1", 10));
}

/// The unit square has no word in TSPLIB: its scale goes into the coordinates, which any solver understands.
#[test]
fn unit_square_is_written_in_its_cost_units() {
    let unit = Distances::new(Metric::Euclid { scale: 1e7 }, vec![[0.0, 0.0], [0.5, 0.0], [0.25, 0.125]]);
    let instance = Tsp { scale: 1e7, ..Tsp::new("unit", unit) };
    let again = tsp(&written(|out| instance.write(out)));
    assert_eq!(again.distances.points().unwrap()[1], [5e6, 0.0]);
    assert_eq!(again.length(&[0, 1, 2]), instance.length(&[0, 1, 2]));
}

#[test]
fn public_instances_and_solutions_survive_writing() {
    let Some(folder) = public_files() else { return };
    for set in ["tsplib", "national", "vlsi"] {
        for path in files(folder.join("tsp").join(set), "tsp") {
            let instance = tsp(&fs::read_to_string(&path).unwrap());
            assert_eq!(tsp(&written(|out| instance.write(out))), instance, "{}", path.display());
        }
    }
    for set in ["A", "B", "E", "F", "M", "P", "X", "AGS", "Golden", "Li", "Tai", "CMT"] {
        for path in files(folder.join("cvrp").join(set), "vrp") {
            let (text, plan) =
                (fs::read_to_string(&path).unwrap(), fs::read_to_string(path.with_extension("sol")).unwrap());
            for rounding in [Rounding::Nearest, Rounding::None] {
                let read = |text: &str| -> Result<Cvrp, ParseError> { Cvrp::read(text, rounding) };
                let instance = read(&text).unwrap();
                assert_eq!(read(&written(|out| instance.write(out))), Ok(instance.clone()), "{}", path.display());
                let plan = instance.read_solution(&plan).unwrap();
                let again = instance.read_solution(&written(|out| instance.write_solution(&plan, out)));
                assert_eq!(again, Ok(plan), "{}", path.display());
            }
        }
    }
}

fn metric() -> impl Strategy<Value = Metric> {
    prop_oneof![Just(Metric::Euclid { scale: 1.0 }), Just(Metric::Ceil), Just(Metric::Att), Just(Metric::Geo)]
}

fn distances() -> impl Strategy<Value = Distances> {
    let planar = (metric(), prop::collection::vec([-90.0..90.0, -180.0..180.0_f64], 1..20))
        .prop_map(|(metric, points)| Distances::new(metric, points));
    let matrix = (1..8_usize).prop_flat_map(|n| (Just(n), prop::collection::vec(0..1_i64 << 40, n * n)));
    let matrix = matrix.prop_map(|(n, mut weights)| {
        weights.iter_mut().step_by(n + 1).for_each(|diagonal| *diagonal = 0);
        Distances::from_matrix(n, weights)
    });
    prop_oneof![planar, matrix]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tsp_survives_writing(distances in distances(), name in "[ -~]{0,20}", comment in "[ -~]{0,20}") {
        let mut instance = Tsp::new(name.trim(), distances);
        instance.comment = comment.trim().into();
        prop_assert_eq!(tsp(&written(|out| instance.write(out))), instance);
    }

    #[test]
    fn any_knapsack_survives_writing(
        items in prop::collection::vec((0..1_i64 << 40, 0..1_i64 << 40), 0..20),
        capacity in 0..1_i64 << 60,
        places in 0..9_i32,
    ) {
        let items = items.into_iter().map(|(profit, weight)| Item { profit, weight }).collect();
        let mut instance = Knapsack::new("", items, capacity);
        // One more digit than the unit has, so that no shorter unit would do.
        instance.items.push(Item { profit: 1, weight: 1 });
        (instance.scale, instance.weight_scale) = (10_f64.powi(places), 10_f64.powi(8 - places));
        prop_assert_eq!(knapsack(&written(|out| instance.write(out))), instance);
    }

    #[test]
    fn any_cvrp_survives_writing(
        distances in distances(),
        seed in any::<u32>(),
        limit in prop::option::of(0..1_000_000_i64),
        vehicles in prop::option::of(1..9_usize),
    ) {
        let demands = (0..distances.len() as u32).map(|node| i64::from(node * (seed % 1000))).collect();
        let mut instance = Cvrp::new("any", distances, demands, i64::from(seed));
        (instance.limit, instance.vehicles, instance.service) = (limit, vehicles, i64::from(seed % 3));
        prop_assert_eq!(cvrp(&written(|out| instance.write(out))), instance);
    }
}
