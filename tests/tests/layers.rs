//! The shape of the workspace: which crate may use which, where unsafe code may be, and how long files and lines are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Folder and package, from left to right: a crate imports only from its left.
const CRATES: [(&str, &str); 4] = [
    ("problems", "heuron-problems"),
    ("policies", "heuron-policies"),
    ("search", "heuron-search"),
    ("solver", "heuron"),
];

/// Unpublished members, which may use every crate.
const TOOLS: [(&str, &str); 2] = [("tests", "heuron-tests"), ("benches", "heuron-benches")];

const LINES: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_path_buf()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The members of the workspace as cargo sees them.
fn packages() -> Vec<Value> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    metadata["packages"].as_array().expect("a list of packages").clone()
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
    for (folder, _) in CRATES.iter().chain(&TOOLS) {
        files(&root().join(folder), extension, &mut found);
    }
    assert!(!found.is_empty(), "no .{extension} file found");
    found
}

/// Asserts that `is_wrong` holds for no line of the Rust sources.
fn assert_no_line(what: &str, is_wrong: impl Fn(&Path, &str) -> bool) {
    let mut places = Vec::new();
    for path in sources("rs") {
        let text = read(&path);
        let wrong = text.lines().enumerate().filter(|(_, line)| is_wrong(&path, line));
        places.extend(wrong.map(|(at, _)| format!("{}:{}", path.display(), at + 1)));
    }
    assert!(places.is_empty(), "{what}:\n{}", places.join("\n"));
}

/// Dependencies of every kind: also those of tests, of build scripts and of single targets.
#[test]
fn a_crate_imports_only_from_its_left() {
    let packages = packages();
    for (place, (_, name)) in CRATES.iter().enumerate() {
        let package = packages.iter().find(|package| package["name"] == *name).expect(name);
        let dependencies = package["dependencies"].as_array().expect("a list of dependencies");
        let names = dependencies.iter().filter_map(|dependency| dependency["name"].as_str());
        for dependency in names.filter(|name| name.starts_with("heuron")) {
            let is_left = CRATES[..place].iter().any(|(_, left)| *left == dependency);
            assert!(is_left, "{name} may not depend on {dependency}");
        }
    }
}

#[test]
fn every_member_of_the_workspace_is_known_to_these_tests_and_takes_its_lints() {
    let packages = packages();
    let place = |package: &Value| PathBuf::from(package["manifest_path"].as_str().expect("a path"));
    let mut found: Vec<(PathBuf, &str)> =
        packages.iter().map(|package| (place(package), package["name"].as_str().expect("a name"))).collect();
    let known = CRATES.iter().chain(&TOOLS);
    let mut known: Vec<(PathBuf, &str)> =
        known.map(|(folder, name)| (root().join(folder).join("Cargo.toml"), *name)).collect();
    found.sort();
    known.sort();
    assert_eq!(found, known);
    for (manifest, name) in known {
        assert!(read(&manifest).contains("\n[lints]\nworkspace = true\n"), "{name} goes without the lints");
    }
}

/// The only folder that may contain unsafe code: numeric kernels for the vector instructions of a CPU. No lint knows
/// places.
const KERNELS: &str = "policies/src/native/kernels";

#[test]
fn only_the_kernels_allow_unsafe_code() {
    // In halves, so that this file does not find itself.
    let (allowance, kernels) = (["allow(unsafe", "_code)"].concat(), root().join(KERNELS));
    assert_no_line("unsafe code is allowed", |path, line| !path.starts_with(&kernels) && line.contains(&allowance));
}

/// Rustfmt breaks neither comments nor literals.
#[test]
fn no_line_is_wider_than_the_formatter_allows() {
    let settings = read(&root().join("rustfmt.toml"));
    let width = settings.lines().find_map(|line| line.strip_prefix("max_width = ")).expect("a width");
    let width: usize = width.parse().expect("a number");
    assert_no_line(&format!("wider than {width}"), |_, line| line.chars().count() > width);
}

#[test]
fn every_file_is_short_enough_to_read() {
    for path in sources("rs").into_iter().chain(sources("py")) {
        let lines = read(&path).lines().count();
        assert!(lines <= LINES, "{}: {lines} lines, {LINES} are allowed", path.display());
    }
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
