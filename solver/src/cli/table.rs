//! `heuron table`: a published table and ours beside it, as CSV, Markdown and SVG.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use heuron::table::{Settings, Size, TABLES, csv, curves, markdown, picture, regenerate};
use heuron::{Error, Options};

use super::place::write_whole;
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

    /// A model in the place of the shipped one of its problem; may be repeated
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
    /// Makes the table and writes its three files; prints the Markdown.
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
        let settings = Settings { size, threads: options.threads(), seed: self.seed, models: &self.model, say: &tell };
        let table = regenerate(name, &settings)?;
        let text = markdown(&table, &self.command(name));
        let curves = curves(&table).map(|content| ("-curves.svg", content));
        let files = [(".csv", csv(&table)), (".md", text.clone()), (".svg", picture(&table))];
        for (ending, content) in files.into_iter().chain(curves) {
            write_whole(&folder.join(format!("{name}{ending}")), content.as_bytes())?;
        }
        print(text.as_bytes()).map(|()| 0)
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
