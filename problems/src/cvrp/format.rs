//! CVRPLIB `.vrp` files. Solutions are in `sol`.
//!
//! Conventions: E. Uchoa et al., "New benchmark instances for the Capacitated Vehicle Routing Problem", EJOR 257
//! (2017), and <http://vrp.galgos.inf.puc-rio.br>.

use std::io::{self, Write};

use super::sol::{read_sol, write_sol};
use super::{Cvrp, Infeasible, Routes};
use crate::format::{Format, ParseError, Rounding};
use crate::problem::{COST_LIMIT, Cost};
use crate::text::{count, decimal, quoted, real};
use crate::tsplib::weights::{KEYS, Wanted, nodes, rows};
use crate::tsplib::{File, Grammar, Header, Section, node, write};

/// Values of `TYPE` in instance files: symmetric, asymmetric.
pub const TYPES: [&str; 2] = ["CVRP", "ACVRP"];

const INSTANCE: Grammar = Grammar {
    name: "a CVRP file",
    types: &TYPES,
    keys: &[
        "NAME",
        "TYPE",
        "COMMENT",
        "DIMENSION",
        "CAPACITY",
        "DISTANCE",
        "SERVICE_TIME",
        "VEHICLES",
        KEYS[0],
        KEYS[1],
        KEYS[2],
        KEYS[3],
    ],
    sections: &["NODE_COORD_SECTION", "EDGE_WEIGHT_SECTION", "DISPLAY_DATA_SECTION", "DEMAND_SECTION", "DEPOT_SECTION"],
};

impl Format for Cvrp {
    /// Reads a `.vrp` file. Explicit weights of `TYPE : CVRP` must be symmetric, those of `TYPE : ACVRP` need not.
    ///
    /// If the depot is not node 1 of the file, it still becomes node 0 here and the customers keep the order of the
    /// file: `.sol` files count customers in that order, from 1 and without the depot.
    ///
    /// With [`Rounding::None`], costs of `EUC_2D` instances are in millionths, and so are limit and service time.
    fn read(text: &str, rounding: Rounding) -> Result<Self, ParseError> {
        let file = File::parse(text, &INSTANCE)?;
        let n = file.dimension()?;
        let first = depot(file.require_section("DEPOT_SECTION")?, n)?;
        let asymmetric = file.is_of_type(TYPES[1]);
        // The worst solution serves every customer alone.
        let wanted = Wanted { n, first, edges: 2 * n, asymmetric, rounding };
        let found = nodes(&file, &wanted)?;
        let demands = demands(file.require_section("DEMAND_SECTION")?, &wanted)?;
        let capacity = file.require("CAPACITY")?;
        let limit = file.get("DISTANCE").map(|header| duration_limit(header, found.scale)).transpose()?;
        let service = file.get("SERVICE_TIME").map(|header| service_time(header, n, found.scale)).transpose()?;
        Ok(Self {
            name: file.name(),
            comment: file.comment(),
            distances: found.distances,
            demands,
            capacity: count(capacity.value, capacity.line, "a capacity")?,
            vehicles: vehicles(&file)?,
            limit,
            service: service.unwrap_or(0),
            display: found.display,
            scale: found.scale,
        })
    }

    /// Writes a `.vrp` file. An instance of scale [`UNROUNDED_SCALE`](crate::format::UNROUNDED_SCALE) is to be read
    /// with [`Rounding::None`]; any other scale goes into the coordinates.
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        write::header(out, "NAME", &self.name)?;
        write::comment(out, &self.comment)?;
        write::header(out, "TYPE", TYPES[usize::from(!self.distances.is_symmetric())])?;
        write::header(out, "DIMENSION", self.demands.len())?;
        write::weight_headers(out, &self.distances, self.display.is_some())?;
        write::header(out, "CAPACITY", self.capacity)?;
        let unit = write::unit(self.scale);
        if let Some(limit) = self.limit {
            write::header(out, "DISTANCE", decimal(limit, unit))?;
        }
        if self.service != 0 {
            write::header(out, "SERVICE_TIME", decimal(self.service, unit))?;
        }
        if let Some(vehicles) = self.vehicles {
            write::header(out, "VEHICLES", vehicles)?;
        }
        write::weight_sections(out, &self.distances, self.display.as_deref())?;
        writeln!(out, "DEMAND_SECTION")?;
        for (index, demand) in self.demands.iter().enumerate() {
            writeln!(out, "{} {demand}", index + 1)?;
        }
        writeln!(out, "DEPOT_SECTION\n1\n-1\nEOF")
    }

    /// Reads a `.sol` file; a cost that it declares is read by [`read_sol`].
    fn read_solution(&self, text: &str) -> Result<Routes, ParseError> {
        read_sol(text).map(|(routes, _)| routes)
    }

    /// Writes a `.sol` file without empty routes. The cost is stated if the solution is feasible.
    fn write_solution(&self, solution: &Routes, out: &mut dyn Write) -> io::Result<()> {
        write_sol(self, solution, out)
    }
}

