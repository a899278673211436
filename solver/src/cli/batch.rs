//! The instances of a command line, one after the other: files, sets of many instances, shards of both.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use heuron::{Error, Instance, Options, is_set, load, stem};

use super::signal;

/// Every `count`-th instance, beginning with number `index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// All instances.
    pub const ALL: Self = Self { index: 0, count: 1 };

    fn holds(self, number: usize) -> bool {
        number % self.count == self.index
    }
}

impl FromStr for Shard {
    type Err = String;

    /// `I/N`. Job arrays count from 0 or from 1: shard N is shard 0, so that both cover every instance once.
    fn from_str(text: &str) -> Result<Self, String> {
        let refusal = || format!("expected I/N with I from 0 to N, for example 0/4, found `{text}`");
        let (index, count) = text.split_once('/').ok_or_else(refusal)?;
        match (index.trim().parse::<usize>(), count.trim().parse::<usize>()) {
            (Ok(index), Ok(count)) if count > 0 && index <= count => Ok(Self { index: index % count, count }),
            _ => Err(refusal()),
        }
    }
}

/// An instance, or why it could not be read, and the stem of the files that belong to it.
pub struct Job {
    /// Where it comes from, as the user gave it.
    pub path: PathBuf,
    /// Names its solution among others; no folder, no extension.
    pub stem: String,
    /// What to solve.
    pub instance: Result<Instance, Error>,
}

/// Whether `files` may hold several instances: then answers go to folders.
pub fn is_several(files: &[PathBuf]) -> bool {
    files.len() > 1 || files.iter().any(|file| is_set(file))
}

/// Two files whose answers would overwrite each other, if any.
pub fn clash(files: &[PathBuf]) -> Option<(&Path, &Path)> {
    let mut stems: Vec<(String, &Path)> = files.iter().map(|file| (stem(file), file.as_path())).collect();
    stems.sort();
    stems.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| (pair[0].1, pair[1].1))
}

/// Reads what belongs to `shard`, one file at a time. Instances are numbered through all files; a file that cannot be
/// read counts as one.
pub fn jobs<'a>(files: &'a [PathBuf], shard: Shard, options: &'a Options) -> impl Iterator<Item = Job> + 'a {
    let mut number = 0;
    files.iter().flat_map(move |file| {
        // A plain file holds one instance: no need to read those of other shards.
        if !is_set(file) && !shard.holds(number) {
            number += 1;
            return Vec::new();
        }
        let loaded =
            if file == Path::new("-") { signal::while_waiting(|| load(file, options)) } else { load(file, options) };
        let found = named(file, loaded);
        let first = number;
        number += found.len();
        found.into_iter().zip(first..).filter(|(_, number)| shard.holds(*number)).map(|(job, _)| job).collect()
    })
}

fn named(file: &Path, loaded: Result<Vec<Instance>, Error>) -> Vec<Job> {
    let job = |stem, instance| Job { path: file.to_path_buf(), stem, instance };
    match loaded {
        Err(error) => vec![job(stem(file), Err(error))],
        Ok(instances) if instances.len() == 1 && !is_set(file) => {
            instances.into_iter().map(|instance| job(stem(file), Ok(instance))).collect()
        }
        Ok(instances) => {
            let member = |(index, instance)| job(format!("{}-{index}", stem(file)), Ok(instance));
            instances.into_iter().enumerate().map(member).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    #[test]
    fn shards_counted_from_0_or_from_1_hold_every_number_once() {
        for first in [0, 1] {
            for number in 0..20 {
                let holders = (first..first + 3).filter(|i| shard(&format!("{i}/3")).holds(number)).count();
                assert_eq!(holders, 1, "number {number}, counted from {first}");
            }
        }
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["", "1", "4/3", "0/0", "-1/2", "a/b"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn files_of_the_same_stem_clash() {
        let files = ["a/x.vrp", "a/y.vrp", "b/x.vrp"].map(PathBuf::from);
        assert!(clash(&files).is_some());
        assert!(clash(&files[..2]).is_none());
    }
}
