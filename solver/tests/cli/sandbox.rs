//! The binary and a folder of its own for every test.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A folder in which `heuron` is run; removed at the end.
pub struct Sandbox(TempDir);

impl Sandbox {
    /// An empty folder.
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// The text of a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Names of all files in a folder of it, sorted.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let names = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The command, with the words of `line` as arguments.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heuron"));
        command.current_dir(self.0.path()).args(line.split_whitespace());
        command
    }

    /// Runs it to the end.
    pub fn run(&self, line: &str) -> Output {
        self.command(line).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs it and expects exit code 0; returns standard output.
    pub fn succeed(&self, line: &str) -> String {
        let output = self.run(line);
        assert_eq!(output.status.code(), Some(0), "heuron {line}\n{}", error_text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it and expects this exit code and nothing on standard output; returns standard error.
    pub fn fail(&self, line: &str, code: i32) -> String {
        let output = self.run(line);
        let error = error_text(&output);
        assert_eq!(output.status.code(), Some(code), "heuron {line}\n{error}");
        assert!(output.stdout.is_empty(), "heuron {line} wrote to standard output");
        error
    }

    /// Starts it with piped outputs.
    pub fn start(&self, line: &str) -> Child {
        let pipes = || Stdio::piped();
        self.command(line).stdin(Stdio::null()).stdout(pipes()).stderr(pipes()).spawn().unwrap()
    }

    /// The cost that `heuron check` finds.
    pub fn check(&self, instance: &str, solution: &str) -> i64 {
        let text = self.succeed(&format!("check {instance} {solution}"));
        text.trim().strip_prefix("feasible, cost ").unwrap().parse().unwrap()
    }

    /// The JSON lines of a file.
    pub fn json(&self, name: &str) -> Vec<serde_json::Value> {
        self.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Standard error as text.
pub fn error_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Sends a signal by name. (No safe function of the standard library does.)
pub fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args([OsStr::new("-s"), OsStr::new(name), OsStr::new(&pid)]).status();
    assert!(sent.unwrap().success());
}

/// Whether there is such a file with something in it.
pub fn has_content(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.len() > 0)
}
