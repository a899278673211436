//! Published sets are regenerated bit for bit.
//!
//! `sets.csv` was made by numpy itself (`sets_fixture.py`). The digests of tsp125, tsp150, cvrp125 and cvrp150 are also
//! those of the published files; the digests below of DIMACS instances are those of the published files' coordinates.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use heuron_problems::metric::UNIT_SCALE;
use heuron_problems::{Cvrp, Instances, SETS, Set, Tsp};
use sha2::{Digest, Sha256};

/// Digests of the lines `x y` of DIMACS instances.
const DIMACS: [(&str, usize, &str); 6] = [
    ("E1k", 0, "eb64d5fccefc86c7dc98dadfe946f50aa541d31fb24c202ad3a2953b1d59d198"),
    ("E3k", 2, "8d4e16679df708dcfa6de74c3c4f858cde48c43b4181ab8a93efac0cecaea7f8"),
    ("E100k", 1, "ba5eb5d791e295d657d2c154b31f0966a2a125b21a7bd733313493079941f11d"),
    ("C1k", 3, "9c94dc52a14567db4d641e6a032de017fe743b0c0ea79d479f4952156ef0f2eb"),
    ("C3k", 0, "f13ef29768c2e0534ffef10fa02adb520c79169da767ea275c3213924b69e34a"),
    ("C100k", 0, "73c0c538c240448230d07cf40e2bf24de965dd69acb840307bc39a98fd7a17be"),
];

fn tsp(name: &str, range: std::ops::Range<usize>) -> Vec<Tsp> {
    match Set::find(name).unwrap().instances(range) {
        Instances::Tsp(instances) => instances,
        _ => panic!("{name} is a TSP set"),
    }
}

fn cvrp(name: &str, range: std::ops::Range<usize>) -> Vec<Cvrp> {
    match Set::find(name).unwrap().instances(range) {
        Instances::Cvrp(instances) => instances,
        _ => panic!("{name} is a CVRP set"),
    }
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn feed(digest: &mut Sha256, points: &[[f64; 2]]) {
    points.iter().flatten().for_each(|x| digest.update(x.to_le_bytes()));
}

/// Digest of the whole set in numpy's memory layout, and first and last customer: x, y, x, y, demand, demand.
fn summary(set: &Set) -> (String, [f64; 6]) {
    let mut digest = Sha256::new();
    let mut points = Vec::new();
    let mut demands = Vec::new();
    match set.instances(0..set.count) {
        Instances::Tsp(instances) => {
            points.extend(instances.iter().flat_map(|tsp| tsp.distances.points().unwrap().to_vec()));
            demands.extend([0, 0]);
        }
        Instances::Cvrp(instances) => {
            for cvrp in &instances {
                let own = cvrp.distances.points().unwrap();
                feed(&mut digest, &own[..1]);
                points.extend_from_slice(&own[1..]);
                demands.extend_from_slice(&cvrp.demands[1..]);
            }
        }
        Instances::Jssp(_) => panic!("{} holds no points", set.name),
    }
    feed(&mut digest, &points);
    if set.problem() == "cvrp" {
        demands.iter().for_each(|demand| digest.update(demand.to_le_bytes()));
    }
    let (first, last) = (points[0], points[points.len() - 1]);
    let demand = |at: usize| demands[at] as f64;
    (hex(digest), [first[0], first[1], last[0], last[1], demand(0), demand(demands.len() - 1)])
}

#[test]
fn unit_square_sets_equal_the_arrays_of_numpy() {
    let fixture = include_str!("../sets.csv");
    for line in fixture.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let (digest, values) = summary(Set::find(fields[0]).unwrap());
        let expected: Vec<f64> = fields[2..].iter().map(|field| field.parse().unwrap_or(0.0)).collect();
        assert_eq!(values.as_slice(), expected, "{}", fields[0]);
        assert_eq!(digest, fields[1], "{}", fields[0]);
    }
    let unit_sets = SETS.iter().filter(|set| set.name.starts_with(set.problem()));
    assert_eq!(fixture.lines().count() - 1, unit_sets.count());
}

