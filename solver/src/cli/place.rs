//! Where answers go. Places are checked before the search; files appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;

use heuron::{Error, Instance, Solution};

/// The text of a solution file: the name's extension decides the form of a schedule.
pub fn answer(instance: &Instance, solution: &Solution, path: Option<&Path>) -> Result<Vec<u8>, Error> {
    let is_timed = path.and_then(Path::extension).is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_timed { instance.solution_text(&instance.timed(solution)) } else { instance.solution_text(solution) }
}

/// A destination that was found writable.
#[derive(Clone, Debug)]
pub enum Place {
    /// Standard output.
    Stdout,
    /// This file.
    File(PathBuf),
    /// One file per instance in this folder.
    Folder(PathBuf),
}

impl Place {
    /// The place of a single answer; of one per instance if `several` or if `path` is a folder.
    pub fn per_instance(path: &Path, several: bool) -> Result<Self, Error> {
        let slash = path.as_os_str().to_string_lossy().ends_with(['/', '\\']);
        if path == Path::new("-") || !(several || slash || path.is_dir()) {
            return Self::single(path);
        }
        if path.exists() && !path.is_dir() {
            return Err(refusal(path, "use as a folder", ErrorKind::NotADirectory.into()));
        }
        probe(&if path.is_dir() { path.join("probe") } else { path.to_path_buf() })?;
        Ok(Self::Folder(path.to_path_buf()))
    }

    /// The place of everything in one stream.
    pub fn single(path: &Path) -> Result<Self, Error> {
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        if path.is_dir() {
            return Err(refusal(path, "write", ErrorKind::IsADirectory.into()));
        }
        if path.exists() {
            OpenOptions::new().append(true).open(path).map_err(|source| refusal(path, "write", source))?;
        }
        if !is_device(path) {
            probe(path)?;
        }
        Ok(Self::File(path.to_path_buf()))
    }

    /// The file for the instance called `stem`; none for standard output.
    pub fn file(&self, stem: &str, extension: &str) -> Option<PathBuf> {
        match self {
            Self::Stdout => None,
            Self::File(path) => Some(path.clone()),
            Self::Folder(folder) => Some(folder.join(format!("{stem}.{extension}"))),
        }
    }

    /// Opens the place for a stream of lines; an existing file is emptied.
    pub fn open(&self) -> Result<Box<dyn Write + Send>, Error> {
        match self {
            Self::Stdout => Ok(Box::new(io::stdout())),
            Self::File(path) | Self::Folder(path) => {
                Ok(Box::new(File::create(path).map_err(|source| refusal(path, "write", source))?))
            }
        }
    }
}

/// Writes a file so that there is the old content or the new one at any moment, even if the process is killed.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), Error> {
    replace(path, content).map_err(|source| refusal(path, "write", source))
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    if is_device(path) {
        return OpenOptions::new().write(true).open(path)?.write_all(content);
    }
    // The folder of a batch is made with its first file. Only one level: a missing parent is a typing error, and was
    // refused before the search.
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        fs::create_dir(folder)?;
    }
    // A link stays a link: what it points to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let temporary = beside(&target);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&temporary, &target));
    if renamed.is_err() {
        // Only the first error matters.
        let _ = fs::remove_file(&temporary);
    }
    renamed
}

/// Whether `path` is /dev/null, a pipe or the like: written to, never replaced.
fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// A name in the same folder, so that renaming stays within one file system.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}.tmp", process::id()))
}

/// Checks that a file can be made beside `path`.
fn probe(path: &Path) -> Result<(), Error> {
    let temporary = beside(path);
    let made = File::create(&temporary).and_then(|_| fs::remove_file(&temporary));
    made.map_err(|source| refusal(path, "write", source))
}

fn refusal(path: &Path, action: &'static str, source: io::Error) -> Error {
    Error::File { path: path.display().to_string(), action, source }
}
