//! Distances in TSPLIB files: coordinates under a metric, or weights in one of the matrix layouts.

use super::{File, Section, known, node};
use crate::format::{ParseError, Rounding, UNROUNDED_SCALE};
use crate::metric::{Distances, Metric, bounding_box};
use crate::problem::COST_LIMIT;
use crate::text::{alternatives, count, quoted, real};

/// Keys that describe distances and coordinates.
pub(crate) const KEYS: [&str; 4] = ["EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE"];

/// Latitudes and longitudes are within these; some files count longitudes from 0 to 360.
const DEGREES: [f64; 2] = [90.0, 360.0];

const TYPES: [&str; 5] = ["EUC_2D", "CEIL_2D", "ATT", "GEO", "EXPLICIT"];

const FORMATS: [&str; 10] = [
    "FULL_MATRIX",
    "UPPER_ROW",
    "LOWER_ROW",
    "UPPER_DIAG_ROW",
    "LOWER_DIAG_ROW",
    "UPPER_COL",
    "LOWER_COL",
    "UPPER_DIAG_COL",
    "LOWER_DIAG_COL",
    "FUNCTION",
];

/// What a file says about where its nodes are.
pub(crate) struct Nodes {
    pub distances: Distances,
    /// Points for pictures only.
    pub display: Option<Vec<[f64; 2]>>,
    /// Cost units per unit of the file.
    pub scale: f64,
}

/// How to read distances.
pub(crate) struct Wanted {
    /// Number of nodes.
    pub n: usize,
    /// This node becomes node 0 and those before it move up by one.
    pub first: usize,
    /// Most edges that a solution uses; their total must stay below [`COST_LIMIT`].
    pub edges: usize,
    /// Whether the distance from i to j may differ from the distance from j to i.
    pub asymmetric: bool,
    pub rounding: Rounding,
}

impl Wanted {
    /// The new number of node `old`.
    pub fn renumbered(&self, old: usize) -> usize {
        match old {
            _ if old == self.first => 0,
            _ if old < self.first => old + 1,
            _ => old,
        }
    }
}

/// Reads distances and display points.
pub(crate) fn nodes(file: &File<'_>, wanted: &Wanted) -> Result<Nodes, ParseError> {
    let kind = one_of(file, "EDGE_WEIGHT_TYPE", &TYPES)?.ok_or_else(|| missing("EDGE_WEIGHT_TYPE"))?;
    one_of(file, "NODE_COORD_TYPE", &["TWOD_COORDS", "NO_COORDS"])?;
    one_of(file, "DISPLAY_DATA_TYPE", &["COORD_DISPLAY", "TWOD_DISPLAY", "NO_DISPLAY"])?;
    let format = one_of(file, "EDGE_WEIGHT_FORMAT", &FORMATS)?;
    let display = file.section("DISPLAY_DATA_SECTION").map(|section| points(section, wanted, None)).transpose()?;
    if kind == "EXPLICIT" {
        let coordinates =
            file.section("NODE_COORD_SECTION").map(|section| points(section, wanted, None)).transpose()?;
        let distances = matrix(file, format, wanted)?;
        return Ok(Nodes { distances, display: display.or(coordinates), scale: 1.0 });
    }
    if let Some(section) = file.section("EDGE_WEIGHT_SECTION") {
        let found = format!("EDGE_WEIGHT_SECTION although EDGE_WEIGHT_TYPE is {kind}");
        return Err(ParseError::at(section.line, "no weights", found));
    }
    if let (Some(header), Some(format)) = (file.get("EDGE_WEIGHT_FORMAT"), format)
        && format != "FUNCTION"
    {
        return Err(ParseError::at(header.line, format!("FUNCTION with EDGE_WEIGHT_TYPE : {kind}"), format));
    }
    let section = file.require_section("NODE_COORD_SECTION")?;
    let points = points(section, wanted, (kind == "GEO").then_some(DEGREES))?;
    let scale = if kind == "EUC_2D" && wanted.rounding == Rounding::None { UNROUNDED_SCALE } else { 1.0 };
    let metric = match kind {
        "CEIL_2D" => Metric::Ceil,
        "ATT" => Metric::Att,
        "GEO" => Metric::Geo,
        _ => Metric::Euclid { scale },
    };
    check_points(scale, &points, section, wanted)?;
    Ok(Nodes { distances: Distances::new(metric, points), display, scale })
}

