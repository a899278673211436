//! Published test sets that are a seed and a recipe: regenerated bit for bit, no data shipped.
//!
//! - The learned benchmarks in the unit square: W. Kool, H. van Hoof and M. Welling, "Attention, learn to solve routing
//!   problems!", ICLR 2019 (20 to 100 nodes), and A. Hottung, Y.-D. Kwon and K. Tierney, "Efficient active search for
//!   combinatorial optimization problems", ICLR 2022 (125 to 200 nodes). All are arrays of numpy's legacy generator.
//! - The job shops of E. Taillard, "Benchmarks for basic scheduling problems", EJOR 64, 1993, and of C. Zhang, W. Song,
//!   Z. Cao, J. Zhang, P. S. Tan and C. Xu, "Learning to dispatch for job shop scheduling via deep reinforcement
//!   learning", NeurIPS 2020.
//! - The families E (uniform) and C (clustered) of the 8th DIMACS challenge: D. S. Johnson and L. A. McGeoch,
//!   "Experimental analysis of heuristics for the STSP", 2002.

use std::ops::Range;

use rand::Rng;

use crate::cvrp::Cvrp;
use crate::cvrp::generate::{uniform_capacity, uniform_demands};
use crate::generate::stream;
use crate::jssp::{Jssp, Operation, taillard};
use crate::knuth::Knuth;
use crate::metric::{Distances, Metric, UNIT_SCALE};
use crate::mt19937::Mt19937;
use crate::mutate::{Mutation, OPERATORS};
use crate::problem::Problem;
use crate::tsp::Tsp;

/// What the regenerated instances were compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Every instance equals the published files.
    Files,
    /// Some of the instances equal published files; the rest follows the same recipe.
    SomeFiles,
    /// The recipe is that of sets that equal published files, or as published; this set's own file was not at hand.
    Recipe,
}

/// A published test set.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// Name on the command line.
    pub name: &'static str,
    /// Nodes of a tour, customers of a route plan, or jobs.
    pub n: usize,
    /// Number of instances.
    pub count: usize,
    /// Whose set it is.
    pub origin: &'static str,
    /// How sure it is that the instances are the published ones.
    pub verified: Verified,
    /// How it is made.
    pub recipe: Recipe,
}

/// How a set is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// numpy: `seed(seed); uniform(size=(count, n, 2))`.
    UnitTsp {
        /// Seed of the whole set.
        seed: u32,
    },
    /// numpy: `seed(seed); uniform(size=(count, 2))` for the depots, `uniform(size=(count, n, 2))` for the customers,
    /// `randint(1, 10, size=(count, n))` for the demands.
    UnitCvrp {
        /// Seed of the whole set.
        seed: u32,
        /// What a vehicle holds; not part of the files.
        capacity: i64,
    },
    /// Uniform instances of the unit square after a mutation, the nine operators in turn (COMPASS, 2023, section 4);
    /// whose files were not published.
    Mutated {
        /// Of the vehicle routing problem, else of the travelling salesman.
        routes: bool,
        /// Probability that a node changes, in percent.
        power: u32,
    },
    /// DIMACS family E; instance 0 has the seed n, instance i the seed 10 n + i.
    DimacsUniform,
    /// DIMACS family C; seeds as in family E.
    DimacsClustered,
    /// Taillard's job shops from this number on.
    Taillard {
        /// Number of the first instance: 1 for ta01.
        first: usize,
    },
    /// numpy, per instance: `randint(1, 99, size=(n, machines))` for the durations, and for every job the machines
    /// sorted by a row of `random(size=(n, machines))`.
    UnitJssp {
        /// Seed of the whole set.
        seed: u32,
        /// Number of machines.
        machines: usize,
    },
}

/// Instances of a set.
#[derive(Clone, Debug)]
pub enum Instances {
    /// Of the travelling salesman problem.
    Tsp(Vec<Tsp>),
    /// Of the vehicle routing problem.
    Cvrp(Vec<Cvrp>),
    /// Of the job shop problem.
    Jssp(Vec<Jssp>),
}

const KOOL: &str = "Kool et al. 2019";
const HOTTUNG: &str = "Hottung et al. 2022";
const TAILLARD: &str = "Taillard 1993";
const ZHANG: &str = "Zhang et al. 2020 (L2D)";
const BOSSEK: &str = "operators of Bossek et al. 2019, by our seeds";
const DIMACS: &str = "8th DIMACS challenge 2001";

const fn set(name: &'static str, n: usize, count: usize, origin: &'static str, v: Verified, recipe: Recipe) -> Set {
    Set { name, n, count, origin, verified: v, recipe }
}