impl Infeasible {
    /// The line of the instance's file `text` that the reason is about: a demand, the fleet, the limit. None where it
    /// is no single line, and of a text that is no such file.
    pub fn line(&self, text: &str) -> Option<usize> {
        let file = File::parse(text, &INSTANCE).ok()?;
        let key = match *self {
            Self::Sizes { .. } => return None,
            Self::NegativeDemand { customer, .. } | Self::TooLarge { customer, .. } => {
                let n = file.dimension().ok()?;
                let first = depot(file.section("DEPOT_SECTION")?, n).ok()?;
                let wanted = Wanted { n, first, edges: 0, asymmetric: false, rounding: Rounding::Nearest };
                let mut rows = file.section("DEMAND_SECTION")?.rows();
                let is_meant = |&(line, row): &(usize, &str)| {
                    let found = row.split_ascii_whitespace().next().and_then(|word| node(word, line, n).ok());
                    found.is_some_and(|found| wanted.renumbered(found) == customer)
                };
                return rows.find(is_meant).map(|(line, _)| line);
            }
            Self::Capacity { .. } => "CAPACITY",
            Self::Fleet { .. } => "VEHICLES",
            Self::OutOfReach { .. } => "DISTANCE",
        };
        file.get(key).map(|header| header.line)
    }
}

/// The index of the one depot.
fn depot(section: Section<'_>, n: usize) -> Result<usize, ParseError> {
    let mut words = section.words();
    let Some((line, word)) = words.next() else {
        return Err(section.ends_early("the node number of the depot"));
    };
    let depot = node(word, line, n)?;
    match words.next() {
        None => Ok(depot),
        Some((_, "-1")) => match words.next() {
            None => Ok(depot),
            Some((line, word)) => Err(ParseError::at(line, "nothing after -1 in DEPOT_SECTION", quoted(word))),
        },
        Some((line, word)) => {
            let found = format!("{} (several depots are not supported)", quoted(word));
            Err(ParseError::at(line, "-1 after the one depot", found))
        }
    }
}

/// Demands by new node number; that of the depot is 0.
fn demands(section: Section<'_>, wanted: &Wanted) -> Result<Vec<i64>, ParseError> {
    if wanted.n > section.words_at_most() {
        return Err(section.ends_early(format!("{} demands in DEMAND_SECTION", wanted.n)));
    }
    let (mut demands, mut total) = (vec![0; wanted.n], 0);
    rows(section, wanted.n, "its demand", |node, line, [word]: [&str; 1]| {
        let demand = count(word, line, "a demand")?;
        if node == wanted.first && demand != 0 {
            return Err(ParseError::at(line, "demand 0 of the depot", quoted(word)));
        }
        // Each demand is at most 2^60, so the sum is checked before it can overflow.
        total += demand;
        if total > COST_LIMIT {
            return Err(ParseError::at(line, "demands whose sum is at most 2^60", format!("{total} so far")));
        }
        demands[wanted.renumbered(node)] = demand;
        Ok(())
    })?;
    Ok(demands)
}

/// `DISTANCE` in cost units.
fn duration_limit(header: Header<'_>, scale: f64) -> Result<Cost, ParseError> {
    let limit = real(header.value).map(|limit| limit * scale).filter(|limit| (0.0..COST_LIMIT as f64).contains(limit));
    let limit = limit.ok_or_else(|| {
        ParseError::at(header.line, "a route duration, at least 0 and below 2^60 cost units", quoted(header.value))
    })?;
    // Rounded durations are integers: what exceeds the limit exceeds its integer part.
    Ok(if scale == 1.0 { limit.floor() } else { limit.round() } as Cost)
}

/// `SERVICE_TIME` in cost units. The total over all customers stays a valid cost.
fn service_time(header: Header<'_>, n: usize, scale: f64) -> Result<Cost, ParseError> {
    let most = COST_LIMIT as f64 / n as f64;
    let service = real(header.value).map(|service| service * scale).filter(|service| (0.0..most).contains(service));
    // A fraction would need unrounded distances to add up with.
    service.filter(|service| scale != 1.0 || service.fract() == 0.0).map(|service| service.round() as Cost).ok_or_else(
        || {
            let kind = if scale == 1.0 { "whole service time" } else { "service time" };
            ParseError::at(header.line, format!("a {kind}, at least 0"), quoted(header.value))
        },
    )
}

fn vehicles(file: &File<'_>) -> Result<Option<usize>, ParseError> {
    let Some(header) = file.get("VEHICLES") else { return Ok(None) };
    match header.value.parse() {
        Ok(vehicles) if vehicles > 0 => Ok(Some(vehicles)),
        _ => Err(ParseError::at(header.line, "a number of vehicles, at least 1", quoted(header.value))),
    }
}
