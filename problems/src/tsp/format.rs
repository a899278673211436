//! TSPLIB `.tsp`, `.atsp` and `.tour` files.

use std::io::{self, Write};

use super::{Infeasible, Tour, Tsp};
use crate::format::{Format, ParseError, Rounding};
use crate::text::{decimal, quoted};
use crate::tsplib::weights::{KEYS, Wanted, nodes};
use crate::tsplib::{File, Grammar, Section, node, write};

/// Values of `TYPE` in instance files: symmetric, asymmetric.
pub const TYPES: [&str; 2] = ["TSP", "ATSP"];

const INSTANCE: Grammar = Grammar {
    name: "a TSP file",
    types: &TYPES,
    keys: &["NAME", "TYPE", "COMMENT", "DIMENSION", KEYS[0], KEYS[1], KEYS[2], KEYS[3]],
    sections: &["NODE_COORD_SECTION", "EDGE_WEIGHT_SECTION", "DISPLAY_DATA_SECTION", "FIXED_EDGES_SECTION"],
};

const TOUR: Grammar = Grammar {
    name: "a tour file",
    types: &["TOUR"],
    keys: &["NAME", "TYPE", "COMMENT", "DIMENSION"],
    sections: &["TOUR_SECTION"],
};

impl Format for Tsp {
    /// Reads a `.tsp` or `.atsp` file. Explicit weights of `TYPE : TSP` must be symmetric.
    fn read(text: &str, rounding: Rounding) -> Result<Self, ParseError> {
        let file = File::parse(text, &INSTANCE)?;
        let n = file.dimension()?;
        let asymmetric = file.is_of_type(TYPES[1]);
        let found = nodes(&file, &Wanted { n, first: 0, edges: n, asymmetric, rounding })?;
        let fixed = file.section("FIXED_EDGES_SECTION").map(|section| fixed_edges(section, n)).transpose()?;
        if let Some(section) = file.section("FIXED_EDGES_SECTION").filter(|_| !found.distances.is_symmetric()) {
            return Err(ParseError::at(section.line, "fixed edges in symmetric instances only", "TYPE : ATSP"));
        }
        Ok(Self {
            name: file.name(),
            comment: file.comment(),
            distances: found.distances,
            fixed: fixed.unwrap_or_default(),
            display: found.display,
            scale: found.scale,
        })
    }

    /// Writes a `.tsp` or `.atsp` file. An instance of scale [`UNROUNDED_SCALE`](crate::format::UNROUNDED_SCALE) is to
    /// be read with [`Rounding::None`]; any other scale goes into the coordinates.
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        write::header(out, "NAME", &self.name)?;
        write::comment(out, &self.comment)?;
        write::header(out, "TYPE", TYPES[usize::from(!self.distances.is_symmetric())])?;
        write::header(out, "DIMENSION", self.len())?;
        write::weight_headers(out, &self.distances, self.display.is_some())?;
        write::weight_sections(out, &self.distances, self.display.as_deref())?;
        if !self.fixed.is_empty() {
            writeln!(out, "FIXED_EDGES_SECTION")?;
            for [a, b] in &self.fixed {
                writeln!(out, "{} {}", a + 1, b + 1)?;
            }
            writeln!(out, "-1")?;
        }
        writeln!(out, "EOF")
    }

    /// Reads the one tour of a `.tour` file.
    fn read_solution(&self, text: &str) -> Result<Tour, ParseError> {
        let file = File::parse(text, &TOUR)?;
        let section = file.require_section("TOUR_SECTION")?;
        let mut nodes = Vec::with_capacity(self.len().min(section.words_at_most()));
        let mut words = section.words();
        for (line, word) in words.by_ref().take_while(|&(_, word)| word != "-1") {
            // Nodes that the instance does not have are for `evaluate` to name.
            nodes.push(node(word, line, u32::MAX as usize)? as u32);
        }
        // TSPLIB allows lists of tours, with one more -1 at the end.
        if let Some((line, word)) = words.find(|&(_, word)| word != "-1") {
            return Err(ParseError::at(line, "one tour, ended by -1", quoted(word)));
        }
        match file.get("DIMENSION") {
            Some(_) if file.dimension()? != nodes.len() => {
                let expected = format!("{} nodes in TOUR_SECTION as DIMENSION says", file.dimension()?);
                Err(ParseError::at(section.line, expected, nodes.len().to_string()))
            }
            _ => Ok(Tour { nodes }),
        }
    }

    /// Writes a `.tour` file.
    fn write_solution(&self, tour: &Tour, out: &mut dyn Write) -> io::Result<()> {
        write::header(out, "NAME", format_args!("{}.tour", self.name))?;
        write::header(out, "COMMENT", format_args!("Length {}", decimal(self.length(&tour.nodes), self.scale)))?;
        write::header(out, "TYPE", "TOUR")?;
        write::header(out, "DIMENSION", tour.nodes.len())?;
        writeln!(out, "TOUR_SECTION")?;
        for node in &tour.nodes {
            writeln!(out, "{}", node + 1)?;
        }
        writeln!(out, "-1\nEOF")
    }
}

impl Infeasible {
    /// The line of the instance's file `text` with the last fixed edge that the reason is about. None where it is about
    /// none, and of a text that is no such file.
    pub fn line(&self, text: &str) -> Option<usize> {
        let file = File::parse(text, &INSTANCE).ok()?;
        let words: Vec<(usize, &str)> = file.section("FIXED_EDGES_SECTION")?.words().collect();
        let has = |edge: &[(usize, &str)], end: usize| edge.iter().any(|(_, word)| word.parse() == Ok(end));
        let is_meant = |edge: &&[(usize, &str)]| match *self {
            Self::Empty => false,
            Self::NoEdge { a, b, .. } | Self::SubTour { a, b } => has(edge, a) && has(edge, b),
            Self::Degree { node } => has(edge, node),
        };
        words.chunks_exact(2).rfind(is_meant).map(|edge| edge[0].0)
    }
}

/// Pairs of nodes up to -1.
fn fixed_edges(section: Section<'_>, n: usize) -> Result<Vec<[u32; 2]>, ParseError> {
    let mut edges: Vec<[u32; 2]> = Vec::new();
    let mut words = section.words();
    while let Some((line, word)) = words.next().filter(|&(_, word)| word != "-1") {
        let a = node(word, line, n)?;
        let Some((line, word)) = words.next() else {
            return Err(section.ends_early(format!("the other end of the fixed edge at node {}", a + 1)));
        };
        let b = node(word, line, n)?;
        if a == b {
            return Err(ParseError::at(line, "two different ends of a fixed edge", format!("node {} twice", a + 1)));
        }
        edges.push([a as u32, b as u32]);
    }
    match words.next() {
        Some((line, word)) => Err(ParseError::at(line, "nothing after -1 in FIXED_EDGES_SECTION", quoted(word))),
        None => Ok(edges),
    }
}
