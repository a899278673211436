//! Files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes a file so that there is the old content or the new one at any moment, even if the process is killed or the
/// machine stops. Several may write the same file: one of them wins.
///
/// # Errors
/// Those of the operating system; the old content is then untouched.
pub fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    if is_device(path) {
        return OpenOptions::new().write(true).open(path)?.write_all(content);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // The folder of a batch is made with its first file. Only one level: a missing parent is a typing error.
    if let Some(folder) = folder.filter(|folder| !folder.exists())
        && let Err(error) = fs::create_dir(folder)
        && !folder.exists()
    {
        return Err(error);
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
    // The new name itself must reach the disk too, where folders can be flushed.
    if let (Ok(()), Some(Ok(folder))) = (&renamed, target.parent().map(File::open)) {
        let _ = folder.sync_all();
    }
    renamed
}

/// Whether `path` is /dev/null, a pipe or the like: written to, never replaced.
pub fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// A name in the same folder, so that renaming stays within one file system; another one at every call.
pub fn beside(path: &Path) -> PathBuf {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".{name}.{}.{call}.tmp", process::id()))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// A folder of its own, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("heuron-{name}-{}", process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<String> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn writers_of_one_file_do_not_mix() {
        let folder = Folder::new("writers");
        let path = folder.0.join("file");
        let contents: Vec<Vec<u8>> = (0..8_u8).map(|byte| vec![byte; 100_000]).collect();
        thread::scope(|scope| {
            for content in &contents {
                let path = &path;
                scope.spawn(move || (0..10).for_each(|_| write_whole(path, content).unwrap()));
            }
        });
        assert!(contents.contains(&fs::read(&path).unwrap()));
        assert_eq!(folder.names(), ["file"]);
    }

    #[test]
    fn folder_is_made_but_not_its_parent() {
        let folder = Folder::new("made");
        write_whole(&folder.0.join("new/file"), b"text").unwrap();
        assert_eq!(fs::read(folder.0.join("new/file")).unwrap(), b"text");
        assert!(write_whole(&folder.0.join("no/such/file"), b"text").is_err());
    }

    #[test]
    #[cfg(unix)]
    fn links_stay_links() {
        let folder = Folder::new("links");
        let [file, link] = ["file", "link"].map(|name| folder.0.join(name));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_whole(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(folder.names(), ["file", "link"]);
    }
}
