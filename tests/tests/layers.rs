//! The shape of the workspace: which crate may use which, how long a file may be, and what may not be left in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folder and package, from left to right: a crate imports only from its left.
const CRATES: [(&str, &str); 4] = [
    ("problems", "heuron-problems"),
    ("policies", "heuron-policies"),
    ("search", "heuron-search"),
    ("solver", "heuron"),
];

/// Unpublished members, which may use every crate.
const TOOLS: [&str; 2] = ["tests", "benches"];

const LINES: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_path_buf()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines between `[name]` and the next table of a Cargo.toml.
fn table<'a>(manifest: &'a str, name: &str) -> Vec<&'a str> {
    let header = format!("[{name}]");
    let lines = manifest.lines().map(str::trim).skip_while(|line| *line != header).skip(1);
    lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty()).collect()
}

/// Names of the workspace's own crates among the dependencies of a manifest.
fn own_dependencies(manifest: &str) -> Vec<String> {
    let name = |line: &str| line.split(['.', ' ', '=']).next().unwrap_or_default().to_string();
    table(manifest, "dependencies").into_iter().map(name).filter(|name| name.starts_with("heuron")).collect()
}

/// Every file below `folder` with the extension `extension`; build products and hidden folders left out.
fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "out" {
                files(&path, extension, found);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

/// The project's sources in a language.
fn sources(extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in CRATES.iter().map(|(folder, _)| *folder).chain(TOOLS) {
        files(&root().join(folder), extension, &mut found);
    }
    assert!(!found.is_empty(), "no .{extension} file found");
    found
}

/// Calls `complain` for every line of every source; the places it names are what is wrong.
fn faults(extension: &str, complain: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for path in sources(extension) {
        for (number, line) in read(&path).lines().enumerate() {
            faults.extend(complain(line).map(|what| format!("{}:{}: {what}", path.display(), number + 1)));
        }
    }
    faults
}

#[test]
fn a_crate_imports_only_from_its_left() {
    for (place, (folder, package)) in CRATES.iter().enumerate() {
        let manifest = read(&root().join(folder).join("Cargo.toml"));
        assert!(table(&manifest, "package").contains(&format!("name = \"{package}\"").as_str()), "{folder}");
        let left: Vec<&str> = CRATES[..place].iter().map(|(_, package)| *package).collect();
        for dependency in own_dependencies(&manifest) {
            assert!(left.contains(&dependency.as_str()), "{package} may not depend on {dependency}");
        }
    }
}

#[test]
fn every_member_of_the_workspace_is_known_to_these_tests() {
    let manifest = read(&root().join("Cargo.toml"));
    let members = table(&manifest, "workspace").into_iter().find(|line| line.starts_with("members"));
    let members = members.expect("the list of members");
    let named: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    let known: Vec<&str> = CRATES.iter().map(|(folder, _)| *folder).chain(TOOLS).collect();
    assert_eq!(named, known);
}

/// The only folder that may contain unsafe code: numeric kernels for the vector instructions of a CPU.
const KERNELS: &str = "policies/src/native/kernels";

#[test]
fn unsafe_code_lies_in_the_kernels_only_and_says_why_it_is_sound() {
    let manifest = read(&root().join("Cargo.toml"));
    assert!(table(&manifest, "workspace.lints.rust").contains(&"unsafe_code = \"deny\""));
    for folder in CRATES.iter().map(|(folder, _)| *folder).chain(TOOLS) {
        let manifest = read(&root().join(folder).join("Cargo.toml"));
        assert_eq!(table(&manifest, "lints"), ["workspace = true"], "{folder} does not take the workspace's lints");
    }
    // In halves, so that this file does not find itself.
    let (allowance, block) = (["allow(unsafe", "_code)"].concat(), ["unsafe", " {"].concat());
    let kernels = root().join(KERNELS);
    for path in sources("rs") {
        let text = read(&path);
        assert!(path.starts_with(&kernels) || !text.contains(&allowance), "{} allows unsafe code", path.display());
        let blocks = text.lines().filter(|line| line.contains(&block)).count();
        let reasons = text.lines().filter(|line| line.trim_start().starts_with("// SAFETY: ")).count();
        assert!(blocks <= reasons, "{}: {blocks} unsafe blocks, {reasons} of them explained", path.display());
    }
}

#[test]
fn every_file_is_short_enough_to_read() {
    for path in sources("rs").into_iter().chain(sources("py")) {
        let lines = read(&path).lines().count();
        assert!(lines <= LINES, "{}: {lines} lines, {LINES} are allowed", path.display());
    }
}

#[test]
fn nothing_unfinished_is_left_in_the_sources() {
    // In halves, so that this file does not find itself.
    let marks = [["to", "do!"], ["unimple", "mented!"], ["TO", "DO"], ["FIX", "ME"], ["db", "g!"]].map(|m| m.concat());
    let complain = |line: &str| marks.iter().find(|mark| line.contains(mark.as_str())).cloned();
    let faults = [faults("rs", complain), faults("py", complain)].concat();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_code_map_of_the_readme_names_every_folder() {
    let listed = Command::new("git").args(["ls-files"]).current_dir(root()).output();
    let Some(listed) = listed.ok().filter(|output| output.status.success()) else {
        println!("skipped: this is not a git checkout");
        return;
    };
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut folders: Vec<&str> = listed.lines().filter_map(|path| Some(path.split_once('/')?.0)).collect();
    folders.dedup();
    assert!(folders.contains(&"problems"), "{folders:?}");
    let readme = read(&root().join("README.md"));
    let (_, map) = readme.split_once("## Code map").expect("a section called Code map");
    let map = map.split("\n## ").next().unwrap_or_default();
    for folder in folders {
        assert!(map.contains(&format!("`{folder}/")), "the code map does not mention {folder}/");
    }
}
