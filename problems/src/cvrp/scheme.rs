//! The generator behind the X set (Uchoa et al., 2017, section 3): depot position, customer position, demand and route
//! size are four independent attributes.

use std::collections::HashSet;
use std::f64::consts::TAU;
use std::str::FromStr;

use rand::seq::SliceRandom;
use rand::{Rng, RngCore};

use crate::cvrp::Cvrp;
use crate::generate::{SpecError, name_of, pick};
use crate::metric::{Distances, Metric};
use crate::problem::Cost;

/// Side of the grid for up to 1 000 customers, where the paper stops. Beyond, side and decay grow with the square root
/// of n, so that customers stay as dense and always find a free grid point.
const SIDE: f64 = 1_000.0;

/// A seed's pull falls by 1/e over this distance.
const DECAY: f64 = 40.0;

/// Where the depot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depot {
    /// The middle of the square.
    Central,
    /// The corner (0, 0).
    Eccentric,
    /// A random point.
    Random,
}

/// Where the customers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Customers {
    /// Anywhere.
    Random,
    /// Around 3 to 8 seeds, themselves customers: the density at distance d of a seed falls as exp(-d / 40).
    Clustered,
    /// One half random, the other clustered.
    RandomClustered,
}

/// What the customers ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// 1 each.
    Unitary,
    /// Uniform between two bounds, both included. The paper has 1-10, 5-10, 1-100 and 50-100.
    Between(i64, i64),
    /// 1-50 in the upper left and lower right quadrant, 51-100 in the others.
    Quadrant,
    /// 1-10 for a share of 70 to 95 % of the customers, 50-100 for the rest.
    SmallLarge,
}

const DEPOTS: [(&str, Depot); 3] =
    [("central", Depot::Central), ("eccentric", Depot::Eccentric), ("random", Depot::Random)];

const CUSTOMERS: [(&str, Customers); 3] = [
    ("random", Customers::Random),
    ("clustered", Customers::Clustered),
    ("random-clustered", Customers::RandomClustered),
];

const DEMANDS: [(&str, Demand); 7] = [
    ("unitary", Demand::Unitary),
    ("1-10", Demand::Between(1, 10)),
    ("5-10", Demand::Between(5, 10)),
    ("1-100", Demand::Between(1, 100)),
    ("50-100", Demand::Between(50, 100)),
    ("quadrant", Demand::Quadrant),
    ("small-large", Demand::SmallLarge),
];

/// The attributes of an instance. What is none is drawn for every instance.
///
/// As text, settings are separated by commas: `depot=central|eccentric|random`,
/// `customers=random|clustered|random-clustered`, `demand=unitary|1-10|5-10|1-100|50-100|quadrant|small-large`,
/// `r=NUMBER` and `limit=NUMBER`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scheme {
    /// Position of the depot; drawn uniformly among the three.
    pub depot: Option<Depot>,
    /// Positions of the customers; drawn uniformly among the three.
    pub customers: Option<Customers>,
    /// Law of the demands; drawn uniformly among the seven.
    pub demand: Option<Demand>,
    /// Customers per route that the capacity allows on average (r in the paper); drawn from the triangular
    /// distribution on 3 to 25 with its mode at 6.
    pub route_size: Option<f64>,
    /// The longest route allowed, as a multiple of the longest round trip to one customer; no limit by default. Not
    /// part of the X set.
    pub limit: Option<f64>,
}

impl FromStr for Scheme {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let mut scheme = Self::default();
        for setting in text.split(',').filter(|setting| !setting.is_empty()) {
            match setting.split_once('=').unwrap_or((setting, "")) {
                ("depot", word) => scheme.depot = Some(pick("depot position", word, &DEPOTS)?),
                ("customers", word) => scheme.customers = Some(pick("customer position", word, &CUSTOMERS)?),
                ("demand", word) => scheme.demand = Some(pick("demand distribution", word, &DEMANDS)?),
                ("r", word) => scheme.route_size = Some(number("r", word)?),
                ("limit", word) => scheme.limit = Some(number("limit", word)?),
                (word, _) => {
                    let known = vec!["depot", "customers", "demand", "r", "limit"];
                    return Err(SpecError::Unknown { what: "setting of x", known, found: word.into() });
                }
            }
        }
        Ok(scheme)
    }
}

/// A finite number of at least 1 (and small enough for any product with a cost).
fn number(setting: &'static str, text: &str) -> Result<f64, SpecError> {
    let value = text.parse().ok().filter(|value: &f64| (1.0..=1e9).contains(value));
    value.ok_or_else(|| SpecError::Number { setting, least: 1, found: text.into() })
}

