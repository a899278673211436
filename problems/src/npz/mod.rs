//! `.npz` files of unit-square instances, as RL4CO's and Kool's generators lay them out.
//!
//! Sources: W. Kool, H. van Hoof, M. Welling, "Attention, Learn to Solve Routing Problems!", ICLR 2019, appendices B
//! and C; F. Berto et al., "RL4CO", 2023. Arrays: `locs` `[b, n, 2]`; for CVRP also `depot` `[b, 2]`, `demand` `[b, n]`
//! and `capacity` `[b]`.
//!
//! Demands are whole numbers or, if any of the file is not, fractions of the capacity. A capacity that is absent, or 1
//! as RL4CO's environments store it, is the usual one for that number of customers.

mod npy;
mod write;

use std::io::Cursor;

use zip::ZipArchive;

use crate::cvrp::Cvrp;
use crate::format::ParseError;
use crate::metric::{Distances, Metric, UNIT_SCALE};
use crate::problem::COST_LIMIT;
use crate::tsp::Tsp;

pub use write::write;

/// Most values in one file: half a GiB as 64-bit reals, three times 10 000 instances of 1 000 nodes. A small archive
/// could claim to hold far more.
const VALUES_LIMIT: usize = 1 << 26;

/// How far a fraction times the capacity may be from the whole number it stands for; 32-bit reals stay well below.
const WHOLE: f64 = 1e-3;

/// The usual capacities by number of customers: Kool et al. up to 100, then RL4CO.
const CAPACITIES: [(usize, i64); 9] =
    [(10, 20), (20, 30), (50, 40), (100, 50), (125, 55), (150, 60), (200, 70), (500, 100), (1000, 150)];

/// Instances of one file.
#[derive(Clone, Debug, PartialEq)]
pub enum Set {
    /// From a file with `locs` alone.
    Tsp(Vec<Tsp>),
    /// From a file with `locs`, `depot` and `demand`.
    Cvrp(Vec<Cvrp>),
}

/// Reads the instances of a `.npz` file. They are called `name-0`, `name-1` and so on.
///
/// # Errors
/// If the archive is damaged, lacks an array, has one that is not understood, of a wrong shape or of impossible values.
pub fn read(bytes: &[u8], name: &str) -> Result<Set, ParseError> {
    let mut archive = Archive::open(bytes)?;
    let locs = archive.array("locs", "[instances, nodes, 2]", |shape| matches!(shape, &[b, n, 2] if b > 0 && n > 0))?;
    let (count, n) = (locs.shape[0], locs.shape[1]);
    check_points("locs", &locs.values)?;
    if !archive.has("demand") && !archive.has("depot") {
        archive.nothing_but(&["locs"])?;
        let tours = locs.values.chunks_exact(2 * n).enumerate();
        let tours = tours.map(|(index, points)| Tsp {
            scale: UNIT_SCALE,
            ..Tsp::new(format!("{name}-{index}"), distances(None, points))
        });
        return Ok(Set::Tsp(tours.collect()));
    }
    archive.nothing_but(&["locs", "depot", "demand", "capacity"])?;
    let depots = archive.array(
        "depot",
        &format!("[{count}, 2]"),
        |shape| matches!(shape, &[a, 2] | &[a, 1, 2] if a == count),
    )?;
    check_points("depot", &depots.values)?;
    let demands = archive.array("demand", &format!("[{count}, {n}]"), |shape| shape == [count, n])?;
    let capacities = match archive.has("capacity") {
        true => Some(archive.array(
            "capacity",
            &format!("[{count}]"),
            |shape| matches!(shape, &[a] | &[a, 1] if a == count),
        )?),
        false => None,
    };
    let fractions = demands.values.iter().any(|demand| demand.fract() != 0.0);
    let mut instances = Vec::with_capacity(count);
    for (index, demands) in demands.values.chunks_exact(n).enumerate() {
        let capacity = capacity(capacities.as_ref().map(|array| array.values[index]), n)?;
        let factor = if fractions { capacity as f64 } else { 1.0 };
        let demands = whole_demands(demands, factor, index)?;
        let depot = &depots.values[2 * index..2 * index + 2];
        let distances = distances(Some(depot), &locs.values[2 * n * index..2 * n * (index + 1)]);
        let cvrp = Cvrp::new(format!("{name}-{index}"), distances, demands, capacity);
        instances.push(Cvrp { scale: UNIT_SCALE, ..cvrp });
    }
    Ok(Set::Cvrp(instances))
}

