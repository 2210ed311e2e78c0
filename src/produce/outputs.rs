//! What a step made: there, inside the project, and written by this run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Order, Shop};
use crate::engine::Redaction;
use crate::fault::Result;
use crate::files::{ProjectFile, Stamp, portable};
use crate::finding::Finding;
use crate::name::Digest;

/// The stamps of the files that the commands are to write, before they have.
pub(super) fn stamps(shop: Shop<'_>, order: &Order<'_>) -> Result<BTreeMap<String, Stamp>> {
    let there = shop.expand(order.fresh)?.files.into_iter();
    Ok(there.filter_map(|file| Some((file.path, Stamp::of(&file.on_disk)?))).collect())
}

/// The outputs with their digests, or all that is wrong with them.
pub(super) fn collect(
    shop: Shop<'_>,
    order: &Order<'_>,
    before: &BTreeMap<String, Stamp>,
) -> Result<std::result::Result<BTreeMap<String, Digest>, Vec<Finding>>> {
    let made = shop.expand(order.outputs)?;
    let mut findings: Vec<Finding> =
        made.unmatched.iter().map(|pattern| missing(shop, order, pattern)).collect();
    let root = &shop.engine.root;
    let (inside, elsewhere): (Vec<_>, Vec<_>) = made.files.iter().partition(|file| is_within(root, file));
    findings.extend(elsewhere.into_iter().map(outside));
    findings.extend(names(inside.into_iter(), shop.engine.redaction()));
    if !order.script.commands.is_empty() {
        let outputs: BTreeSet<&str> = made.files.iter().map(|file| file.path.as_str()).collect();
        let stale = |file: &&ProjectFile| {
            let stamp = Stamp::of(&file.on_disk);
            outputs.contains(file.path.as_str())
                && stamp.is_some()
                && before.get(&file.path) == stamp.as_ref()
        };
        findings.extend(shop.expand(order.fresh)?.files.iter().filter(stale).map(left_over));
    }
    if findings.is_empty() { shop.cache.digests(&made.files).map(Ok) } else { Ok(Err(findings)) }
}

/// Whether the file is in the project, by its name and with links followed.
fn is_within(root: &Path, file: &ProjectFile) -> bool {
    let real = (root.canonicalize(), file.on_disk.canonicalize());
    Path::new(&file.path).is_relative() && matches!(real, (Ok(root), Ok(file)) if file.starts_with(&root))
}

fn missing(shop: Shop<'_>, order: &Order<'_>, pattern: &str) -> Finding {
    let shown = pattern.escape_debug();
    if shop.engine.root.join(pattern).is_dir() {
        return Finding::error(
            "output-missing",
            format!("the output «{shown}» is a folder without a file in it"),
        )
        .help(format!("make the commands of {} write a file there, or correct the path", order.step));
    }
    if let Some(what) = no_file(&shop.engine.root.join(pattern)) {
        return Finding::error("output-missing", format!("the output «{shown}» is {what}"))
            .help(format!("make the commands of {} write a file there", order.step));
    }
    let near = shop.nearest(pattern);
    Finding::error("output-missing", format!("there is no output «{shown}» after the commands")).help(
        match near {
            Some(near) => {
                format!("there is {}; is that the file that {} makes?", near.escape_debug(), order.step)
            }
            None => format!("make the commands of {} write it, or correct its path", order.step),
        },
    )
}

/// What is there in place of a file; none where nothing is, or where nobody can say.
fn no_file(path: &Path) -> Option<String> {
    let kind = path.symlink_metadata().ok()?.file_type();
    if kind.is_symlink() && !path.exists() {
        let target = std::fs::read_link(path).ok()?;
        return Some(format!("a link to {}, where nothing is", target.to_string_lossy().escape_debug()));
    }
    let kind = if kind.is_symlink() { path.metadata().ok()?.file_type() } else { kind };
    special(kind).map(|what| format!("{what}, and no file"))
}

#[cfg(unix)]
fn special(kind: std::fs::FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    match () {
        () if kind.is_fifo() => Some("a pipe"),
        () if kind.is_socket() => Some("a socket"),
        () if kind.is_block_device() || kind.is_char_device() => Some("a device"),
        () => None,
    }
}

#[cfg(not(unix))]
const fn special(_: std::fs::FileType) -> Option<&'static str> {
    None
}

fn outside(file: &ProjectFile) -> Finding {
    Finding::error("output-outside", "this output lies outside of the project")
        .at_path(&file.path)
        .help("write a file inside of the project and no link that leads out of it")
}

/// The names that a bundle could not hold, and those that give a secret away. Better said here than after everything else was done.
fn names<'a>(files: impl Iterator<Item = &'a ProjectFile>, mut redaction: Redaction) -> Vec<Finding> {
    let mut keys: BTreeMap<String, &str> = BTreeMap::new();
    files
        .filter_map(|file| {
            let other = keys.insert(portable::key(&file.path), &file.path);
            if !redaction.is_clean(&file.path) {
                let shown = redaction.text(&file.path);
                let message = format!("the output {} has a secret in its name", shown.escape_debug());
                return Some(
                    Finding::error("output-name", message).help("rename it, and replace the secret"),
                );
            }
            let why = match (portable::why_unsafe(&file.path), other) {
                (Some(why), _) => why.to_owned(),
                (None, Some(other)) => format!("where names ignore case it is the same file as {other}"),
                (None, None) => return None,
            };
            let message = format!("this output has a name for this system only: {why}");
            Some(Finding::error("output-name", message).at_path(&file.path).help("rename it"))
        })
        .collect()
}

fn left_over(file: &ProjectFile) -> Finding {
    Finding::error("output-stale", "it was not written by this run; an old one proves nothing")
        .at_path(&file.path)
        .help("make the commands write it each time, even when nothing in it changes")
}