fn missing(key: &str) -> ParseError {
    ParseError::whole(format!("a line \"{key} : ...\""), "none")
}

/// The value of `key`, which must be one of `allowed`.
fn one_of(file: &File<'_>, key: &str, allowed: &[&'static str]) -> Result<Option<&'static str>, ParseError> {
    let Some(header) = file.get(key) else { return Ok(None) };
    match known(header.value, allowed) {
        Some(value) => Ok(Some(value)),
        None => {
            let expected = format!("{key} : {}", alternatives(allowed));
            Err(ParseError::at(header.line, expected, quoted(header.value)))
        }
    }
}

/// Reads lines of `node value...`, one for each of `n` nodes in any order, and gives each to `accept`.
pub(crate) fn rows<const D: usize>(
    section: Section<'_>,
    n: usize,
    what: &str,
    mut accept: impl FnMut(usize, usize, [&str; D]) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let malformed = |line, row| ParseError::at(line, format!("a node number and {what}"), quoted(row));
    // Before any memory is taken: DIMENSION may be as wrong as anything else.
    let lines = section.rows().count();
    if lines != n {
        let damaged = section.rows().find(|&(_, row)| cut::<D>(row).is_none());
        let expected = format!("{n} lines after {}, one per node as DIMENSION says", section.name);
        let miscounted = ParseError::at(section.line, expected, lines.to_string());
        return Err(damaged.map_or(miscounted, |(line, row)| malformed(line, row)));
    }
    let mut seen = vec![false; n];
    for (line, row) in section.rows() {
        let (number, values) = cut(row).ok_or_else(|| malformed(line, row))?;
        let node = node(number, line, n)?;
        if std::mem::replace(&mut seen[node], true) {
            return Err(ParseError::at(
                line,
                format!("each node once in {}", section.name),
                format!("node {number} again"),
            ));
        }
        accept(node, line, values)?;
    }
    Ok(())
}

/// The first word of a line and the `D` others.
fn cut<const D: usize>(row: &str) -> Option<(&str, [&str; D])> {
    let mut words = row.split_ascii_whitespace();
    let number = words.next()?;
    let mut values = [""; D];
    for value in &mut values {
        *value = words.next()?;
    }
    words.next().is_none().then_some((number, values))
}

/// Reads `node x y` lines. The order of `x` and `y` is that of the file: GEO has the latitude first.
fn points(section: Section<'_>, wanted: &Wanted, limits: Option<[f64; 2]>) -> Result<Vec<[f64; 2]>, ParseError> {
    if wanted.n > section.words_at_most() {
        return Err(section.ends_early(format!("{} nodes in {}", wanted.n, section.name)));
    }
    let limits = limits.unwrap_or([f64::MAX; 2]);
    let mut points = vec![[0.0; 2]; wanted.n];
    rows(section, wanted.n, "2 coordinates", |node, line, words: [&str; 2]| {
        let mut point = [0.0; 2];
        for axis in 0..2 {
            let (word, limit) = (words[axis], limits[axis]);
            let value = real(word).filter(|value| value.abs() <= limit);
            point[axis] = value.ok_or_else(|| {
                let within = if limit < f64::MAX {
                    format!("an angle within {limit} degrees")
                } else {
                    "a finite number".into()
                };
                ParseError::at(line, format!("a coordinate ({within})"), quoted(word))
            })?;
        }
        points[wanted.renumbered(node)] = point;
        Ok(())
    })?;
    Ok(points)
}

/// Refuses points whose distances could overflow a cost.
fn check_points(scale: f64, points: &[[f64; 2]], section: Section<'_>, wanted: &Wanted) -> Result<(), ParseError> {
    let (low, high) = bounding_box(points);
    // One unit more for rounding up.
    let longest = (high[0] - low[0]).hypot(high[1] - low[1]) * scale + 1.0;
    if longest * wanted.edges as f64 >= COST_LIMIT as f64 {
        return Err(too_long(section.line, wanted.edges, &format!("{longest:.3e}")));
    }
    Ok(())
}

