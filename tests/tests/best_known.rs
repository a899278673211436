//! Published solutions evaluate to their published costs: the reading of every format and every distance function is
//! right.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use heuron_problems::cvrp::read_sol;
use heuron_problems::{Cvrp, Format, Problem, Rounding, Tsp};
use heuron_tests::{files, public_files};

/// Sets of CVRPLIB with rounded distances.
const ROUNDED: [&str; 8] = ["A", "B", "E", "F", "M", "P", "X", "AGS"];

/// Sets of CVRPLIB with unrounded distances.
const UNROUNDED: [&str; 4] = ["CMT", "Golden", "Li", "Tai"];

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Size and cost of the published solution by path, from `bks.csv`.
fn published(folder: &Path, problem: &str) -> BTreeMap<String, (usize, f64)> {
    let table = text(&folder.join("bks.csv"));
    let rows = table.lines().skip(1).filter(|row| row.starts_with(&format!("{problem},")));
    let entry = |row: &str| {
        // problem,instance,size,best_known,is_optimal,source,set,verified,note,path
        let columns: Vec<&str> = row.split(',').collect();
        let [_, _, size, best, .., verified, _, path] = columns[..] else { panic!("bks.csv: {row}") };
        // "sol 1032.51" stands where the file's solution is not the best known one.
        let cost = verified.strip_prefix("sol ").unwrap_or(best);
        (!path.is_empty()).then(|| (path.to_string(), (size.parse().unwrap(), cost.parse().unwrap())))
    };
    rows.filter_map(entry).collect()
}

#[test]
fn published_tours_have_their_published_lengths() {
    let Some(folder) = public_files() else { return };
    let costs = published(&folder, "tsp");
    for path in files(folder.join("tsp/tsplib/tours"), "tour") {
        let (name, kind) = stem(&path).rsplit_once('.').map(|(a, b)| (a.to_string(), b.to_string())).unwrap();
        let instance = format!("tsp/tsplib/{name}.tsp");
        let tsp = Tsp::read(&text(&folder.join(&instance)), Rounding::Nearest).unwrap();
        let tour = text(&path);
        let length = tsp.evaluate(&tsp.read_solution(&tour).unwrap()).unwrap();
        // Tours that are not optimal state their length in the comment.
        let stated =
            tour.lines().find_map(|line| line.strip_prefix("COMMENT : length ")?.split(';').next()?.parse().ok());
        let (_, optimum) = costs[&instance];
        assert_eq!(length as f64, stated.unwrap_or(optimum), "{name}");
        assert!(kind != "opt" || length as f64 == optimum, "{name}");
    }
}

#[test]
fn published_route_plans_have_their_published_costs() {
    let Some(folder) = public_files() else { return };
    let costs = published(&folder, "cvrp");
    let sets = ROUNDED.map(|set| (set, Rounding::Nearest)).into_iter();
    for (set, rounding) in sets.chain(UNROUNDED.map(|set| (set, Rounding::None))) {
        for path in files(folder.join("cvrp").join(set), "vrp") {
            let name = stem(&path);
            let cvrp = Cvrp::read(&text(&path), rounding).unwrap();
            let (routes, declared) = read_sol(&text(&path.with_extension("sol"))).unwrap();
            assert_eq!(cvrp.read_solution(&text(&path.with_extension("sol"))), Ok(routes.clone()), "{name}");
            let cost = cvrp.evaluate(&routes).unwrap_or_else(|violation| panic!("{name}: {violation}"));
            let declared = declared.unwrap();
            assert!(declared.agrees(&cvrp, cost), "{name}: {cost} is not {declared:?}");
            let (customers, published) = costs[&format!("cvrp/{set}/{name}.vrp")];
            assert_eq!(cvrp.customers(), customers, "{name}");
            // Two digits are published.
            let tolerance = if rounding == Rounding::Nearest { 0.0 } else { 0.005 + 1e-6 };
            assert!((cost as f64 / cvrp.scale - published).abs() <= tolerance, "{name}: {cost} is not {published}");
            assert_eq!(cvrp.infeasibility(), None, "{name}");
        }
    }
}

#[test]
fn public_instances_have_their_published_sizes() {
    let Some(folder) = public_files() else { return };
    for (path, (size, _)) in published(&folder, "tsp") {
        let tsp = Tsp::read(&text(&folder.join(&path)), Rounding::Nearest).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert_eq!(tsp.len(), size, "{path}");
        assert_eq!(tsp.infeasibility(), None, "{path}");
    }
}

/// linhp318 is lin318 with one edge fixed: a tour without it is not one.
#[test]
fn fixed_edge_of_linhp318_is_read() {
    let Some(folder) = public_files() else { return };
    let tsp = Tsp::read(&text(&folder.join("tsp/tsplib/linhp318.tsp")), Rounding::Nearest).unwrap();
    assert_eq!(tsp.fixed, [[0, 213]]);
    let order = heuron_problems::Tour { nodes: (0..318).collect() };
    assert_eq!(tsp.evaluate(&order).unwrap_err().to_string(), "the fixed edge 1-214 is not in the tour");
}
