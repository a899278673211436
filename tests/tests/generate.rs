//! Random instances keep the promises of their distributions.

use std::fs;
use std::path::Path;

use heuron_problems::cvrp::generate::Distribution;
use heuron_problems::{Bandit, Cvrp, Ffsp, Format, Generate, Jssp, Knapsack, Problem, Routes, SpecError, Tsp, stream};

const X_DEMANDS: [(&str, i64, i64); 7] = [
    ("unitary", 1, 1),
    ("1-10", 1, 10),
    ("5-10", 5, 10),
    ("1-100", 1, 100),
    ("50-100", 50, 100),
    ("quadrant", 1, 100),
    ("small-large", 1, 100),
];

fn draw<P: Generate>(n: usize, distribution: &str, seed: u64) -> P {
    let spec = P::spec(n, distribution).unwrap();
    P::generate(&spec, &mut stream(seed, "generate", 0))
}

#[test]
fn same_seed_same_instance_and_other_seed_another() {
    for name in Tsp::DISTRIBUTIONS {
        let first: Tsp = draw(150, name, 1);
        assert_eq!(first, draw(150, name, 1), "{name}");
        assert_ne!(first, draw(150, name, 2), "{name}");
        assert_eq!(first.len(), 150, "{name}");
    }
    for name in Cvrp::DISTRIBUTIONS {
        let first: Cvrp = draw(150, name, 1);
        assert_eq!(first, draw(150, name, 1), "{name}");
        assert_ne!(first, draw(150, name, 2), "{name}");
        assert_eq!(first.customers(), 150, "{name}");
    }
    for name in Knapsack::DISTRIBUTIONS {
        let first: Knapsack = draw(150, name, 1);
        assert_eq!(first, draw(150, name, 1), "{name}");
        assert_ne!(first, draw(150, name, 2), "{name}");
        assert_eq!(first.len(), 150, "{name}");
        assert_eq!(first.infeasibility(), None, "{name}");
    }
}

#[test]
fn points_are_whole_numbers_and_uniform_ones_lie_in_the_square() {
    for name in ["uniform", "clustered"] {
        let tsp: Tsp = draw(1_000, name, 1);
        let points = tsp.distances.points().unwrap();
        assert!(points.iter().flatten().all(|x| x.fract() == 0.0));
        assert!(name == "clustered" || points.iter().flatten().all(|x| (0.0..1e6).contains(x)));
    }
}

#[test]
fn matrices_obey_the_triangle_inequality_and_only_asymmetric_ones_are_not_symmetric() {
    for (name, symmetric) in [("matrix", true), ("asymmetric", false)] {
        let tsp: Tsp = draw(40, name, 1);
        assert_eq!(tsp.distances.is_symmetric(), symmetric);
        let d = |i, j| tsp.distances.get(i, j);
        for (i, j, k) in (0..40).flat_map(|i| (0..40).flat_map(move |j| (0..40).map(move |k| (i, j, k)))) {
            assert!(d(i, k) <= d(i, j) + d(j, k));
        }
    }
}

#[test]
fn clusters_are_denser_than_uniform_points() {
    let mean_nearest = |distances: &heuron_problems::Distances| {
        let near = heuron_problems::Near::nearest(distances, 1);
        (0..near.len()).map(|i| distances.get(i, near.of(i)[0] as usize)).sum::<i64>()
    };
    let tsp = |name| mean_nearest(&draw::<Tsp>(1_000, name, 1).distances);
    assert!(2 * tsp("clustered") < tsp("uniform"));
    let cvrp = |name| mean_nearest(&draw::<Cvrp>(1_000, name, 1).distances);
    assert!(3 * cvrp("x,customers=clustered") < 2 * cvrp("x,customers=random"));
}

#[test]
fn x_demands_lie_within_their_bounds_and_fit_the_vehicle() {
    for (word, low, high) in X_DEMANDS {
        for seed in 0..5 {
            let cvrp: Cvrp = draw(100, &format!("x,demand={word}"), seed);
            let customers = &cvrp.demands[1..];
            assert_eq!(cvrp.demands[0], 0);
            assert!(customers.iter().all(|demand| (low..=high).contains(demand)), "{word}");
            assert!(customers.iter().all(|&demand| demand <= cvrp.capacity), "{word}");
        }
    }
    let mixed: Cvrp = draw(1_000, "x,demand=small-large", 1);
    let small = mixed.demands[1..].iter().filter(|&&demand| demand <= 10).count();
    assert!((700..=950).contains(&small) && mixed.demands[1..].iter().all(|demand| !(11..50).contains(demand)));
}

#[test]
fn quadrants_decide_the_demand() {
    let cvrp: Cvrp = draw(500, "x,demand=quadrant", 3);
    for (point, &demand) in cvrp.distances.points().unwrap().iter().zip(&cvrp.demands).skip(1) {
        let even = (point[0] < 500.0) != (point[1] < 500.0);
        assert_eq!(even, demand <= 50);
    }
}

