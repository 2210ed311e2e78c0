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

/// What mends a history that is there and is not whole.
const DAMAGED: &str =
    "see «git fsck»; where the history is shared, fetch it again; or name a file as gate.baseline";

pub(super) fn append(git: &Git, reference: &str, file: &str, content: &str, message: &str) -> Result<()> {
    let doing = || format!("keep the run in {reference}");
    let cannot_start = |error: std::io::Error| Fault::new(doing(), error);
    let mut tries = 0;
    loop {
        let tip = tip(git, reference, &doing())?;
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
        if self::tip(git, reference, &doing())? == tip {
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

/// The commit that a history ends with; none where there is no such ref. A ref that is there and is no
/// commit is a damaged history and not an empty one.
fn tip(git: &Git, reference: &str, doing: &str) -> Result<Option<String>> {
    let damaged = |cause: String| Fault::new(doing, cause).help(DAMAGED);
    let format = "--format=%(refname) %(objecttype) %(objectname)";
    let answer = git.ask(&["for-each-ref", format, reference]).map_err(|error| Fault::new(doing, error))?;
    if !answer.succeeded() {
        return Err(answer.fault(doing).help(DAMAGED));
    }
    // A ref that holds garbage is left out of the answer, with a warning.
    if answer.complaint().contains(reference) {
        return Err(damaged(format!("git says: {}", answer.reason())));
    }
    let text = answer.text();
    let found = text.lines().find_map(|line| line.strip_prefix(reference)?.strip_prefix(' '));
    match found.and_then(|found| found.split_once(' ')) {
        None => Ok(None),
        Some(("commit", name)) => Ok(Some(name.to_owned())),
        Some((kind, _)) => Err(damaged(format!("{reference} is a {kind} and not a commit"))),
    }
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

/// The documents of a history, newest first. A document that is not there is a fault, and so is the end of
/// a history of which the rest is not there.
#[derive(Debug)]
pub struct History {
    git: Git,
    file: String,
    commits: std::vec::IntoIter<String>,
    reader: Option<Reader>,
    /// What was read last.
    commit: Option<String>,
    end: End,
}

/// What comes after the last of the listed commits.
#[derive(Debug)]
enum End {
    /// Nothing, or more than was asked for.
    Nothing,
    /// Nothing, if the last commit says so too: a shallow clone lists none of its parents.
    Root,
    /// What git could not list.
    Lost(Fault),
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
        let (commits, end) = match tip(git, reference, &doing)? {
            Some(tip) => listed(git, &tip, most, &doing)?,
            None => (Vec::new(), End::Nothing),
        };
        let (git, file, commits) = (git.clone(), file.to_owned(), commits.into_iter());
        Ok(Self { git, file, commits, reader: None, commit: None, end })
    }

    /// Names the document that was read last, for a fault about it.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{} of the commit {}", self.file, self.commit.as_deref().unwrap_or_default())
    }

    fn read(&mut self, object: &str) -> std::io::Result<Vec<u8>> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(Reader::start(&self.git)?),
        };
        reader.read(object)
    }

    fn next_document(&mut self, commit: String) -> Result<Vec<u8>> {
        let object = format!("{commit}:{}", self.file);
        self.commit = Some(commit);
        self.read(&object).map_err(|error| self.unread(error))
    }

    fn unread(&self, error: std::io::Error) -> Fault {
        Fault::new(format!("read {}", self.place()), error).help(DAMAGED)
    }

    /// The fault of a history that ends too early.
    fn ended(&mut self) -> Option<Fault> {
        match std::mem::replace(&mut self.end, End::Nothing) {
            End::Nothing => None,
            End::Lost(fault) => Some(fault),
            End::Root => {
                let last = self.commit.clone()?;
                match self.read(&last) {
                    Err(error) => Some(self.unread(error)),
                    Ok(commit) if !has_parent(&commit) => None,
                    Ok(_) => {
                        let doing = format!("read what is before {}", self.place());
                        let help = "fetch the whole history: git fetch --unshallow, or `fetch-depth: 0`";
                        Some(Fault::new(doing, "this clone is shallow and does not have it").help(help))
                    }
                }
            }
        }
    }
}

/// The commits of a history, newest first, as far as git can list them.
fn listed(git: &Git, tip: &str, most: usize, doing: &str) -> Result<(Vec<String>, End)> {
    let arguments = ["rev-list", &format!("--max-count={most}"), tip, "--"];
    let answer = git.ask(&arguments).map_err(|error| Fault::new(doing, error))?;
    let commits: Vec<String> = answer.text().lines().map(str::to_owned).collect();
    let end = match answer.succeeded() {
        false => End::Lost(answer.fault(doing).help(DAMAGED)),
        true if commits.len() < most => End::Root,
        true => End::Nothing,
    };
    Ok((commits, end))
}

fn has_parent(commit: &[u8]) -> bool {
    let header = commit.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
    header.into_iter().any(|line| line.starts_with(b"parent "))
}

impl Iterator for History {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.commits.next() {
            Some(commit) => Some(self.next_document(commit)),
            None => self.ended().map(Err),
        }
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
            return Err(std::io::Error::other("git does not have it"));
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
