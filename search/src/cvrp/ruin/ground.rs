//! What every part of the engine reads and none changes: distances, neighbour lists, demands.

use heuron_problems::{Cost, Cvrp, Distances, Near, Routes};

use super::config::Config;
use crate::cvrp::least_vehicles;
use crate::cvrp::table::Table;
use crate::cvrp::terrain::Terrain;
use crate::hilbert;
use crate::run::Watch;

/// Up to this many nodes a table (n^2 x 4 bytes: 9 MB) replaces computing distances from points. Making it takes
/// some 15 ms and cannot be interrupted.
const DENSE: usize = 1_500;

/// An instance, prepared for a search whose cost per iteration does not depend on n.
///
/// Customers are renumbered along a Hilbert curve, so that what lies near each other in the plane does so in memory.
pub(super) struct Ground {
    /// The instance, renumbered.
    pub problem: Cvrp,
    /// What the instance calls a node, and the reverse \[customers + 1\].
    names: Vec<u32>,
    places: Vec<u32>,
    table: Option<Table>,
    symmetric: bool,
    /// Nearest customers of every node, nearest first.
    near: Near,
    /// Distances to them, beside `near`.
    far: Vec<Cost>,
    /// Distance of every node to the depot \[customers + 1\].
    depot: Vec<Cost>,
    /// Longest route duration, or `Cost::MAX`.
    pub limit: Cost,
    /// Most routes, or `usize::MAX`.
    pub fleet: usize,
    /// Neighbours with room to look at; 0 where demands are not bulky, see [`Config::bulky`].
    pub roomy: usize,
}

impl Ground {
    /// Prepares `instance`. None if `watch` says stop on the way.
    pub fn new(instance: &Cvrp, config: &Config, watch: &Watch) -> Option<Self> {
        let (problem, names) = renumbered(instance);
        let n = names.len();
        let mut places = vec![0; n];
        names.iter().zip(0..).for_each(|(&name, place)| places[name as usize] = place);
        let distances = &problem.distances;
        let symmetric = distances.is_symmetric();
        let bulky = n - 1 < config.bulky * least_vehicles(&problem);
        let k = if bulky { config.long_lists } else { config.lists };
        let narrow = n <= DENSE && distances.max() <= Cost::from(i32::MAX);
        let near = Near::nearest_unless(distances, k, |v| v != 0, || watch.is_late())?;
        let far = |v: usize| near.of(v).iter().map(move |&other| distances.get(v, other as usize));
        Some(Self {
            far: (0..n).flat_map(far).collect(),
            names,
            places,
            table: narrow.then(|| Table::new(n, symmetric, |i, j| distances.get(i, j) as i32)),
            symmetric,
            depot: (0..n).map(|v| distances.get(v, 0)).collect(),
            limit: problem.limit.unwrap_or(Cost::MAX),
            fleet: problem.vehicles.unwrap_or(usize::MAX),
            roomy: if bulky { config.roomy } else { 0 },
            near,
            problem,
        })
    }

    /// Routes of the instance, in the numbers used here.
    pub fn inward(&self, routes: &Routes) -> Routes {
        translated(routes, &self.places)
    }

    /// Routes in the numbers used here, as a solution of the instance.
    pub fn outward(&self, routes: &Routes) -> Routes {
        translated(routes, &self.names)
    }

    /// All distances, if there are few enough.
    #[inline(always)]
    pub fn table(&self) -> Option<&Table> {
        self.table.as_ref()
    }

    #[inline(always)]
    pub fn to_depot(&self, v: u32) -> Cost {
        self.depot[v as usize]
    }

    /// Distances of all nodes to the depot \[customers + 1\].
    pub fn depot(&self) -> &[Cost] {
        &self.depot
    }

    /// `near(v)`, with their distances.
    #[inline(always)]
    pub fn nearest(&self, v: u32) -> impl Iterator<Item = (u32, Cost)> {
        let span = self.near.span(v as usize);
        self.near.of(v as usize).iter().copied().zip(self.far[span].iter().copied())
    }
}

impl Terrain for Ground {
    fn nodes(&self) -> usize {
        self.names.len()
    }

    #[inline(always)]
    fn distance(&self, a: u32, b: u32) -> Cost {
        match &self.table {
            Some(table) => table.get(a, b),
            None => self.problem.distances.get(a as usize, b as usize),
        }
    }

    #[inline(always)]
    fn is_symmetric(&self) -> bool {
        self.symmetric
    }

    #[inline(always)]
    fn near(&self, v: u32) -> &[u32] {
        self.near.of(v as usize)
    }

    #[inline(always)]
    fn demand(&self, v: u32) -> i64 {
        self.problem.demands[v as usize]
    }

    fn capacity(&self) -> i64 {
        self.problem.capacity
    }

    fn longest_duration(&self) -> Cost {
        self.limit
    }

    fn service(&self) -> Cost {
        self.problem.service
    }
}

/// The instance with its customers along a Hilbert curve (as they are where there are no points), and the old number
/// of every new one.
fn renumbered(instance: &Cvrp) -> (Cvrp, Vec<u32>) {
    let (Some(points), Some(metric)) = (instance.distances.points(), instance.distances.metric()) else {
        return (instance.clone(), (0..instance.demands.len() as u32).collect());
    };
    let curve = hilbert::order(points);
    let names: Vec<u32> = std::iter::once(0).chain(curve.into_iter().filter(|&v| v != 0)).collect();
    let points = names.iter().map(|&v| points[v as usize]).collect();
    let demands = names.iter().map(|&v| instance.demands[v as usize]).collect();
    let problem = Cvrp { distances: Distances::new(metric, points), demands, display: None, ..instance.clone() };
    (problem, names)
}

fn translated(routes: &Routes, names: &[u32]) -> Routes {
    let rename = |route: &Vec<u32>| route.iter().map(|&v| names[v as usize]).collect();
    Routes { routes: routes.routes.iter().map(rename).collect() }
}