#[test]
fn capacity_follows_the_route_size() {
    let unitary: Cvrp = draw(100, "x,demand=unitary,r=9.5", 1);
    assert_eq!(unitary.capacity, 10);
    let cvrp: Cvrp = draw(200, "x,demand=1-100,r=8", 1);
    let per_vehicle = cvrp.capacity as f64 * 200.0 / cvrp.demands.iter().sum::<i64>() as f64;
    assert!((8.0..8.1).contains(&per_vehicle));
    for (n, capacity) in [(50, 40), (100, 50), (125, 55), (150, 60), (200, 70)] {
        assert_eq!(draw::<Cvrp>(n, "uniform", 1).capacity, capacity);
    }
}

#[test]
fn x_nodes_never_share_a_point_and_the_depot_is_where_asked() {
    for n in [1, 2, 100, 5_000] {
        for customers in ["random", "clustered", "random-clustered"] {
            let cvrp: Cvrp = draw(n, &format!("x,depot=eccentric,customers={customers}"), 7);
            let mut points = cvrp.distances.points().unwrap().to_vec();
            assert_eq!(points[0], [0.0, 0.0]);
            points.sort_by(|a, b| a.partial_cmp(b).unwrap());
            points.dedup();
            assert_eq!(points.len(), n + 1);
        }
    }
    assert_eq!(draw::<Cvrp>(100, "x,depot=central", 1).distances.points().unwrap()[0], [500.0, 500.0]);
}

#[test]
fn every_customer_of_a_limited_instance_can_be_served_alone() {
    let cvrp: Cvrp = draw(100, "x,limit=1", 1);
    let singles = Routes { routes: (1..=100).map(|customer| vec![customer]).collect() };
    assert!(cvrp.limit.is_some() && cvrp.evaluate(&singles).is_ok());
}

#[test]
fn attributes_that_are_not_set_vary_between_instances() {
    let capacities: Vec<i64> = (0..20).map(|seed| draw::<Cvrp>(100, "x,demand=unitary", seed).capacity).collect();
    assert!(capacities.iter().all(|capacity| (4..=25).contains(capacity)));
    assert!(capacities.iter().any(|capacity| *capacity != capacities[0]));
}