impl Scheme {
    /// Draws an instance of `n` customers.
    pub(crate) fn instance(&self, n: usize, rng: &mut dyn RngCore) -> Cvrp {
        let depot = self.depot.unwrap_or_else(|| DEPOTS[rng.random_range(0..DEPOTS.len())].1);
        let customers = self.customers.unwrap_or_else(|| CUSTOMERS[rng.random_range(0..CUSTOMERS.len())].1);
        let demand = self.demand.unwrap_or_else(|| DEMANDS[rng.random_range(0..DEMANDS.len())].1);
        let route_size = self.route_size.unwrap_or_else(|| triangular(3.0, 6.0, 25.0, rng));

        let growth = (n as f64 / 1_000.0).sqrt().max(1.0);
        let points = Grid::new(growth).place(depot, customers, n, rng);
        let demands = draw_demands(demand, &points, (SIDE * growth).floor() / 2.0, rng);
        let (total, largest) = (demands.iter().sum::<i64>(), demands.iter().copied().max().unwrap_or(0));
        let capacity = ((route_size * total as f64 / n as f64).ceil() as i64).max(largest);

        let names = [name_of(depot, &DEPOTS), name_of(customers, &CUSTOMERS), name_of(demand, &DEMANDS)];
        let distances = Distances::new(Metric::Euclid { scale: 1.0 }, points);
        let mut instance = Cvrp::new(format!("x-{n}"), distances, demands, capacity);
        instance.comment =
            format!("X scheme: depot {}, customers {}, demand {}, r {route_size:.2}", names[0], names[1], names[2]);
        instance.limit = self.limit.map(|factor| {
            let longest = (1..=n as u32).map(|customer| instance.length(&[customer])).max().unwrap_or(0);
            (factor * longest as f64).ceil() as Cost
        });
        instance
    }
}

/// A deviate of the triangular distribution, by inversion.
fn triangular(low: f64, mode: f64, high: f64, rng: &mut dyn RngCore) -> f64 {
    let u: f64 = rng.random();
    let span = high - low;
    if u * span < mode - low {
        low + (u * span * (mode - low)).sqrt()
    } else {
        high - ((1.0 - u) * span * (high - mode)).sqrt()
    }
}

/// The square of integer points, and those already taken: no two nodes share a point.
struct Grid {
    side: u32,
    decay: f64,
    taken: HashSet<[u32; 2]>,
}

impl Grid {
    fn new(growth: f64) -> Self {
        Self { side: (SIDE * growth) as u32, decay: DECAY * growth, taken: HashSet::new() }
    }

    /// The depot, then `n` customers \[n + 1\].
    fn place(mut self, depot: Depot, customers: Customers, n: usize, rng: &mut dyn RngCore) -> Vec<[f64; 2]> {
        let mut points = Vec::with_capacity(n + 1);
        points.push(match depot {
            Depot::Central => [self.side / 2; 2],
            Depot::Eccentric => [0; 2],
            Depot::Random => self.anywhere(rng),
        });
        self.taken.insert(points[0]);
        let loose = match customers {
            Customers::Random => n,
            Customers::Clustered => 0,
            Customers::RandomClustered => n / 2,
        };
        let seeds = rng.random_range(3..=8).min(n - loose);
        points.extend((0..seeds).map(|_| self.free(rng, Self::anywhere)));
        let centres = points[1..].to_vec();
        points.extend((seeds..n - loose).map(|_| self.free(rng, |grid, rng| grid.around(&centres, rng))));
        points.extend((0..loose).map(|_| self.free(rng, Self::anywhere)));
        points.into_iter().map(|point| point.map(f64::from)).collect()
    }

    /// The first point of `draw` that no node has, now taken.
    fn free(&mut self, rng: &mut dyn RngCore, draw: impl Fn(&Self, &mut dyn RngCore) -> [u32; 2]) -> [u32; 2] {
        loop {
            let point = draw(self, rng);
            if self.taken.insert(point) {
                return point;
            }
        }
    }

    fn anywhere(&self, rng: &mut dyn RngCore) -> [u32; 2] {
        [0, 1].map(|_| rng.random_range(0..=self.side))
    }

    /// A point of the square with density proportional to the sum of exp(-d / decay) over the centres: a random centre
    /// at a distance whose density is d exp(-d / decay), the sum of two exponential deviates.
    fn around(&self, centres: &[[u32; 2]], rng: &mut dyn RngCore) -> [u32; 2] {
        loop {
            let centre = centres[rng.random_range(0..centres.len())];
            let product = [0, 1].map(|_| 1.0 - rng.random::<f64>()).iter().product::<f64>();
            let distance = -self.decay * product.ln();
            let (sine, cosine) = (TAU * rng.random::<f64>()).sin_cos();
            let [x, y] = [f64::from(centre[0]) + distance * cosine, f64::from(centre[1]) + distance * sine];
            let inside = 0.0..=f64::from(self.side);
            if inside.contains(&x.round()) && inside.contains(&y.round()) {
                return [x.round() as u32, y.round() as u32];
            }
        }
    }
}

/// One demand per node, 0 for the depot. `middle` parts the quadrants.
fn draw_demands(demand: Demand, points: &[[f64; 2]], middle: f64, rng: &mut dyn RngCore) -> Vec<i64> {
    let n = points.len() - 1;
    let mut demands = vec![0; n + 1];
    match demand {
        Demand::Unitary => demands[1..].fill(1),
        Demand::Between(low, high) => demands[1..].fill_with(|| rng.random_range(low..=high)),
        Demand::Quadrant => {
            for (demand, [x, y]) in demands.iter_mut().zip(points).skip(1) {
                let even = (*x < middle) != (*y < middle);
                *demand = if even { rng.random_range(1..=50) } else { rng.random_range(51..=100) };
            }
        }
        Demand::SmallLarge => {
            let small = (rng.random_range(0.70..0.95) * n as f64).round() as usize;
            demands[1..=small].fill_with(|| rng.random_range(1..=10));
            demands[small + 1..].fill_with(|| rng.random_range(50..=100));
            // Seeds come first among the customers: without this, they would all be small.
            demands[1..].shuffle(rng);
        }
    }
    demands
}
