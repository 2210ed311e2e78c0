//! A history of documents: commits on a ref of their own, so that `git log <ref>` shows it and
//! `git push origin <ref>` shares it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::program::Git;
use crate::fault::{Fault, Result};

/// How often an append is tried again while nobody else was faster: such a failure rarely mends itself.
const TRIES: u32 = 2;

/// The largest document that is read; anything larger was not written by us.
const LARGEST: u64 = 64 << 20;

pub(super) fn append(git: &Git, reference: &str, file: &str, content: &str, message: &str) -> Result<()> {
    let doing = || format!("keep the run in {reference}");
    let cannot_start = |error: std::io::Error| Fault::new(doing(), error);
    let mut tries = 0;
    loop {
        let tip = tip(git, reference)?;
        // One process writes the blob, the tree and the commit, and moves the ref only if the new commit
        // contains what the ref is at then: whoever comes second starts again from the other's commit.
        let arguments = [
            "-c",
            "core.filesRefLockTimeout=1000",
            "-c",
            "fastimport.unpackLimit=100",
            "fast-import",
            "--quiet",
            "--done",
            "--date-format=now",
        ];
        let stream = commit_stream(reference, tip.as_deref(), file, content, message);
        let answer = git.tell(&arguments, &stream).map_err(cannot_start)?;
        if answer.succeeded() {
            return Ok(());
        }
        if self::tip(git, reference)? == tip {
            tries += 1;
        }
        if tries == TRIES {
            return Err(answer.fault(&doing()).help(remedy(&answer.complaint())));
        }
    }
}

fn remedy(complaint: &str) -> &'static str {
    if complaint.contains(".lock") {
        return "another git is at work, or one was killed: when none is running, remove the lock file";
    }
    "check who owns the folder .git and that it can be written, or see «git fsck»"
}

fn tip(git: &Git, reference: &str) -> Result<Option<String>> {
    let refs =
        git.expect("ask git for the history", &["for-each-ref", "--format=%(objectname)", reference])?;
    Ok(refs.lines().next().map(str::to_owned))
}

/// What fast-import reads. The author is fixed, so that no `user.name` is needed.
fn commit_stream(reference: &str, tip: Option<&str>, file: &str, content: &str, message: &str) -> Vec<u8> {
    let message: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let from = tip.map(|tip| format!("from {tip}\n")).unwrap_or_default();
    let mut stream = format!(
        "commit {reference}\ncommitter modelgate <modelgate@localhost> now\ndata {}\n{message}\n\
         {from}deleteall\nM 100644 inline {file}\ndata {}\n",
        message.len(),
        content.len(),
    )
    .into_bytes();
    stream.extend_from_slice(content.as_bytes());
    stream.extend_from_slice(b"\ndone\n");
    stream
}

/// The documents of a history, newest first. A commit without the document is an empty one.
#[derive(Debug)]
pub struct History {
    git: Git,
    file: String,
    commits: std::vec::IntoIter<String>,
    reader: Option<Reader>,
}

/// One `git cat-file` that is asked for one object after the other.
#[derive(Debug)]
struct Reader {
    child: Child,
    ask: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl History {
    pub(super) fn open(git: &Git, reference: &str, file: &str, most: usize) -> Result<Self> {
        let doing = format!("read the history {reference}");
        let most = format!("--max-count={most}");
        let arguments = ["rev-list", &most, reference, "--"];
        let answer = git.ask(&arguments).map_err(|error| Fault::new(doing.clone(), error))?;
        let commits: Vec<String> = if answer.succeeded() {
            answer.text().lines().map(str::to_owned).collect()
        } else if answer.complaint().contains("bad revision") {
            Vec::new()
        } else {
            return Err(answer.fault(&doing).help("see «git fsck»"));
        };
        Ok(Self { git: git.clone(), file: file.to_owned(), commits: commits.into_iter(), reader: None })
    }

    fn read(&mut self, commit: &str) -> std::io::Result<Vec<u8>> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(Reader::start(&self.git)?),
        };
        reader.read(&format!("{commit}:{}", self.file))
    }
}

impl Iterator for History {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let commit = self.commits.next()?;
        Some(self.read(&commit).map_err(|error| {
            Fault::new(format!("read {} of the commit {commit}", self.file), error).help("see «git fsck»")
        }))
    }
}

impl Reader {
    fn start(git: &Git) -> std::io::Result<Self> {
        let mut command = git.command(&["cat-file", "--batch"]);
        // Nobody reads its complaints, and a full pipe would stop it.
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let ask = child.stdin.take();
        let answers = child.stdout.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
        Ok(Self { child, ask, answers: BufReader::new(answers) })
    }

    fn read(&mut self, object: &str) -> std::io::Result<Vec<u8>> {
        let ask = self.ask.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?;
        ask.write_all(format!("{object}\n").as_bytes())?;
        let mut header = String::new();
        self.answers.read_line(&mut header)?;
        let header = header.trim_end();
        if header.ends_with(" missing") {
            return Ok(Vec::new());
        }
        let size = header.rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
        let size = size.ok_or_else(|| std::io::Error::other(format!("git cat-file answered «{header}»")))?;
        if size > LARGEST {
            return Err(std::io::Error::other(format!("it is larger than {} MiB", LARGEST >> 20)));
        }
        let mut content = Vec::new();
        (&mut self.answers).take(size).read_to_end(&mut content)?;
        let mut end = [0];
        self.answers.read_exact(&mut end)?;
        if content.len() as u64 != size {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(content)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // The end of its input ends it; what it may still be writing has no reader then.
        drop(self.ask.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