#[test]
fn a_wrong_word_is_answered_with_the_known_ones() {
    let message = |n, words: &str| Cvrp::spec(n, words).unwrap_err().to_string();
    assert_eq!(message(5, "y"), r#""y" is no distribution of CVRP instances; known are: uniform, x, mutated"#);
    assert_eq!(message(5, "x,depot=left"), r#""left" is no depot position; known are: central, eccentric, random"#);
    assert_eq!(message(5, "x,q=3"), r#""q" is no setting of x; known are: depot, customers, demand, r, limit"#);
    assert_eq!(message(5, "x,r=nan"), r#"r must be a number of at least 1, found "nan""#);
    let message = |words: &str| Knapsack::spec(5, words).unwrap_err().to_string();
    assert!(message("hard").starts_with(r#""hard" is no distribution of knapsack instances; known are: uniform, unc"#));
    assert_eq!(message("strong,q=3"), r#""q" is no setting of a class; known are: r, i"#);
    assert_eq!(message("strong,r=x"), r#"r must be a number of at least 10, found "x""#);
    assert_eq!(message("strong,i=0"), r#"i must be a number of at least 1, found "0""#);
    assert!(Tsp::spec(5, "x").unwrap_err().to_string().ends_with("uniform, clustered, matrix, asymmetric, mutated"));
    assert!(matches!(Tsp::spec(0, "uniform"), Err(SpecError::Size { .. })));
    assert!(matches!(Tsp::spec(100_000, "matrix"), Err(SpecError::Size { limit: 2_000, .. })));
}

#[test]
fn settings_are_read_into_the_scheme() {
    let Distribution::X(scheme) = Cvrp::spec(5, "x,r=12.5,limit=2").unwrap().distribution else {
        panic!("x gives a scheme")
    };
    assert_eq!((scheme.route_size, scheme.limit, scheme.depot), (Some(12.5), Some(2.0), None));
}

#[test]
fn uniform_knapsacks_are_those_of_the_learned_benchmarks() {
    for (n, capacity) in [(50, 12.5), (100, 25.0), (200, 25.0), (1_000, 25.0)] {
        let knapsack: Knapsack = draw(n, "uniform", 1);
        assert_eq!(knapsack.capacity as f64 / knapsack.weight_scale, capacity);
        let unit = |value: i64, scale: f64| (0.0..1.0).contains(&(value as f64 / scale));
        assert!(knapsack.items.iter().all(|i| unit(i.profit, knapsack.scale) && unit(i.weight, knapsack.weight_scale)));
    }
}

/// The instance and the file that a command of `instances/README.md` makes.
fn shipped<P: Generate + Format>(words: &[&str], name: impl Fn(&mut P) -> &mut String) -> (String, String) {
    let value = |key: &str| words[words.iter().position(|word| *word == key).unwrap() + 1];
    let seed = value("--seed").parse().unwrap();
    let mut instance: P = draw(value("--n").parse().unwrap(), value("--distribution"), seed);
    name(&mut instance).push_str(&format!("-s{seed}-0"));
    let mut text = Vec::new();
    instance.write(&mut text).unwrap();
    (name(&mut instance).clone(), String::from_utf8(text).unwrap())
}

#[test]
fn shipped_instances_are_what_their_commands_make() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../instances");
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let mut rows = 0;
    for line in readme.lines().filter(|line| line.contains("`heuron generate") && line.starts_with('|')) {
        let words: Vec<&str> = line.split([' ', '`', '|']).filter(|word| !word.is_empty()).collect();
        let (name, text) = match words[3] {
            "tsp" => shipped::<Tsp>(&words, |tsp| &mut tsp.name),
            "knapsack" => shipped::<Knapsack>(&words, |knapsack| &mut knapsack.name),
            "cvrp" => shipped::<Cvrp>(&words, |cvrp| &mut cvrp.name),
            "jssp" => shipped::<Jssp>(&words, |jssp| &mut jssp.name),
            "bandit" => shipped::<Bandit>(&words, |bandit| &mut bandit.name),
            _ => shipped::<Ffsp>(&words, |ffsp| &mut ffsp.name),
        };
        assert_eq!(words[0].rsplit_once('.').unwrap().0, name);
        assert!(fs::read_to_string(folder.join(words[0])).unwrap() == text, "{name} differs");
        rows += 1;
    }
    assert_eq!(rows, 24);
}

#[test]
fn shops_keep_the_promises_of_their_distributions() {
    let jssp: Jssp = draw(9, "uniform,machines=5", 1);
    assert_eq!((jssp.jobs.len(), jssp.machines), (9, 5));
    assert!(jssp.jobs.iter().flatten().all(|operation| (1..=99).contains(&operation.duration)));
    let flow: Jssp = draw(9, "flow,machines=6", 1);
    for job in jssp.jobs.iter().chain(&flow.jobs) {
        let mut machines: Vec<u32> = job.iter().map(|operation| operation.machine).collect();
        machines.sort_unstable();
        assert!(machines.iter().copied().eq(0..machines.len() as u32), "every machine once");
    }
    assert!(flow.jobs.iter().all(|job| job[..3].iter().all(|operation| operation.machine < 3)));
    let ffsp: Ffsp = draw(7, "uniform", 1);
    assert_eq!((ffsp.jobs, ffsp.machines.as_slice()), (7, &[4, 4, 4][..]));
    assert!(ffsp.times.iter().flatten().flatten().all(|time| (2..=9).contains(time)));
    let alike: Ffsp = draw(7, "identical,stages=2,machines=3", 1);
    assert_eq!(alike.machines, [3, 3]);
    assert!(alike.times.iter().flatten().all(|row| row.iter().all(|time| *time == row[0])));
}

#[test]
fn settings_of_shops_that_cannot_be_are_refused_by_name() {
    let shop = |distribution: &str| Jssp::spec(5, distribution).unwrap_err().to_string();
    assert_eq!(shop("grid"), r#""grid" is no distribution of job shop instances; known are: uniform, flow"#);
    assert_eq!(shop("uniform,machines=0"), r#"machines must be a number of at least 1, found "0""#);
    assert_eq!(shop("flow,stages=2"), r#""stages" is no setting; known are: machines"#);
    let flow = |distribution: &str| Ffsp::spec(5, distribution).unwrap_err().to_string();
    assert_eq!(flow("x"), r#""x" is no distribution of flexible flow shops; known are: uniform, identical"#);
    assert_eq!(flow("uniform,stages=two"), r#"stages must be a number of at least 1, found "two""#);
    assert_eq!(flow("uniform,depth=2"), r#""depth" is no setting; known are: stages, machines"#);
}

#[test]
fn customers_that_no_mutation_chose_stay_where_they_are() {
    let points = |distribution: &str| {
        let spec = Cvrp::spec(200, distribution).unwrap();
        let cvrp = Cvrp::generate(&spec, &mut stream(3, "generate", 0));
        cvrp.distances.points().unwrap().to_vec()
    };
    assert_eq!(points("mutated,power=0"), points("uniform"));
    let (before, after) = (points("uniform"), points("mutated,operator=cluster,power=30"));
    let stay = before.iter().zip(&after).filter(|(a, b)| a == b).count();
    assert!((110..=170).contains(&stay), "{stay} of 201");
}
