//! `heuron generate`: random instances, and instances of published sets.

use std::collections::HashSet;
use std::io::{self, Cursor, ErrorKind};
use std::path::{Path, PathBuf};

use clap::Args;
use heuron::{Error, Instance, Kind};
use heuron_problems::{Bandit, Cvrp, Ffsp, Instances, Jssp, Knapsack, SETS, Set, SpecError, Tsp, npz, stream};

use super::place::{Place, write_whole};
use super::print;

/// Instances by size, distribution and seed, or from a published set.
#[derive(Args)]
pub struct Generate {
    /// Problem
    #[arg(value_enum)]
    pub(super) problem: Kind,

    /// Nodes of a tour, customers of a route plan, items of a knapsack, jobs of a shop, arms of a
    /// bandit
    #[arg(long, required_unless_present = "set")]
    pub(super) n: Option<usize>,

    /// Number of instances [default: 1; with --set: all]
    #[arg(long, value_name = "K")]
    pub(super) count: Option<usize>,

    /// tsp: uniform, clustered, matrix, asymmetric, mutated; cvrp: uniform, x (settings after commas:
    /// `x,depot=central`), mutated (`mutated,operator=grid,power=30`; any operator without, power 50: explosion,
    /// implosion, cluster, rotation, linear-projection, axis-projection, expansion, compression, grid); knapsack:
    /// uniform, Pisinger's classes (`strong,r=10000`; `strong,i=7` is the published knapPI_3_N_1000_7); jssp: uniform,
    /// flow (`uniform,machines=10`; as many machines as jobs without); ffsp: uniform, identical
    /// (`uniform,stages=3,machines=4`); bandit: uniform, capacity, schedule, path, interventions
    /// (`path,budget=5,horizon=20`)
    #[arg(long, value_name = "NAME", default_value = "uniform")]
    pub(super) distribution: String,

    /// A published set instead, bit for bit; `heuron sets` lists them
    #[arg(long, value_name = "NAME", conflicts_with_all = ["n", "distribution", "seed"])]
    pub(super) set: Option<String>,

    /// Seed; instance i of a seed does not depend on the number of instances
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(super) seed: u64,

    /// File, or folder or (for --set) .npz file for several instances [default: standard output]
    #[arg(long, value_name = "FILE|DIR")]
    pub(super) output: Option<PathBuf>,
}

impl Generate {
    /// Writes the instances.
    pub fn run(self) -> Result<u8, Error> {
        if let Some(path) = self.output.as_ref().filter(|path| path.extension().is_some_and(|e| e == "npz")) {
            Place::single(path)?;
            if matches!(self.problem, Kind::Jssp | Kind::Ffsp | Kind::Bandit) {
                let other = format!("the problem {}", self.problem);
                let reason = ".npz sets hold unit-square distances".into();
                let remedy = format!("give a folder in the place of {}", path.display());
                return Err(Error::Conflict { key: "output", other, reason, remedy });
            }
            return write_set(self.instances()?, path).map(|()| 0);
        }
        let several = self.count.unwrap_or(if self.set.is_some() { usize::MAX } else { 1 }) > 1;
        let place = match &self.output {
            Some(path) => Place::per_instance(path, several)?,
            None => Place::Stdout,
        };
        if several && !matches!(place, Place::Folder(_)) {
            let expected = "a folder for several instances".into();
            return Err(Error::Option { key: "output", expected, found: "standard output".into() });
        }
        let instances = self.instances()?;
        if let Place::Folder(folder) = &place {
            named_apart(&instances, folder)?;
        }
        instances.iter().try_for_each(|instance| write(instance, &place)).map(|()| 0)
    }

    /// The instances, in order.
    pub(super) fn instances(&self) -> Result<Vec<Instance>, Error> {
        match (&self.set, self.problem) {
            (Some(name), problem) => self.of_set(name, problem),
            (None, Kind::Tsp) => self.random::<Tsp>(),
            (None, Kind::Cvrp) => self.random::<Cvrp>(),
            (None, Kind::Knapsack) => self.random::<Knapsack>(),
            (None, Kind::Jssp) => self.random::<Jssp>(),
            (None, Kind::Ffsp) => self.random::<Ffsp>(),
            (None, Kind::Bandit) => self.random::<Bandit>(),
        }
    }

