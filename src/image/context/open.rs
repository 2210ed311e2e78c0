//! What is read of a context before anything of it is sent.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::folder::{Shared, shown};
use super::ignore::Ignore;
use super::walk::Filter;
use super::{Context, Folder, Place, Result, Size, Tar, Trouble};
use crate::cache::Cache;
use crate::fault::Fault;
use crate::files;
use crate::finding::Finding;
use crate::interrupt::Interrupt;

const IGNORE: &str = ".dockerignore";

/// No `.dockerignore` is as large; who writes one that is has mistaken the file.
const LARGEST_IGNORE: u64 = 16 << 20;

impl Context {
    /// Looks at the folder and the Dockerfile, and reads `<Dockerfile>.dockerignore` or `.dockerignore`.
    ///
    /// With a cache, the digests of files that have not changed are remembered there.
    ///
    /// # Errors
    /// A context or a Dockerfile that is not there, bad patterns; the disk fails.
    pub fn open(place: Place<'_>, cache: Option<&Cache>, interrupt: &Interrupt) -> Result<Self> {
        let name = |path: &Path| shown(place.project, path);
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let root = folder(place.context, &name(place.context))?;
        let dockerfile = dockerfile(place.dockerfile, &name(place.dockerfile))?;
        let (beside, dockerfile_name) = match (dockerfile.parent(), dockerfile.file_name()) {
            (Some(folder), Some(name)) => (folder.to_owned(), utf8(Path::new(name))?),
            _ => return Err(Fault::new("read the Dockerfile", "it has no name").into()),
        };
        let shared = Arc::new(Shared {
            project: real(place.project),
            ours: place.ours.iter().map(|path| real(path)).collect(),
            // A cache that cannot be used only costs time.
            remembered: cache.and_then(|cache| cache.room("context").ok()),
            interrupt: interrupt.clone(),
            warnings: Mutex::default(),
        });
        let inside = dockerfile.strip_prefix(&root).ok();
        let dockerfile_in_context = inside.map(utf8).transpose()?;
        let folder = Folder { root, shared };
        let ignore = ignore(&folder, &beside, &dockerfile_name)?;
        let dockerfile_folder = Folder { root: beside, shared: Arc::clone(&folder.shared) };
        Ok(Self { folder, dockerfile_folder, dockerfile_name, dockerfile: dockerfile_in_context, ignore })
    }

    /// The whole context as a tar, for an engine without a file sync: what is not ignored, and always the
    /// Dockerfile and the `.dockerignore`. To be called on a runtime of tokio; the files are read on a thread.
    ///
    /// # Errors
    /// A Dockerfile outside of the context that cannot be read. What goes wrong later comes out of the stream.
    pub fn tar(&self) -> Result<Tar> {
        Tar::new(self, self.filter())
    }

    /// How much of it there is to send, without a look into the files. Blocks.
    ///
    /// # Errors
    /// As a walk.
    pub fn size(&self) -> Result<Size> {
        self.folder.size(self.filter())
    }

    /// What is odd about the files that were walked so far and stops nothing: pipes, sockets and devices, which
    /// are left out. Each once, and not more than a screen of them.
    #[must_use]
    pub fn warnings(&self) -> Vec<Finding> {
        self.folder.shared.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn filter(&self) -> Filter {
        let ignore = self.ignore.clone().keeping(IGNORE);
        Filter::ignoring(match &self.dockerfile {
            Some(dockerfile) => ignore.keeping(dockerfile),
            None => ignore,
        })
    }
}

/// The context's folder without links.
fn folder(path: &Path, shown: &str) -> Result<PathBuf> {
    let help = "name the folder that the Dockerfile copies from in image.context";
    let finding =
        |what: &str| Finding::error("image-context", format!("the context {shown} {what}")).help(help);
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => {
            path.canonicalize().map_err(|error| Fault::file("read the folder", path, error).into())
        }
        Ok(_) => Err(finding("is no folder").at_path(shown).into()),
        Err(error) if is_missing(&error) => Err(finding("is not there").into()),
        Err(error) => Err(Fault::file("read the folder", path, error).into()),
    }
}

/// The Dockerfile without links.
fn dockerfile(path: &Path, shown: &str) -> Result<PathBuf> {
    let finding = |what: &str| {
        let finding = Finding::error("image-dockerfile", format!("the Dockerfile {shown} {what}"));
        finding.help("write one, or name yours in image.dockerfile")
    };
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => {
            path.canonicalize().map_err(|error| Fault::file("read", path, error).into())
        }
        Ok(_) => Err(finding("is no file").at_path(shown).into()),
        Err(error) if is_missing(&error) => Err(finding("is not there").into()),
        Err(error) => Err(Fault::file("read", path, error).into()),
    }
}

fn is_missing(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// A path of the protocol, which is UTF-8 with forward slashes.
fn utf8(path: &Path) -> Result<String> {
    let text = path.to_str().ok_or_else(|| {
        let message = format!("the name of «{}» is not UTF-8", path.display());
        Finding::error("image-name", message).help("rename it: the engine takes no other names")
    })?;
    Ok(text.replace(std::path::MAIN_SEPARATOR, "/"))
}

/// The patterns of the file beside the Dockerfile, or of that of the context; none without either.
fn ignore(context: &Folder, beside: &Path, dockerfile: &str) -> Result<Ignore> {
    let own = beside.join(format!("{dockerfile}{IGNORE}"));
    for path in [own, context.root.join(IGNORE)] {
        let shown = shown(&context.shared.project, &path);
        let finding = |what: &str| Finding::error("image-ignore", format!("{shown} {what}")).at_path(&shown);
        let size = match path.metadata() {
            Ok(metadata) if metadata.is_dir() => {
                return Err(finding("is a folder").help("move it away").into());
            }
            Ok(metadata) => metadata.len(),
            Err(error) if is_missing(&error) => continue,
            Err(error) => return Err(Fault::file("read", &path, error).into()),
        };
        if size > LARGEST_IGNORE {
            return Err(finding("is too large for a list of patterns").help("write a shorter one").into());
        }
        return Ignore::parse(&files::read(&path)?, &shown).map_err(Trouble::Findings);
    }
    Ok(Ignore::default())
}
