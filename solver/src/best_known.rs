//! Best known costs from a table: CSV with the columns `instance` and `best_known`, and `problem` if it mixes problems.

use std::fs;
use std::path::{Path, PathBuf};

use csv::{ErrorKind, Position, StringRecord};
use heuron_problems::{Cost, ParseError};

use crate::error::Error;
use crate::instance::{Instance, Kind};
use crate::load::stem;

/// File name of a table that lies beside its instances.
const TABLE: &str = "best_known.csv";

/// The best known cost of `instance` according to the table, in the instance's integer units; none if it is not listed.
/// For a knapsack the table holds the profit, as the literature does. An instance is known by the stem of its file, and
/// else by the name in the file, in whatever case: files with the same name in them (linhp318 and lin318) differ.
///
/// # Errors
/// [`Error::File`] and [`Error::Parse`].
pub fn best_known(table: &Path, instance: &Instance, file: Option<&Path>) -> Result<Option<Cost>, Error> {
    let path = table.display().to_string();
    let text = fs::read_to_string(table).map_err(|source| Error::file(&path, "read", source))?;
    search(&text, instance, file).map_err(|source| Error::Parse { path, source })
}

/// The table beside an instance file, in its folder or one of the two above (`instances/cvrp/X` shares one table).
pub fn table_beside(file: &Path) -> Option<PathBuf> {
    let folder = fs::canonicalize(file).ok()?;
    folder.ancestors().skip(1).take(3).map(|folder| folder.join(TABLE)).find(|table| table.is_file())
}

/// A cost in units of the file as the instance's own integer. None for a fraction where the instance has integers only:
/// such a value was computed with other distances.
pub fn in_integer_units(value: &str, scale: f64) -> Option<Cost> {
    if scale == 1.0 {
        return value.parse().ok();
    }
    let cost = (value.parse::<f64>().ok()? * scale).round();
    (cost.abs() < heuron_problems::COST_LIMIT as f64).then_some(cost as Cost)
}

fn search(text: &str, instance: &Instance, file: Option<&Path>) -> Result<Option<Cost>, ParseError> {
    // A quote that is not closed takes all lines up to the end of the file into its field: with one more line break
    // there is always one.
    let text = format!("{text}\n");
    let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let mut rows = reader.into_records().map(|record| row(&text, record));
    let header = rows.next().transpose()?.unwrap_or_default();
    let column = |name: &str| header.iter().position(|field| field.trim() == name);
    let (Some(names), Some(costs)) = (column("instance"), column("best_known")) else {
        let found: Vec<&str> = header.iter().collect();
        return Err(ParseError::at(1, "the columns `instance` and `best_known`", format!("`{}`", found.join(","))));
    };
    let problems = column("problem");
    let of_problem = |row: &StringRecord| problems.is_none_or(|at| row[at] == *instance.kind().name());
    let rows: Vec<StringRecord> = rows.collect::<Result<_, _>>()?;
    let called =
        |name: &str| rows.iter().find(|row| of_problem(row) && bare(&row[names]).eq_ignore_ascii_case(bare(name)));
    let Some(row) = file.and_then(|file| called(&stem(file))).or_else(|| called(instance.name())) else {
        return Ok(None);
    };
    let value = row[costs].trim();
    if value.parse::<f64>().is_err() {
        return Err(ParseError::at(line(&text, row.position()), "a number as best_known", format!("`{value}`")));
    }
    Ok(in_integer_units(value, instance.scale()).map(|value| instance.kind().sign() * value))
}

/// A record, or what is wrong with it. All have as many fields as the first one: the reader sees to that.
fn row(text: &str, record: csv::Result<StringRecord>) -> Result<StringRecord, ParseError> {
    let record = record.map_err(|error| {
        let line = line(text, error.position());
        match error.kind() {
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                ParseError::at(line, format!("{expected_len} fields as in the first line"), len.to_string())
            }
            _ => ParseError::at(line, "a row of a CSV table", error.to_string()),
        }
    })?;
    if record.iter().any(|field| field.contains('\n')) {
        let line = line(text, record.position());
        return Err(ParseError::at(line, "quotes that are closed in their line", "a line break between them"));
    }
    Ok(record)
}

/// The line of a record, from 1. The reader's own count leaves out blank lines and line feeds before the record.
fn line(text: &str, position: Option<&Position>) -> usize {
    let (before, rest) = text.as_bytes().split_at(position.map_or(0, |position| position.byte() as usize));
    let breaks = rest.iter().take_while(|byte| b"\r\n".contains(byte));
    1 + before.iter().chain(breaks).filter(|byte| **byte == b'\n').count()
}

/// A name without the extension that some files have in it (`NAME : ulysses16.tsp`).
fn bare(name: &str) -> &str {
    let stem = |(stem, extension)| Kind::of_extension(extension).map(|_| stem);
    name.rsplit_once('.').and_then(stem).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cvrp, Distances, Tsp};

    use super::*;

    const TEXT: &str = "problem,instance,note,best_known\ncvrp,a,\"x, \"\"y\"\"\",8.5\ntsp,a,,7\ntsp,b,,many\n";

    fn tsp(name: &str) -> Instance {
        Tsp::new(name, Distances::from_matrix(1, vec![0])).into()
    }

    #[test]
    fn row_is_chosen_by_problem_and_name() {
        assert_eq!(search(TEXT, &tsp("a"), None), Ok(Some(7)));
        assert_eq!(search(TEXT, &tsp("a.tsp"), None), Ok(Some(7)));
        assert_eq!(search(TEXT, &tsp("c"), None), Ok(None));
        assert_eq!(search(TEXT, &tsp("c"), Some(Path::new("some/A.tsp"))), Ok(Some(7)), "by the file");
        assert_eq!(search(TEXT, &tsp("A"), Some(Path::new("-"))), Ok(Some(7)), "in whatever case");
    }

    #[test]
    fn fraction_counts_only_where_distances_are_not_rounded() {
        let mut cvrp = Cvrp::new("a", Distances::from_matrix(1, vec![0]), vec![0], 1);
        assert_eq!(search(TEXT, &cvrp.clone().into(), None), Ok(None));
        cvrp.scale = 1e6;
        assert_eq!(search(TEXT, &cvrp.into(), None), Ok(Some(8_500_000)));
    }

    #[test]
    fn cost_that_is_no_number_is_refused_with_its_line() {
        assert_eq!(search(TEXT, &tsp("b"), None).unwrap_err().line, Some(4));
        assert_eq!(search("name,cost\n", &tsp("b"), None).unwrap_err().line, Some(1));
        assert_eq!(search("", &tsp("b"), None).unwrap_err().line, Some(1));
    }

    #[test]
    fn damaged_row_is_refused_with_its_line() {
        for (row, expected) in [
            ("a,\"7", "quotes that are closed in their line"),
            ("a,\"7\nb,8\nc,9", "quotes that are closed in their line"),
            ("\"a,7\nb,8", "2 fields as in the first line"),
            ("a,7,8", "2 fields as in the first line"),
            ("a", "2 fields as in the first line"),
        ] {
            for end in ["\n", "\r\n"] {
                let text = format!("instance,best_known\nz,1\n\n{row}").replace('\n', end);
                let error = search(&text, &tsp("c"), None).unwrap_err();
                assert_eq!((error.line, error.expected.as_str()), (Some(4), expected), "{text:?}");
            }
        }
    }
}