fn too_long(line: usize, edges: usize, longest: &str) -> ParseError {
    let expected = format!("distances whose sum over {edges} edges is below 2^60");
    ParseError::at(line, expected, format!("distances up to {longest}"))
}

/// The places (row, column) of a triangular or full matrix in the order of a layout.
enum Layout {
    Full,
    /// Row i holds columns i + `0`.. to n.
    Upper(usize),
    /// Row i holds columns 0 to i - `0`, inclusive.
    Lower(usize),
}

impl Layout {
    /// For a symmetric matrix, columns of one triangle are rows of the other.
    fn of(format: &str) -> Option<Self> {
        Some(match format {
            "FULL_MATRIX" => Layout::Full,
            "UPPER_ROW" | "LOWER_COL" => Layout::Upper(1),
            "UPPER_DIAG_ROW" | "LOWER_DIAG_COL" => Layout::Upper(0),
            "LOWER_ROW" | "UPPER_COL" => Layout::Lower(1),
            "LOWER_DIAG_ROW" | "UPPER_DIAG_COL" => Layout::Lower(0),
            _ => return None,
        })
    }

    fn columns(&self, n: usize, row: usize) -> std::ops::Range<usize> {
        match self {
            Layout::Full => 0..n,
            Layout::Upper(skip) => row + skip..n,
            Layout::Lower(skip) => 0..row + 1 - skip,
        }
    }

    fn entries(&self, n: usize) -> u128 {
        let n = n as u128;
        match *self {
            Layout::Full => n * n,
            Layout::Upper(skip) | Layout::Lower(skip) => n * (n + 1 - 2 * skip as u128) / 2,
        }
    }
}

/// Reads `EDGE_WEIGHT_SECTION`. The diagonal may hold any number (TSPLIB puts 0, -1 or 9999 there) and counts as 0.
fn matrix(file: &File<'_>, format: Option<&str>, wanted: &Wanted) -> Result<Distances, ParseError> {
    let format = format.ok_or_else(|| missing("EDGE_WEIGHT_FORMAT"))?;
    let header = file.require("EDGE_WEIGHT_FORMAT")?;
    let layout = Layout::of(format)
        .ok_or_else(|| ParseError::at(header.line, "a matrix layout with EDGE_WEIGHT_TYPE : EXPLICIT", format))?;
    let section = file.require_section("EDGE_WEIGHT_SECTION")?;
    let n = wanted.n;
    let entries = layout.entries(n);
    let expected = format!("{entries} weights ({n} nodes in {format})");
    let too_few = || section.ends_early_after(section.words().count(), expected.clone());
    if entries > section.words_at_most() as u128 {
        return Err(too_few());
    }
    let mut weights = vec![0; n * n];
    let mut words = section.words();
    for i in 0..n {
        for j in layout.columns(n, i) {
            let (line, word) = words.next().ok_or_else(too_few)?;
            if i == j {
                real(word).ok_or_else(|| ParseError::at(line, "a number on the diagonal", quoted(word)))?;
                continue;
            }
            let weight = count(word, line, "a weight")?;
            let (a, b) = (wanted.renumbered(i), wanted.renumbered(j));
            weights[a * n + b] = weight;
            if !matches!(layout, Layout::Full) {
                weights[b * n + a] = weight;
            } else if !wanted.asymmetric && j < i && weights[b * n + a] != weight {
                return Err(lopsided(line, [i + 1, j + 1], weights[b * n + a], weight));
            }
        }
    }
    if let Some((line, word)) = words.next() {
        return Err(ParseError::at(line, expected, format!("one more, {}", quoted(word))));
    }
    let distances = Distances::from_matrix(n, weights);
    let longest = distances.max();
    match longest.checked_mul(wanted.edges as i64) {
        Some(total) if total < COST_LIMIT => Ok(distances),
        _ => Err(too_long(section.line, wanted.edges, &longest.to_string())),
    }
}

fn lopsided(line: usize, [from, to]: [usize; 2], there: i64, here: i64) -> ParseError {
    let expected = format!("{there} from node {from} to {to} as from {to} to {from} (unless TYPE is ATSP or ACVRP)");
    ParseError::at(line, expected, here.to_string())
}