#[test]
fn dimacs_instances_equal_the_published_files() {
    for (name, index, expected) in DIMACS {
        assert_eq!(digest_of_lines(&tsp(name, index..index + 1)[0]), expected, "{name}.{index}");
    }
}

fn digest_of_lines(instance: &Tsp) -> String {
    let mut digest = Sha256::new();
    for [x, y] in instance.distances.points().unwrap() {
        digest.update(format!("{x} {y}\n"));
    }
    hex(digest)
}

#[test]
fn every_dimacs_instance_has_the_digest_of_the_public_table() {
    let Ok(folder) = env::var("HEURON_INSTANCES") else {
        println!("skipped: HEURON_INSTANCES names no folder");
        return;
    };
    let table = fs::read_to_string(Path::new(&folder).join("generators.csv")).unwrap();
    let mut seen = 0;
    for row in table.lines().filter(|row| row.starts_with("dimacs_")) {
        let fields: Vec<&str> = row.split(',').collect();
        let (name, index) = fields[1].split_once('.').unwrap();
        let index: usize = index.parse().unwrap();
        assert_eq!(digest_of_lines(&tsp(name, index..index + 1)[0]), fields[4], "{}", fields[1]);
        seen += 1;
    }
    assert_eq!(seen, SETS.iter().filter(|set| set.origin.contains("DIMACS")).map(|set| set.count).sum::<usize>());
}

#[test]
fn one_instance_is_the_same_alone_and_within_the_set() {
    assert_eq!(tsp("tsp125", 0..20)[17], tsp("tsp125", 17..18)[0]);
    assert_eq!(cvrp("cvrp125", 0..20)[17], cvrp("cvrp125", 17..18)[0]);
    assert_eq!(cvrp("cvrp125", 999..2_000).len(), 1);
    assert!(cvrp("cvrp125", 1_000..2_000).is_empty());
}

#[test]
fn costs_of_unit_square_sets_count_ten_millionths() {
    let instance = &tsp("tsp20", 0..1)[0];
    let points = instance.distances.points().unwrap();
    let length = (points[0][0] - points[1][0]).hypot(points[0][1] - points[1][1]);
    assert!((instance.distances.get(0, 1) as f64 / instance.scale - length).abs() < 1e-7);
    assert_eq!(cvrp("cvrp200", 0..1)[0].capacity, 70);
}

#[test]
fn instances_of_a_set_are_named_apart_after_it() {
    for set in SETS {
        let names: Vec<String> = match set.instances(0..12) {
            Instances::Tsp(list) => list.into_iter().map(|tsp| tsp.name).collect(),
            Instances::Cvrp(list) => list.into_iter().map(|cvrp| cvrp.name).collect(),
            Instances::Jssp(list) => list.into_iter().map(|jssp| jssp.name).collect(),
        };
        assert_eq!(names.len(), set.count.min(12), "{}", set.name);
        assert!((1..names.len()).all(|i| !names[..i].contains(&names[i])), "{names:?}");
        let prefix = set.name.split_once('-').filter(|(word, _)| word.starts_with("ta")).map_or(set.name, |_| "ta");
        assert!(names.iter().all(|name| name.starts_with(prefix)), "{names:?}");
    }
}

#[test]
fn mutated_sets_lie_in_the_unit_square() {
    let tour = &tsp("mutated-tsp-9", 4..5)[0];
    assert_eq!((tour.name.as_str(), tour.scale), ("mutated-tsp-9-4", UNIT_SCALE));
    let plan = &cvrp("mutated-cvrp-2", 7..8)[0];
    assert_eq!((plan.name.as_str(), plan.scale, plan.capacity), ("mutated-cvrp-2-7", UNIT_SCALE, 50));
    for points in [tour.distances.points().unwrap(), plan.distances.points().unwrap()] {
        assert!(points.iter().flatten().all(|x| (0.0..1.0).contains(x)));
    }
    assert_eq!(plan, &cvrp("mutated-cvrp-2", 0..9)[7]);
}

#[test]
fn names_are_unique_and_unknown_names_are_not_found() {
    for (i, set) in SETS.iter().enumerate() {
        assert!(SETS[..i].iter().all(|other| other.name != set.name));
    }
    assert!(Set::find("tsp99").is_none());
}
