//! Where answers go. Places are checked before the search; files appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use heuron::{Error, Instance, Solution};
use heuron_problems::whole::{self, beside, is_device};

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

/// Whether `path` can only be a folder: it is one, or its name ends as that of one.
fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().to_string_lossy().ends_with(['/', '\\'])
}

impl Place {
    /// The place of a picture, or of one per instance: pictures are SVG, so that no other extension is taken. A name
    /// without an extension is, as of devices.
    pub fn of_picture(path: &Path, several: bool) -> Result<Self, Error> {
        match path.extension() {
            Some(extension) if !extension.eq_ignore_ascii_case("svg") && !is_folder(path) => {
                let expected = "a name that ends in .svg, for pictures are written as SVG, or a folder".into();
                Err(Error::Option { key: "plot", expected, found: path.display().to_string() })
            }
            _ => Self::per_instance(path, several),
        }
    }

    /// The place of a single answer; of one per instance if `several` or if `path` is a folder.
    pub fn per_instance(path: &Path, several: bool) -> Result<Self, Error> {
        if path == Path::new("-") || !(several || is_folder(path)) {
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

/// As [`whole::write_whole`].
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), Error> {
    whole::write_whole(path, content).map_err(|source| refusal(path, "write", source))
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
