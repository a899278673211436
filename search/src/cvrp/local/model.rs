//! An instance as the local search reads it: flat distance tables, granular neighbours and polar angles.

use heuron_problems::{Cost, Cvrp, Near};

use super::penalty::Penalty;
use crate::cvrp::table::Table;
use crate::cvrp::terrain::Terrain;

/// Entries of the distance tables stay below this, so that a sum of two minus a third fits 32 bits.
const DISTANCE_LIMIT: Cost = 1 << 29;

/// A CVRP instance prepared for dense access. Memory: 4 (n + 1)^2 bytes, twice that if distances are asymmetric.
///
/// Distances beyond `DISTANCE_LIMIT` are divided by a power of two and rounded up, the duration limit is rounded
/// down: what is feasible here is feasible in the instance, and costs differ in relative terms by less than n / 2^28.
#[derive(Debug)]
pub struct Model {
    table: Table,
    /// \[customers + 1\]
    demand: Vec<i64>,
    capacity: i64,
    /// The longest duration of a route; `Cost::MAX` without a limit.
    limit: Cost,
    service: Cost,
    fleet: usize,
    near: Near,
    /// Angle around the depot, 65 536 to the full circle \[customers + 1\]; empty for explicit distances.
    angle: Vec<u16>,
    shift: u32,
}

impl Model {
    /// Prepares `problem` with lists of `granular` nearest customers, made mutual, for at most `fleet` routes.
    pub fn new(problem: &Cvrp, granular: usize, fleet: usize) -> Self {
        let width = problem.customers() + 1;
        let mut shift = 0;
        while problem.distances.max() >> shift >= DISTANCE_LIMIT {
            shift += 1;
        }
        let scaled = |i, j| ((problem.distances.get(i, j) + (1 << shift) - 1) >> shift) as i32;
        Self {
            table: Table::new(width, problem.distances.is_symmetric(), scaled),
            demand: problem.demands.clone(),
            capacity: problem.capacity,
            limit: problem.limit.map_or(Cost::MAX, |limit| limit >> shift),
            service: if problem.limit.is_some() { (problem.service + (1 << shift) - 1) >> shift } else { 0 },
            fleet,
            near: mutual(&Near::nearest_among(&problem.distances, granular, |node| node != 0)),
            angle: problem.distances.points().map_or(Vec::new(), angles),
            shift,
        }
    }

    /// Number of customers.
    #[inline(always)]
    pub fn customers(&self) -> usize {
        self.table.width() - 1
    }

    /// Distances from `node` to every node \[customers + 1\].
    #[inline(always)]
    pub fn from(&self, node: u32) -> &[i32] {
        self.table.from(node)
    }

    /// Distances to `node` from every node \[customers + 1\].
    #[inline(always)]
    pub fn to(&self, node: u32) -> &[i32] {
        self.table.to(node)
    }

    /// The largest distance.
    pub fn longest(&self) -> Cost {
        self.table.longest()
    }

    /// No plan lasts longer in total.
    pub fn longest_plan(&self) -> Cost {
        self.customers() as Cost * (2 * self.longest() + self.service)
    }

    /// Sum of all demands.
    pub fn total_demand(&self) -> i64 {
        self.demand.iter().sum()
    }

    /// The longest duration of a route, if limited.
    #[inline(always)]
    pub fn limit(&self) -> Option<Cost> {
        (self.limit != Cost::MAX).then_some(self.limit)
    }

    /// Vehicles that the demands fill.
    pub fn least_vehicles(&self) -> usize {
        (self.total_demand() as u64).div_ceil(self.capacity.max(1) as u64) as usize
    }

    /// Routes there may be.
    #[inline(always)]
    pub fn fleet(&self) -> usize {
        self.fleet
    }

    /// Polar angle of `customer` around the depot; none for explicit distances.
    #[inline(always)]
    pub fn angle(&self, customer: u32) -> Option<u16> {
        self.angle.get(customer as usize).copied()
    }

    /// An upper bound on the instance's cost of what costs `cost` here; exact unless distances had to be divided.
    pub fn cost(&self, cost: Cost) -> Cost {
        cost << self.shift
    }

    /// What a route of this load and duration is charged for breaking the limits.
    #[inline(always)]
    pub fn excess_cost(&self, penalty: Penalty, load: i64, duration: Cost) -> Cost {
        penalty.of((load - self.capacity).max(0), (duration - self.limit).max(0))
    }
}

impl Terrain for Model {
    #[inline(always)]
    fn nodes(&self) -> usize {
        self.table.width()
    }

    #[inline(always)]
    fn distance(&self, a: u32, b: u32) -> Cost {
        self.table.get(a, b)
    }

    #[inline(always)]
    fn is_symmetric(&self) -> bool {
        self.table.is_symmetric()
    }

    #[inline(always)]
    fn near(&self, v: u32) -> &[u32] {
        self.near.of(v as usize)
    }

    #[inline(always)]
    fn demand(&self, v: u32) -> i64 {
        self.demand[v as usize]
    }

    #[inline(always)]
    fn capacity(&self) -> i64 {
        self.capacity
    }

    fn longest_duration(&self) -> Cost {
        self.limit
    }

    #[inline(always)]
    fn service(&self) -> Cost {
        self.service
    }
}

/// Adds i to the list of j wherever j is in the list of i; lists stay ordered by rank, then number.
fn mutual(near: &Near) -> Near {
    let mut ranked: Vec<Vec<(u32, u32)>> = (0..near.len())
        .map(|node| near.of(node).iter().zip(0..).map(|(&other, rank)| (other, rank)).collect())
        .collect();
    for node in 1..near.len() {
        for (&other, rank) in near.of(node).iter().zip(0..) {
            ranked[other as usize].push((node as u32, rank));
        }
    }
    for list in &mut ranked {
        list.sort_unstable();
        list.dedup_by_key(|&mut (other, _)| other);
        list.sort_unstable_by_key(|&(other, rank)| (rank, other));
    }
    let lists: Vec<Vec<u32>> = ranked.iter().map(|list| list.iter().map(|&(other, _)| other).collect()).collect();
    Near::from_lists(&lists)
}

fn angles(points: &[[f64; 2]]) -> Vec<u16> {
    let turn = |p: &[f64; 2]| (p[1] - points[0][1]).atan2(p[0] - points[0][0]) / std::f64::consts::TAU;
    points.iter().map(|p| ((turn(p) * 65_536.0).floor() as i64).rem_euclid(65_536) as u16).collect()
}