/// Refuses what is no number, and coordinates so large that a cost could overflow.
fn check_points(name: &str, values: &[f64]) -> Result<(), ParseError> {
    let limit = COST_LIMIT as f64 / UNIT_SCALE / VALUES_LIMIT as f64 / 4.0;
    match values.iter().find(|value| !(0.0..=limit).contains(&value.abs())) {
        Some(value) => Err(ParseError::whole(format!("coordinates of the unit square in {name}"), value.to_string())),
        None => Ok(()),
    }
}

fn distances(depot: Option<&[f64]>, points: &[f64]) -> Distances {
    let points = depot.unwrap_or_default().iter().chain(points).copied().collect::<Vec<f64>>();
    let points = points.chunks_exact(2).map(|point| [point[0], point[1]]).collect();
    Distances::new(Metric::Euclid { scale: UNIT_SCALE }, points)
}

fn capacity(given: Option<f64>, customers: usize) -> Result<i64, ParseError> {
    match given {
        Some(capacity) if capacity != 1.0 => whole(capacity).ok_or_else(|| {
            ParseError::whole("whole capacities, at least 0, in the array capacity", capacity.to_string())
        }),
        _ => CAPACITIES.iter().find(|&&(size, _)| size == customers).map(|&(_, capacity)| capacity).ok_or_else(|| {
            let found = format!("none, and no usual one for {customers} customers");
            ParseError::whole("the array capacity", found)
        }),
    }
}

/// Demands of an instance, the depot's first.
fn whole_demands(demands: &[f64], factor: f64, index: usize) -> Result<Vec<i64>, ParseError> {
    let mut numbers = Vec::with_capacity(demands.len() + 1);
    numbers.push(0);
    for demand in demands {
        let exact = demand * factor;
        let number = whole(exact.round()).filter(|_| (exact - exact.round()).abs() <= WHOLE);
        numbers.push(number.ok_or_else(|| {
            let expected = format!("demands of instance {index} that are whole numbers, or fractions of the capacity");
            ParseError::whole(expected, demand.to_string())
        })?);
    }
    Ok(numbers)
}

/// A whole number from 0 up to what 64-bit reals count exactly; sums of all values in a file stay below [`COST_LIMIT`].
fn whole(value: f64) -> Option<i64> {
    let limit = COST_LIMIT as f64 / VALUES_LIMIT as f64;
    (value.fract() == 0.0 && (0.0..=limit).contains(&value)).then_some(value as i64)
}

struct Array {
    shape: Vec<usize>,
    /// In C order.
    values: Vec<f64>,
}

/// A `.npz` file and how many more values may be read from it.
struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    left: usize,
}

impl<'a> Archive<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let zip = ZipArchive::new(Cursor::new(bytes));
        let zip = zip.map_err(|error| ParseError::whole("a .npz file, which is a ZIP archive", error.to_string()))?;
        Ok(Self { zip, left: VALUES_LIMIT })
    }

    fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(&format!("{name}.npy")).is_some()
    }

    /// Other arrays may change the problem, as time windows do.
    fn nothing_but(&self, known: &[&str]) -> Result<(), ParseError> {
        let stranger =
            self.zip.file_names().find(|file| !file.strip_suffix(".npy").is_some_and(|name| known.contains(&name)));
        stranger.map_or(Ok(()), |name| Err(ParseError::whole(format!("the arrays {}", known.join(", ")), name)))
    }

    /// Reads an array after its shape has been found right, and its data after they have been found as long as it says.
    fn array(&mut self, name: &str, wanted: &str, right: impl Fn(&[usize]) -> bool) -> Result<Array, ParseError> {
        let failed = |error: zip::result::ZipError| ParseError::whole(format!("the array {name}"), error.to_string());
        let mut file = self.zip.by_name(&format!("{name}.npy")).map_err(failed)?;
        let bytes = file.size();
        let header = npy::read_header(&mut file, name)?;
        if !right(&header.shape) {
            return Err(ParseError::whole(
                format!("the array {name} of shape {wanted}"),
                format!("{:?}", header.shape),
            ));
        }
        let count = header.shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        let Some(count) = count.filter(|&count| count <= self.left) else {
            let expected = format!("at most {VALUES_LIMIT} values in a .npz file");
            return Err(ParseError::whole(expected, format!("{name} of shape {:?}", header.shape)));
        };
        if (header.length + count * header.element.size()) as u64 != bytes {
            let expected = format!("{count} values in the array {name}");
            return Err(ParseError::whole(expected, format!("{bytes} bytes with the header")));
        }
        self.left -= count;
        let values = npy::read_data(&mut file, header.element, count, name)?;
        Ok(Array { shape: header.shape, values })
    }
}
