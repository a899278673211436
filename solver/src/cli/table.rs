//! `heuron table`: a published table and ours beside it, as CSV, Markdown and SVG.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use heuron::table::{self, Settings, Size, TABLES, csv, curves, markdown, picture, regenerate};
use heuron::{Error, Options};

use super::place::{Place, write_whole};
use super::{print, say};

/// Which table, how much of it, and where to.
#[derive(Args)]
pub struct Table {
    /// Table; without a name the list of them
    #[arg(requires = "output")]
    name: Option<String>,

    /// How much is measured: minutes or hours on two cores
    #[arg(long, value_enum, default_value = "quick")]
    size: Amount,

    /// Folder for NAME.csv, NAME.md and NAME.svg, and NAME-curves.svg where attempts are counted
    #[arg(long, value_name = "DIR", requires = "name")]
    output: Option<PathBuf>,

    /// A model in the place of the shipped one of its problem; may be repeated, for one problem each
    #[arg(long, value_name = "FILE|NAME")]
    model: Vec<String>,

    /// Seed of samples
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,

    /// Threads [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,

    /// No progress
    #[arg(long)]
    quiet: bool,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Amount {
    /// Some instances of every set: minutes
    Quick,
    /// The first thousand of every set: hours
    Full,
}

impl Table {
    /// Makes the table and writes its files, whenever a section is done; prints the Markdown.
    pub fn run(self) -> Result<u8, Error> {
        let (Some(name), Some(folder)) = (&self.name, &self.output) else {
            return list();
        };
        let options = Options { threads: self.threads, ..Options::default() };
        options.check()?;
        let size = match self.size {
            Amount::Quick => Size::Quick,
            Amount::Full => Size::Full,
        };
        let tell = |line: &str| {
            if !self.quiet {
                say(line);
            }
        };
        let Place::Folder(folder) = Place::per_instance(folder, true)? else {
            let (expected, found) = ("a folder".into(), folder.display().to_string());
            return Err(Error::Option { key: "output", expected, found });
        };
        let keep = |table: &table::Table| self.write(table, &folder);
        let (threads, seed, models) = (options.threads(), self.seed, &self.model);
        let table = regenerate(name, &Settings { size, threads, seed, models, say: &tell, keep: &keep })?;
        print(markdown(&table, &self.command(name)).as_bytes()).map(|()| 0)
    }

    fn write(&self, table: &table::Table, folder: &Path) -> Result<(), Error> {
        let curves = curves(table).map(|content| ("-curves.svg", content));
        let text = markdown(table, &self.command(table.name));
        let files = [(".csv", csv(table)), (".md", text), (".svg", picture(table))];
        let mut files = files.into_iter().chain(curves);
        files.try_for_each(|(ending, content)| {
            write_whole(&folder.join(format!("{}{ending}", table.name)), content.as_bytes())
        })
    }

    /// What makes the same table.
    fn command(&self, name: &str) -> String {
        let mut command = format!("heuron table {name}");
        if self.size == Amount::Full {
            command += " --size full";
        }
        self.model.iter().for_each(|model| command += &format!(" --model {model}"));
        if self.seed != 1 {
            command += &format!(" --seed {}", self.seed);
        }
        command
    }
}

/// Prints one table per line.
fn list() -> Result<u8, Error> {
    let width = TABLES.iter().map(|table| table.name.len()).max().unwrap_or(0);
    let lines: String = TABLES.iter().map(|table| format!("{:<width$}  {}\n", table.name, table.about)).collect();
    print(lines.as_bytes()).map(|()| 0)
}
