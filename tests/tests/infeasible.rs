//! Instances that have no solution are recognised before any search, and only those.

use heuron_problems::{Cvrp, Distances, Format, Metric, Problem, Rounding, Routes, Tsp};

/// A depot at the origin and customers on a line at 10, 20, 30 with demands 4, 5, 6.
fn line() -> Cvrp {
    let points = vec![[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [30.0, 0.0]];
    Cvrp::new("line", Distances::new(Metric::Euclid { scale: 1.0 }, points), vec![0, 4, 5, 6], 10)
}

fn reason(instance: &Cvrp) -> String {
    instance.infeasibility().expect("a reason").to_string()
}

#[test]
fn customer_that_fits_no_vehicle_is_named() {
    let instance = Cvrp { capacity: 5, ..line() };
    assert_eq!(reason(&instance), "customer 3 demands 6, a vehicle holds 5");
    assert_eq!(line().infeasibility(), None);
    assert_eq!(Cvrp { capacity: 6, ..line() }.infeasibility(), None);
}

#[test]
fn impossible_numbers_are_named() {
    assert_eq!(reason(&Cvrp { capacity: -1, ..line() }), "the capacity is -1");
    assert_eq!(reason(&Cvrp { demands: vec![0, 4, -5, 6], ..line() }), "customer 2 demands -5");
    let short = Cvrp { demands: vec![0, 4, 5], ..line() };
    assert_eq!(reason(&short), "there are demands of 3 nodes and distances between 4");
    let empty = Cvrp::new("empty", Distances::new(Metric::Ceil, Vec::new()), Vec::new(), 1);
    assert_eq!(reason(&empty), "there are demands of 0 nodes and distances between 0");
}

#[test]
fn fleet_that_holds_too_little_is_refused() {
    let instance = Cvrp { vehicles: Some(1), ..line() };
    let expected = "the customers demand 15 in all, which takes 2 vehicles of capacity 10, the fleet has 1";
    assert_eq!(reason(&instance), expected);
    assert_eq!(Cvrp { vehicles: Some(2), ..line() }.infeasibility(), None);
    assert_eq!(Cvrp { vehicles: Some(1), capacity: 15, ..line() }.infeasibility(), None);
    let large =
        Cvrp { capacity: i64::MAX, demands: vec![0, i64::MAX, i64::MAX, i64::MAX], vehicles: Some(2), ..line() };
    assert!(reason(&large).contains("which takes 3 vehicles"));
    let nothing = Cvrp { capacity: 0, demands: vec![0; 4], vehicles: Some(1), ..line() };
    assert_eq!(nothing.infeasibility(), None);
}

#[test]
fn customer_out_of_reach_is_named() {
    let instance = Cvrp { limit: Some(60), service: 1, ..line() };
    assert_eq!(reason(&instance), "serving customer 3 alone lasts 61, the limit of a route is 60");
    assert_eq!(Cvrp { limit: Some(61), service: 1, ..line() }.infeasibility(), None);
}

/// The direct way to customer 2 is too long, the one through customer 1 is not.
#[test]
fn customer_in_reach_by_a_detour_is_not_refused() {
    let weights = vec![0, 10, 50, 10, 0, 10, 50, 10, 0];
    let instance =
        Cvrp { limit: Some(70), ..Cvrp::new("detour", Distances::from_matrix(3, weights), vec![0, 1, 1], 2) };
    assert_eq!(instance.infeasibility(), None);
    assert_eq!(instance.evaluate(&Routes { routes: vec![vec![1, 2]] }), Ok(70));
    let tighter = Cvrp { limit: Some(39), ..instance };
    assert_eq!(reason(&tighter), "serving customer 2 alone lasts 40, the limit of a route is 39");
}

/// Three demands of 6 fill two vehicles of 10 by their sum, but no two of them go together.
#[test]
fn few_customers_that_fit_badly_together_are_refused_with_a_proof() {
    let packing = Cvrp { demands: vec![0, 6, 6, 6], vehicles: Some(2), ..line() };
    let instance = heuron::Instance::Cvrp(packing.clone());
    let options = heuron::Options::default();
    let error = heuron::solve(&instance, &options, |_| {}).unwrap_err().to_string();
    let expected =
        "line: no solution exists: no plan serves all 3 customers within the limits, as trying all has shown";
    assert_eq!(error, expected);
    let roomy = Cvrp { vehicles: Some(3), ..packing };
    assert!(heuron::solve(&heuron::Instance::Cvrp(roomy), &options, |_| {}).is_ok());
}

/// The depot is node 3: customers 1 and 2 are the nodes before it, customer 3 is node 4.
#[test]
fn reason_knows_its_line_of_the_file() {
    let file = "TYPE : CVRP\nDIMENSION : 4\nCAPACITY : 5\nVEHICLES : 1\nEDGE_WEIGHT_TYPE : EUC_2D\n\
                NODE_COORD_SECTION\n1 0 0\n2 1 0\n3 2 0\n4 3 0\nDEMAND_SECTION\n4 6\n3 0\n2 1\n1 1\n\
                DEPOT_SECTION\n3\n-1\nEOF\n";
    let line = |text: &str| {
        let instance = Cvrp::read(text, Rounding::Nearest).unwrap();
        instance.infeasibility().unwrap().line(text).map(|line| text.lines().nth(line - 1).unwrap().to_string())
    };
    assert_eq!(line(file).unwrap(), "4 6");
    assert_eq!(line(&file.replace("CAPACITY : 5", "CAPACITY : 6")).unwrap(), "VEHICLES : 1");
    let limited = file.replace("CAPACITY : 5", "CAPACITY : 9").replace("VEHICLES : 1", "DISTANCE : 1");
    assert_eq!(line(&limited).unwrap(), "DISTANCE : 1");
    assert_eq!(Cvrp { capacity: 5, ..self::line() }.infeasibility().unwrap().line("no such file"), None);
    let ring = "TYPE : TSP\nDIMENSION : 4\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 1 0\n3 2 0\n4 3 0\n\
                FIXED_EDGES_SECTION\n1 2\n2 3\n3 1\n-1\nEOF\n";
    let tsp = Tsp::read(ring, Rounding::Nearest).unwrap();
    assert_eq!(tsp.infeasibility().unwrap().line(ring), Some(11));
    let error = heuron::solve(&heuron::Instance::Tsp(tsp), &heuron::Options::default(), |_| {}).unwrap_err();
    assert!(matches!(error, heuron::Error::Infeasible { .. }), "{error}");
}

fn fixed(edges: &[[u32; 2]]) -> Option<String> {
    let points = (0..5).map(|index| [f64::from(index), 0.0]).collect();
    let mut tsp = Tsp::new("five", Distances::new(Metric::Ceil, points));
    tsp.fixed = edges.to_vec();
    tsp.infeasibility().map(|reason| reason.to_string())
}

#[test]
fn fixed_edges_that_no_tour_has_together_are_named() {
    assert_eq!(fixed(&[[0, 1], [2, 0], [0, 3]]).unwrap(), "node 1 has more than two fixed edges");
    assert_eq!(fixed(&[[0, 1], [1, 2], [2, 0]]).unwrap(), "the fixed edge 2-3 closes a cycle that leaves nodes out");
    assert_eq!(fixed(&[[0, 5]]).unwrap(), "the fixed edge 1-6 is not between two of the 5 nodes");
    assert_eq!(fixed(&[[3, 3]]).unwrap(), "the fixed edge 4-4 is not between two of the 5 nodes");
}

#[test]
fn fixed_edges_of_a_tour_are_accepted() {
    assert_eq!(fixed(&[]), None);
    assert_eq!(fixed(&[[0, 1], [1, 0], [1, 2]]), None, "an edge may be fixed twice");
    assert_eq!(fixed(&[[0, 2], [2, 4], [4, 1], [1, 3], [3, 0]]), None, "a whole tour may be fixed");
    let none = Tsp::new("none", Distances::new(Metric::Ceil, Vec::new()));
    assert_eq!(none.infeasibility().unwrap().to_string(), "there are no nodes");
}
