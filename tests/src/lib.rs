//! Helpers of the tests.

use std::path::PathBuf;

/// The folder of the public instance files, which the variable `HEURON_INSTANCES` names. Without it a test that reads
/// them says so and is skipped.
pub fn public_files() -> Option<PathBuf> {
    let folder = std::env::var_os("HEURON_INSTANCES").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: HEURON_INSTANCES is not set");
    }
    folder
}

/// The files with this extension in a folder, sorted by name.
///
/// # Panics
/// If the folder cannot be read or has no such file: a test that looks at nothing must not pass.
pub fn files(folder: PathBuf, extension: &str) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry of the folder").path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    assert!(!files.is_empty(), "no .{extension} file in {}", folder.display());
    files.sort();
    files
}