/// Every set, by problem and size. Capacities: Kool et al. (to 100), POMO and EAS (125, 150); 70 for 200 customers is
/// the value in common use.
pub const SETS: &[Set] = &[
    set("tsp20", 20, 10_000, KOOL, Verified::Recipe, Recipe::UnitTsp { seed: 1234 }),
    set("tsp50", 50, 10_000, KOOL, Verified::Recipe, Recipe::UnitTsp { seed: 1234 }),
    set("tsp100", 100, 10_000, KOOL, Verified::Recipe, Recipe::UnitTsp { seed: 1234 }),
    set("tsp125", 125, 1_000, HOTTUNG, Verified::Files, Recipe::UnitTsp { seed: 1235 }),
    set("tsp150", 150, 1_000, HOTTUNG, Verified::Files, Recipe::UnitTsp { seed: 1235 }),
    set("tsp200", 200, 1_000, HOTTUNG, Verified::Recipe, Recipe::UnitTsp { seed: 1235 }),
    set("E1k", 1_000, 10, DIMACS, Verified::SomeFiles, Recipe::DimacsUniform),
    set("E3k", 3_162, 5, DIMACS, Verified::SomeFiles, Recipe::DimacsUniform),
    set("E10k", 10_000, 3, DIMACS, Verified::Files, Recipe::DimacsUniform),
    set("E31k", 31_623, 2, DIMACS, Verified::Files, Recipe::DimacsUniform),
    set("E100k", 100_000, 2, DIMACS, Verified::Files, Recipe::DimacsUniform),
    set("C1k", 1_000, 10, DIMACS, Verified::SomeFiles, Recipe::DimacsClustered),
    set("C3k", 3_162, 5, DIMACS, Verified::SomeFiles, Recipe::DimacsClustered),
    set("C10k", 10_000, 3, DIMACS, Verified::Files, Recipe::DimacsClustered),
    set("C31k", 31_623, 2, DIMACS, Verified::Recipe, Recipe::DimacsClustered),
    set("C100k", 100_000, 2, DIMACS, Verified::SomeFiles, Recipe::DimacsClustered),
    set("cvrp20", 20, 10_000, KOOL, Verified::Recipe, Recipe::UnitCvrp { seed: 1234, capacity: 30 }),
    set("cvrp50", 50, 10_000, KOOL, Verified::Recipe, Recipe::UnitCvrp { seed: 1234, capacity: 40 }),
    set("cvrp100", 100, 10_000, KOOL, Verified::Recipe, Recipe::UnitCvrp { seed: 1234, capacity: 50 }),
    set("cvrp125", 125, 1_000, HOTTUNG, Verified::Files, Recipe::UnitCvrp { seed: 1235, capacity: 55 }),
    set("cvrp150", 150, 1_000, HOTTUNG, Verified::Files, Recipe::UnitCvrp { seed: 1235, capacity: 60 }),
    set("cvrp200", 200, 1_000, HOTTUNG, Verified::Recipe, Recipe::UnitCvrp { seed: 1235, capacity: 70 }),
    set("ta01-10", 15, 10, TAILLARD, Verified::Files, Recipe::Taillard { first: 1 }),
    set("ta11-20", 20, 10, TAILLARD, Verified::Files, Recipe::Taillard { first: 11 }),
    set("ta21-30", 20, 10, TAILLARD, Verified::Files, Recipe::Taillard { first: 21 }),
    set("ta31-40", 30, 10, TAILLARD, Verified::Files, Recipe::Taillard { first: 31 }),
    set("ta41-50", 30, 10, TAILLARD, Verified::Files, Recipe::Taillard { first: 41 }),
    set("ta51-60", 50, 10, TAILLARD, Verified::Files, Recipe::Taillard { first: 51 }),
    set("ta61-70", 50, 10, TAILLARD, Verified::Files, Recipe::Taillard { first: 61 }),
    set("ta71-80", 100, 10, TAILLARD, Verified::Files, Recipe::Taillard { first: 71 }),
    set("l2d-6x6", 6, 100, ZHANG, Verified::Files, Recipe::UnitJssp { seed: 200, machines: 6 }),
    set("l2d-10x10", 10, 100, ZHANG, Verified::Files, Recipe::UnitJssp { seed: 200, machines: 10 }),
    set("l2d-15x10", 15, 100, ZHANG, Verified::Files, Recipe::UnitJssp { seed: 200, machines: 10 }),
    set("l2d-15x15", 15, 100, ZHANG, Verified::Files, Recipe::UnitJssp { seed: 200, machines: 15 }),
    set("l2d-20x10", 20, 100, ZHANG, Verified::Files, Recipe::UnitJssp { seed: 200, machines: 10 }),
    set("l2d-20x15", 20, 100, ZHANG, Verified::Files, Recipe::UnitJssp { seed: 200, machines: 15 }),
    set("l2d-20x20", 20, 100, ZHANG, Verified::Files, Recipe::UnitJssp { seed: 200, machines: 20 }),
    set("l2d-30x15", 30, 100, ZHANG, Verified::Files, Recipe::UnitJssp { seed: 200, machines: 15 }),
    set("l2d-30x20", 30, 100, ZHANG, Verified::Files, Recipe::UnitJssp { seed: 200, machines: 20 }),
    set("l2d-50x20", 50, 100, ZHANG, Verified::Files, Recipe::UnitJssp { seed: 200, machines: 20 }),
    set("l2d-100x20", 100, 100, ZHANG, Verified::Files, Recipe::UnitJssp { seed: 200, machines: 20 }),
    set("mutated-tsp-1", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: false, power: 10 }),
    set("mutated-tsp-2", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: false, power: 20 }),
    set("mutated-tsp-3", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: false, power: 30 }),
    set("mutated-tsp-4", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: false, power: 40 }),
    set("mutated-tsp-5", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: false, power: 50 }),
    set("mutated-tsp-6", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: false, power: 60 }),
    set("mutated-tsp-7", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: false, power: 70 }),
    set("mutated-tsp-8", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: false, power: 80 }),
    set("mutated-tsp-9", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: false, power: 90 }),
    set("mutated-cvrp-1", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: true, power: 10 }),
    set("mutated-cvrp-2", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: true, power: 20 }),
    set("mutated-cvrp-3", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: true, power: 30 }),
    set("mutated-cvrp-4", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: true, power: 40 }),
    set("mutated-cvrp-5", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: true, power: 50 }),
    set("mutated-cvrp-6", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: true, power: 60 }),
    set("mutated-cvrp-7", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: true, power: 70 }),
    set("mutated-cvrp-8", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: true, power: 80 }),
    set("mutated-cvrp-9", 100, 1_000, BOSSEK, Verified::Recipe, Recipe::Mutated { routes: true, power: 90 }),
];

