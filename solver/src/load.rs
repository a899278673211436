//! Reading of instance and solution files, standard input included.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use heuron_problems::{ParseError, npz};

use crate::detect::detect;
use crate::error::Error;
use crate::instance::{Instance, Kind, Solution};
use crate::options::Options;

/// First bytes of a zip archive.
const ZIP: &[u8; 4] = b"PK\x03\x04";

/// Reads the instances of a file (`-`: standard input): one, or all of a `.npz` set.
///
/// `options.problem` and `options.round` say how; without `problem` the content decides, then the extension.
///
/// # Errors
/// [`Error::File`] and [`Error::Parse`].
pub fn load(path: &Path, options: &Options) -> Result<Vec<Instance>, Error> {
    let name = path.display().to_string();
    let bytes = bytes(path)?;
    instances(bytes, path, options).map_err(|source| Error::Parse { path: name, source })
}

fn instances(bytes: Vec<u8>, path: &Path, options: &Options) -> Result<Vec<Instance>, ParseError> {
    if bytes.starts_with(ZIP) {
        return members(&bytes, path, options);
    }
    let text = text(bytes);
    let kind = match options.problem {
        Some(kind) => kind,
        None => detect(&text, &extension(path))?,
    };
    let mut instance = kind.read(&text, options.round.unwrap_or_default().into())?;
    if instance.name().is_empty() {
        instance.set_name(stem(path));
    }
    Ok(vec![instance])
}

/// The instances of a `.npz` set.
fn members(bytes: &[u8], path: &Path, options: &Options) -> Result<Vec<Instance>, ParseError> {
    let instances: Vec<Instance> = match npz::read(bytes, &stem(path))? {
        npz::Set::Tsp(set) => set.into_iter().map(Instance::from).collect(),
        npz::Set::Cvrp(set) => set.into_iter().map(Instance::from).collect(),
    };
    match (options.problem, instances.first().map(Instance::kind)) {
        (Some(wanted), Some(found)) if wanted != found => {
            Err(ParseError::whole(format!("a set of {wanted} instances"), format!("one of {found} instances")))
        }
        _ => Ok(instances),
    }
}

/// Reads a solution file (`-`: standard input) of `instance`. The solution may be infeasible.
///
/// # Errors
/// [`Error::File`] and [`Error::Parse`].
pub fn load_solution(path: &Path, instance: &Instance) -> Result<Solution, Error> {
    parse_solution(path, &load_text(path)?, instance)
}

/// The whole text of a file (`-`: standard input).
pub fn load_text(path: &Path) -> Result<String, Error> {
    bytes(path).map(text)
}

/// The solution of `instance` that `text` (from the file `path`) holds.
pub fn parse_solution(path: &Path, text: &str, instance: &Instance) -> Result<Solution, Error> {
    instance.read_solution(text).map_err(|source| Error::Parse { path: path.display().to_string(), source })
}

fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    read.map_err(|source| Error::file(path.display().to_string(), "read", source))
}

/// Comments of old files are in Latin-1: what is no UTF-8 is replaced, and refused where it matters.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The file's name without folder and extension; `stdin` for standard input.
pub fn stem(path: &Path) -> String {
    match path.file_stem() {
        Some(stem) if stem != "-" => stem.to_string_lossy().into_owned(),
        _ => "stdin".into(),
    }
}

/// The file's extension, without the dot; nothing where it has none.
fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().into_owned()
}

/// The files of a folder by name that hold instances of `kind`: those of its extensions, whose faults are for [`load`]
/// to report, sets, and those that `load` takes for it unasked. Hidden files are left out. A file is itself.
///
/// # Errors
/// [`Error::File`].
pub fn instance_files(path: &Path, kind: Kind) -> Result<Vec<PathBuf>, Error> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let fault = |source| Error::file(path.display().to_string(), "read", source);
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let file = entry.path();
        if !entry.file_name().to_string_lossy().starts_with('.') && file.is_file() && holds(&file, kind) {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn holds(path: &Path, kind: Kind) -> bool {
    let extension = extension(path);
    if Kind::of_extension(&extension) == Some(kind) || is_set(path) {
        return true;
    }
    let Ok(text) = load_text(path) else { return false };
    // The numbers of a solution may look like an instance; JSON says what it is.
    let is_solution = extension == kind.solution_extension() && extension != "json";
    !is_solution && detect(&text, &extension) == Ok(kind)
}

/// Whether the file is a set of instances (`.npz`, a zip archive), told by its first bytes.
pub fn is_set(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && magic == *ZIP
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Bandit, Cvrp, Distances, Ffsp, Generate, Jssp, Knapsack, Tsp, stream};

    use super::*;

    #[test]
    fn written_asymmetric_cvrp_is_loaded_without_a_given_problem() {
        let folder = tempfile::tempdir().unwrap();
        let cvrp = Cvrp::new("one-way", Distances::from_matrix(3, vec![0, 1, 2, 3, 0, 4, 5, 6, 0]), vec![0, 1, 1], 2);
        let instance = Instance::from(cvrp);
        let path = folder.path().join("one-way.vrp");
        instance.write(&mut fs::File::create(&path).unwrap()).unwrap();
        assert!(fs::read_to_string(&path).unwrap().contains("TYPE : ACVRP"));
        assert_eq!(load(&path, &Options::default()).unwrap(), [instance]);
    }

    fn drawn<P: Generate + Into<Instance>>() -> Instance {
        let spec = P::spec(5, P::DISTRIBUTIONS[0]).unwrap();
        P::generate(&spec, &mut stream(1, "load", 0)).into()
    }

    #[test]
    fn folder_holds_of_every_problem_the_instances_that_load_takes_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
        let instances =
            [drawn::<Tsp>(), drawn::<Cvrp>(), drawn::<Knapsack>(), drawn::<Jssp>(), drawn::<Ffsp>(), drawn::<Bandit>()];
        for instance in &instances {
            let (kind, mut text) = (instance.kind(), Vec::new());
            instance.write(&mut text).unwrap();
            for extension in kind.extensions().iter().chain(&["json", "of.another"]) {
                write(&format!("{kind}.{extension}"), &text);
            }
            write(&kind.to_string(), &text);
            write(&format!("{kind}.txt"), &["\u{feff}".as_bytes(), &text].concat());
            write(&format!(".{kind}"), &text);
            write(&format!("damaged.{}", kind.extensions()[0]), b"no instance");
        }
        write("two-numbers.sol", b"1 0\n0 1\n");
        write("plan.json", br#"{"machines": [[0]], "start_times": [[0]]}"#);
        write("notes.md", b"no instance");
        for kind in Kind::ALL {
            let found = instance_files(folder.path(), kind).unwrap();
            assert_eq!(found.len(), kind.extensions().len() + 5, "{kind}: {found:?}");
            for file in found {
                match load(&file, &Options::default()) {
                    Ok(instances) => assert_eq!(instances[0].kind(), kind),
                    Err(error) => assert!(file.file_stem().unwrap() == "damaged", "{error}"),
                }
            }
        }
    }
}
