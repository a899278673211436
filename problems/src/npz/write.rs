//! Writing of `.npz` sets.

use std::io::{self, Seek, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Set, npy};
use crate::metric::{Distances, Metric, UNIT_SCALE};

/// Writes instances of one size so that `read` gives them back, names and comments excepted.
///
/// # Errors
/// If writing fails, and for instances that the format cannot hold: of different sizes, of other than unit-square
/// distances, with limits on fleet or duration, with fixed edges; and for an empty set.
pub fn write(set: &Set, out: impl Write + Seek) -> io::Result<()> {
    let mut archive = ZipWriter::new(out);
    match set {
        Set::Tsp(instances) => {
            if instances.iter().any(|tsp| !tsp.fixed.is_empty()) {
                return Err(refused("fixed edges"));
            }
            let (n, points) = coordinates(instances.iter().map(|tsp| &tsp.distances))?;
            array(&mut archive, "locs", &[instances.len(), n, 2], &points)?;
        }
        Set::Cvrp(instances) => {
            if instances.iter().any(|cvrp| cvrp.vehicles.is_some() || cvrp.limit.is_some() || cvrp.service != 0) {
                return Err(refused("limits on fleet or duration"));
            }
            let (n, points) = coordinates(instances.iter().map(|cvrp| &cvrp.distances))?;
            let (mut depots, mut locs, mut demands) = (Vec::new(), Vec::new(), Vec::new());
            for (cvrp, points) in instances.iter().zip(points.chunks_exact(2 * n)) {
                depots.extend_from_slice(&points[..2]);
                locs.extend_from_slice(&points[2..]);
                demands.extend(cvrp.demands.iter().skip(1).map(|&demand| demand as f64));
            }
            let capacities: Vec<f64> = instances.iter().map(|cvrp| cvrp.capacity as f64).collect();
            let count = instances.len();
            array(&mut archive, "locs", &[count, n - 1, 2], &locs)?;
            array(&mut archive, "depot", &[count, 2], &depots)?;
            array(&mut archive, "demand", &[count, n - 1], &demands)?;
            array(&mut archive, "capacity", &[count], &capacities)?;
        }
    }
    archive.finish()?.flush()
}

/// Number of nodes of every instance, and the coordinates of all.
fn coordinates<'a>(instances: impl Iterator<Item = &'a Distances>) -> io::Result<(usize, Vec<f64>)> {
    let (mut nodes, mut values) = (None, Vec::new());
    for distances in instances {
        let Some(points) =
            distances.points().filter(|_| distances.metric() == Some(Metric::Euclid { scale: UNIT_SCALE }))
        else {
            return Err(refused("distances of another kind than the unit square's"));
        };
        if *nodes.get_or_insert(points.len()) != points.len() {
            return Err(refused("instances of different sizes"));
        }
        values.extend(points.iter().flatten());
    }
    nodes.map(|nodes| (nodes, values)).ok_or_else(|| refused("a set without instances"))
}

fn array<W: Write + Seek>(archive: &mut ZipWriter<W>, name: &str, shape: &[usize], values: &[f64]) -> io::Result<()> {
    archive.start_file(format!("{name}.npy"), SimpleFileOptions::default())?;
    npy::write(archive, shape, values)
}

fn refused(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("a .npz set cannot hold {what}"))
}