impl Set {
    /// The set called `name`.
    pub fn find(name: &str) -> Option<&'static Self> {
        SETS.iter().find(|set| set.name == name)
    }

    /// Name of the problem, as on the command line.
    pub fn problem(&self) -> &'static str {
        match self.recipe {
            Recipe::UnitCvrp { .. } | Recipe::Mutated { routes: true, .. } => Cvrp::NAME,
            Recipe::Taillard { .. } | Recipe::UnitJssp { .. } => Jssp::NAME,
            Recipe::UnitTsp { .. } | Recipe::Mutated { .. } | Recipe::DimacsUniform | Recipe::DimacsClustered => {
                Tsp::NAME
            }
        }
    }

    /// The instances of `range`, which is cut to `0..count`. Takes the time of the whole set up to the range's end:
    /// some 20 ms for 10 000 instances of 100 nodes.
    pub fn instances(&self, range: Range<usize>) -> Instances {
        let end = range.end.min(self.count);
        let range = range.start.min(end)..end;
        match self.recipe {
            Recipe::UnitTsp { seed } => Instances::Tsp(self.unit_tsp(seed, range)),
            Recipe::UnitCvrp { seed, capacity } => Instances::Cvrp(self.unit_cvrp(seed, capacity, range)),
            Recipe::Taillard { first } => {
                Instances::Jssp(range.filter_map(|i| taillard::instance(first + i)).collect())
            }
            Recipe::UnitJssp { seed, machines } => Instances::Jssp(self.unit_jssp(seed, machines, range)),
            Recipe::Mutated { routes: true, power } => {
                Instances::Cvrp(range.map(|i| self.mutated_cvrp(i, power)).collect())
            }
            Recipe::Mutated { routes: false, power } => {
                Instances::Tsp(range.map(|i| self.mutated_tsp(i, power)).collect())
            }
            Recipe::DimacsUniform => Instances::Tsp(range.map(|i| self.dimacs(i, dimacs_uniform)).collect()),
            Recipe::DimacsClustered => Instances::Tsp(range.map(|i| self.dimacs(i, dimacs_clustered)).collect()),
        }
    }

    fn unit_tsp(&self, seed: u32, range: Range<usize>) -> Vec<Tsp> {
        let mut twister = Mt19937::new(seed);
        let points = unit_points(&mut twister, range.end * self.n);
        range.map(|i| self.tour(i, points[i * self.n..(i + 1) * self.n].to_vec())).collect()
    }

    fn unit_cvrp(&self, seed: u32, capacity: i64, range: Range<usize>) -> Vec<Cvrp> {
        let (n, mut twister) = (self.n, Mt19937::new(seed));
        let depots = unit_points(&mut twister, self.count);
        let customers = unit_points(&mut twister, self.count * n);
        let demands: Vec<i64> = (0..range.end * n).map(|_| twister.integer(1, 9).into()).collect();
        let instance = |i: usize| {
            let own = i * n..(i + 1) * n;
            let points = [&depots[i..=i], &customers[own.clone()]].concat();
            let demands = [&[0], &demands[own]].concat();
            self.plan(i, points, demands, capacity)
        };
        range.map(instance).collect()
    }

    fn unit_jssp(&self, seed: u32, machines: usize, range: Range<usize>) -> Vec<Jssp> {
        let mut twister = Mt19937::new(seed);
        let instance = |i: usize| {
            let durations: Vec<Vec<u32>> =
                (0..self.n).map(|_| (0..machines).map(|_| twister.integer(1, 98)).collect()).collect();
            let job = |durations: &Vec<u32>| {
                let mut draws: Vec<(f64, u32)> =
                    (0..machines as u32).map(|machine| (twister.unit(), machine)).collect();
                draws.sort_by(|a, b| a.0.total_cmp(&b.0));
                let operation = |(&(_, machine), &time): (_, &u32)| Operation { machine, duration: time.into() };
                draws.iter().zip(durations).map(operation).collect()
            };
            let jobs = durations.iter().map(job).collect();
            Jssp::new(format!("{}-{i}", self.name), machines, jobs)
        };
        (0..range.end).map(instance).skip(range.start).collect()
    }

    fn mutated_tsp(&self, i: usize, power: u32) -> Tsp {
        self.tour(i, turn(i, power).points(self.n, &mut stream(1, self.name, i as u64)))
    }

    /// The depot stays where it was drawn.
    fn mutated_cvrp(&self, i: usize, power: u32) -> Cvrp {
        let mut rng = stream(1, self.name, i as u64);
        let depot = [0, 1].map(|_| rng.random());
        let mut points = turn(i, power).points(self.n, &mut rng);
        points.insert(0, depot);
        self.plan(i, points, uniform_demands(self.n, &mut rng), uniform_capacity(self.n))
    }

    /// Instance `i` of points of the unit square.
    fn tour(&self, i: usize, points: Vec<[f64; 2]>) -> Tsp {
        Tsp { scale: UNIT_SCALE, ..Tsp::new(format!("{}-{i}", self.name), unit_distances(points)) }
    }

    /// Instance `i` of points of the unit square, the depot first.
    fn plan(&self, i: usize, points: Vec<[f64; 2]>, demands: Vec<i64>, capacity: i64) -> Cvrp {
        let name = format!("{}-{i}", self.name);
        Cvrp { scale: UNIT_SCALE, ..Cvrp::new(name, unit_distances(points), demands, capacity) }
    }

    fn dimacs(&self, i: usize, points: impl Fn(usize, &mut Knuth) -> Vec<[f64; 2]>) -> Tsp {
        let seed = if i == 0 { self.n } else { 10 * self.n + i };
        let points = points(self.n, &mut Knuth::new(seed as u32));
        Tsp::new(format!("{}.{i}", self.name), Distances::new(Metric::Euclid { scale: 1.0 }, points))
    }
}

