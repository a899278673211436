//! Writing of the parts that TSP and CVRP files share.

use std::fmt::Display;
use std::io::{self, Write};

use crate::format::UNROUNDED_SCALE;
use crate::metric::{Distances, Metric};

/// `KEY : value`; control characters of the value, which could pass for other lines, become blanks.
pub(crate) fn header(out: &mut dyn Write, key: &str, value: impl Display) -> io::Result<()> {
    let value = value.to_string().replace(char::is_control, " ");
    writeln!(out, "{key} : {value}")
}

/// One `COMMENT` line for each line of `comment`.
pub(crate) fn comment(out: &mut dyn Write, comment: &str) -> io::Result<()> {
    comment.lines().try_for_each(|line| header(out, "COMMENT", line))
}

/// The scale that a reader of the written file will choose: see [`weight_sections`].
pub(crate) fn unit(scale: f64) -> f64 {
    if scale == UNROUNDED_SCALE { scale } else { 1.0 }
}

/// The headers that say how distances are given.
pub(crate) fn weight_headers(out: &mut dyn Write, distances: &Distances, display: bool) -> io::Result<()> {
    let kind = match distances.metric() {
        Some(Metric::Euclid { .. }) => "EUC_2D",
        Some(Metric::Ceil) => "CEIL_2D",
        Some(Metric::Att) => "ATT",
        Some(Metric::Geo) => "GEO",
        None => "EXPLICIT",
    };
    header(out, "EDGE_WEIGHT_TYPE", kind)?;
    if distances.metric().is_none() {
        header(out, "EDGE_WEIGHT_FORMAT", if distances.is_symmetric() { "LOWER_DIAG_ROW" } else { "FULL_MATRIX" })?;
    }
    if display {
        header(out, "DISPLAY_DATA_TYPE", "TWOD_DISPLAY")?;
    }
    Ok(())
}

/// The sections that hold distances and display points.
///
/// A scale that no file can state (unit-square sets) goes into the coordinates.
pub(crate) fn weight_sections(
    out: &mut dyn Write,
    distances: &Distances,
    display: Option<&[[f64; 2]]>,
) -> io::Result<()> {
    match (distances.metric(), distances.points()) {
        (Some(metric), Some(points)) => {
            let factor = match metric {
                Metric::Euclid { scale } => scale / unit(scale),
                _ => 1.0,
            };
            coordinates(out, "NODE_COORD_SECTION", points, factor)?;
        }
        _ => matrix(out, distances)?,
    }
    display.map_or(Ok(()), |points| coordinates(out, "DISPLAY_DATA_SECTION", points, 1.0))
}

fn coordinates(out: &mut dyn Write, section: &str, points: &[[f64; 2]], factor: f64) -> io::Result<()> {
    writeln!(out, "{section}")?;
    for (index, [x, y]) in points.iter().enumerate() {
        writeln!(out, "{} {} {}", index + 1, x * factor, y * factor)?;
    }
    Ok(())
}

/// Rows up to the diagonal for symmetric distances, whole rows otherwise. The diagonal, which is never used, is 0.
fn matrix(out: &mut dyn Write, distances: &Distances) -> io::Result<()> {
    writeln!(out, "EDGE_WEIGHT_SECTION")?;
    let n = distances.len();
    for i in 0..n {
        let columns = if distances.is_symmetric() { i + 1 } else { n };
        for j in 0..columns {
            let blank = if j == 0 { "" } else { " " };
            let weight = if i == j { 0 } else { distances.get(i, j) };
            write!(out, "{blank}{weight}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