    fn of_set(&self, name: &str, problem: Kind) -> Result<Vec<Instance>, Error> {
        let refusal = || {
            let known: Vec<&str> = SETS.iter().filter(|set| set.problem() == problem.name()).map(|s| s.name).collect();
            Error::Option { key: "set", expected: format!("one of {}", known.join(", ")), found: name.into() }
        };
        let set = Set::find(name).filter(|set| set.problem() == problem.name()).ok_or_else(refusal)?;
        Ok(match set.instances(0..self.count.unwrap_or(set.count)) {
            Instances::Tsp(list) => list.into_iter().map(Instance::from).collect(),
            Instances::Cvrp(list) => list.into_iter().map(Instance::from).collect(),
            Instances::Jssp(list) => list.into_iter().map(Instance::from).collect(),
        })
    }

    fn random<P: heuron_problems::Generate>(&self) -> Result<Vec<Instance>, Error>
    where
        Instance: From<P>,
    {
        let spec = P::spec(self.n.unwrap_or_default(), &self.distribution).map_err(refusal)?;
        let one = |index| {
            let mut instance = Instance::from(P::generate(&spec, &mut stream(self.seed, "generate", index)));
            instance.set_name(format!("{}-s{}-{index}", instance.name(), self.seed));
            instance
        };
        Ok((0..self.count.unwrap_or(1) as u64).map(one).collect())
    }
}

fn refusal(error: SpecError) -> Error {
    let key = match error {
        SpecError::Size { .. } => "n",
        SpecError::Unknown { .. } | SpecError::Number { .. } => "distribution",
    };
    Error::Spec { key, source: error }
}

/// Refuses to write one file of a folder twice.
fn named_apart(instances: &[Instance], folder: &Path) -> Result<(), Error> {
    let mut names = HashSet::new();
    match instances.iter().find(|instance| !names.insert(instance.name())) {
        Some(instance) => {
            let path = folder.join(format!("{}.{}", instance.name(), instance.extension())).display().to_string();
            let source = io::Error::new(ErrorKind::AlreadyExists, "two instances of this run have that name");
            Err(Error::File { path, action: "write a second instance to", source })
        }
        None => Ok(()),
    }
}

/// All instances in one `.npz` file, which holds unit-square distances only.
fn write_set(instances: Vec<Instance>, path: &Path) -> Result<(), Error> {
    let (mut tours, mut plans) = (Vec::new(), Vec::new());
    for instance in instances {
        match instance {
            Instance::Tsp(tsp) => tours.push(tsp),
            Instance::Cvrp(cvrp) => plans.push(cvrp),
            Instance::Knapsack(_) => {
                let source = io::Error::new(ErrorKind::InvalidInput, "no layout of .npz sets of knapsacks is in use");
                return Err(Error::File { path: path.display().to_string(), action: "write", source });
            }
            // No such set gets here.
            Instance::Jssp(_) | Instance::Ffsp(_) | Instance::Bandit(_) => {}
        }
    }
    let set = if plans.is_empty() { npz::Set::Tsp(tours) } else { npz::Set::Cvrp(plans) };
    let mut bytes = Cursor::new(Vec::new());
    let written = npz::write(&set, &mut bytes);
    written.map_err(|source| Error::File { path: path.display().to_string(), action: "write", source })?;
    write_whole(path, bytes.get_ref())
}

fn write(instance: &Instance, place: &Place) -> Result<(), Error> {
    let mut text = Vec::new();
    let written = instance.write(&mut text);
    written.map_err(|source| Error::File { path: instance.name().into(), action: "write", source })?;
    match place.file(instance.name(), instance.extension()) {
        Some(path) => write_whole(&path, &text),
        None => print(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_is_not_written_twice() {
        let generate = |problem, n| Generate {
            problem,
            n: Some(n),
            count: Some(3),
            distribution: if problem == Kind::Bandit { "path" } else { "uniform" }.into(),
            set: None,
            seed: 1,
            output: None,
        };
        for problem in [Kind::Tsp, Kind::Cvrp, Kind::Knapsack, Kind::Jssp, Kind::Ffsp, Kind::Bandit] {
            let mut instances = generate(problem, 8).instances().unwrap();
            named_apart(&instances, Path::new("set")).unwrap();
            let name = instances[0].name().to_string();
            instances[2].set_name(name.clone());
            let error = named_apart(&instances, Path::new("set")).unwrap_err();
            assert!(error.code() == 2 && error.to_string().contains(&name), "{error}");
        }
    }
}