/// The mutation of instance `i`, by the operator whose turn it is.
fn turn(i: usize, power: u32) -> Mutation {
    Mutation { operator: Some(OPERATORS[i % OPERATORS.len()].1), power }
}

fn unit_points(twister: &mut Mt19937, count: usize) -> Vec<[f64; 2]> {
    (0..count).map(|_| [twister.unit(), twister.unit()]).collect()
}

fn unit_distances(points: Vec<[f64; 2]>) -> Distances {
    Distances::new(Metric::Euclid { scale: UNIT_SCALE }, points)
}

/// Points uniform in a square of side 10^6, cut to integers.
fn dimacs_uniform(n: usize, generator: &mut Knuth) -> Vec<[f64; 2]> {
    (0..n).map(|_| [0, 1].map(|_| f64::from(generator.integer() / 1_000))).collect()
}

/// n / 100 uniform centres; points normal around a random one, with deviation 10^6 / sqrt(n) on each axis.
fn dimacs_clustered(n: usize, generator: &mut Knuth) -> Vec<[f64; 2]> {
    let centres = dimacs_uniform(n / 100, generator);
    let deviation = 1e6 / (n as f64).sqrt();
    let around = |_| {
        let centre = centres[(generator.unit() * centres.len() as f64) as usize];
        let offset = generator.normal_pair();
        [0, 1].map(|axis| centre[axis] + (offset[axis] * deviation).trunc())
    };
    (0..n).map(around).collect()
}
