//! The git repository around the project, through the `git` program. No git, no repository and no commit
//! are answers, not faults.
//!
//! Processes are what git costs here, so one `git status` says whether there is a repository, which commit
//! and branch are checked out, and whether the project differs from the commit.

mod history;
mod program;

use std::fmt;
use std::path::Path;

pub use history::History;
pub use program::withhold;

use crate::fault::{Fault, Result};
use crate::name::Commit;
use program::{Answer, Git};

/// A repository with a work tree, as it was when it was looked for.
#[derive(Debug, Clone)]
pub struct Repository {
    git: Git,
    commit: Option<Commit>,
    branch: Option<String>,
    dirty: bool,
    /// The tracked files that differ from the commit, from the top of the work tree.
    changed: Vec<String>,
}

/// Why there is no repository to work with. Displays as a sentence without its full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absence {
    /// The `git` program is not installed.
    NoGit,
    /// The folder is in no repository, or in one without a work tree.
    NoRepository,
    /// There may be a repository, and git refuses to work in it; this is what git says.
    Refused(String),
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGit => f.write_str("git is not installed"),
            Self::NoRepository => f.write_str("the project is not in a git repository"),
            Self::Refused(why) => write!(f, "git refuses to work here: {why}"),
        }
    }
}

impl Repository {
    /// The repository that `folder` is in.
    ///
    /// # Errors
    /// [`Absence`] says why there is none.
    pub fn around(folder: &Path) -> std::result::Result<Self, Absence> {
        if !folder.is_dir() {
            return Err(Absence::NoRepository);
        }
        let git = Git::new(folder);
        // A file monitor may start a daemon that outlives us, and renames are of no interest here. Only the
        // content of submodules counts, as everywhere: what is not tracked is not compared.
        let arguments = [
            "-c",
            "core.fsmonitor=false",
            "status",
            "--porcelain=v2",
            "--branch",
            "--untracked-files=no",
            "--ignore-submodules=untracked",
            "--no-renames",
            "--no-ahead-behind",
            "--",
            ".",
        ];
        let answer = match git.ask(&arguments) {
            Ok(answer) => answer,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Absence::NoGit),
            Err(error) => return Err(Absence::Refused(error.to_string())),
        };
        if !answer.succeeded() {
            return Err(why_absent(&answer));
        }
        Ok(Self::from_status(git, &answer.text()))
    }

    fn from_status(git: Git, status: &str) -> Self {
        let header = |key: &str| status.lines().find_map(|line| line.strip_prefix(key));
        Self {
            git,
            commit: header("# branch.oid ").and_then(|oid| Commit::new(oid).ok()),
            branch: header("# branch.head ").filter(|head| *head != "(detached)").map(str::to_owned),
            dirty: status.lines().any(|line| !line.starts_with('#')),
            changed: status.lines().filter_map(changed_path).collect(),
        }
    }

    /// The commit that was checked out; none before the first.
    #[must_use]
    pub const fn commit(&self) -> Option<&Commit> {
        self.commit.as_ref()
    }

    /// Whether what was checked out is `head` or made of it: the commit by which GitHub merges a pull request for a
    /// trial. Where git does not tell, it is not.
    #[must_use]
    pub fn is_of(&self, head: &Commit) -> bool {
        let Some(commit) = &self.commit else { return false };
        // The commit itself names its parents, which a shallow clone does not have.
        let text = || self.git.expect("read a commit", &["cat-file", "commit", commit.as_str()]);
        let parents = |text: String| {
            let lines = text.lines().take_while(|line| !line.is_empty());
            lines.filter_map(|line| line.strip_prefix("parent ")).any(|parent| parent == head.as_str())
        };
        commit == head || text().is_ok_and(parents)
    }

    /// The branch that was checked out; none when detached.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.branch.as_deref()
    }

    /// Whether tracked files below the folder differed from the commit. Files elsewhere in the repository
    /// do not count: a project is its folder.
    #[must_use]
    pub const fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// The name of the default branch: what the origin's HEAD names; else the first that exists, here or at
    /// the origin, of `init.defaultBranch`, `main` and `master`.
    ///
    /// # Errors
    /// A git that fails to answer.
    pub fn default_branch(&self) -> Result<Option<String>> {
        if let Some(name) = self.origin_head()? {
            return Ok(Some(name));
        }
        // Exit 1: nothing is configured.
        let configured = self.git.ask(&["config", "--get", "init.defaultBranch"]).map_err(cannot_start)?;
        let configured = configured.text().trim().to_owned();
        for name in [configured.as_str(), "main", "master"].iter().filter(|name| !name.is_empty()) {
            if !self.tips(name)?.is_empty() {
                return Ok(Some((*name).to_owned()));
            }
        }
        Ok(None)
    }

    fn origin_head(&self) -> Result<Option<String>> {
        let refs = self.git.expect(
            "ask git for the default branch",
            &["for-each-ref", "--format=%(symref)", "refs/remotes/origin/HEAD"],
        )?;
        Ok(refs.trim().strip_prefix("refs/remotes/origin/").map(str::to_owned))
    }

    /// The refs that `branch` has, here and at its origin.
    fn tips(&self, branch: &str) -> Result<Vec<String>> {
        let wanted = tips_of(branch);
        let refs = self.git.expect(
            "ask git for its branches",
            &["for-each-ref", "--format=%(refname)", &wanted[0], &wanted[1]],
        )?;
        Ok(refs.lines().filter(|found| wanted.iter().any(|name| name == found)).map(str::to_owned).collect())
    }

    /// Whether `commit` is in the history of `branch`, here or at its origin. A commit that this clone does
    /// not have is not.
    ///
    /// # Errors
    /// A git that fails to answer.
    pub fn contains(&self, branch: &str, commit: &Commit) -> Result<bool> {
        let wanted = tips_of(branch);
        let arguments =
            ["for-each-ref", "--format=%(refname)", "--contains", commit.as_str(), &wanted[0], &wanted[1]];
        let answer = self.git.ask(&arguments).map_err(cannot_start)?;
        if !answer.succeeded() {
            let unknown = ["no such commit", "malformed object name", "not a commit"];
            if unknown.iter().any(|words| answer.complaint().contains(words)) {
                return Ok(false);
            }
            return Err(answer.fault("ask git for the branches that contain a commit"));
        }
        Ok(answer.text().lines().any(|found| wanted.iter().any(|name| name == found)))
    }

    /// Where in the repository its work tree has the folder that this was looked for around: `models/churn`,
    /// with forward slashes, empty for its root.
    ///
    /// # Errors
    /// A git that fails.
    pub fn place(&self) -> Result<String> {
        let prefix = self.git.expect("ask git where the project is", &["rev-parse", "--show-prefix"])?;
        Ok(prefix.trim_end_matches(['\r', '\n']).trim_end_matches('/').to_owned())
    }

    /// The tracked files of the folder that differ from the commit, relative to it.
    #[must_use]
    pub fn changed(&self) -> Vec<String> {
        let place = self.place().unwrap_or_default();
        let own = |path: &String| match place.as_str() {
            "" => Some(path.clone()),
            place => path.strip_prefix(place)?.strip_prefix('/').map(str::to_owned),
        };
        self.changed.iter().filter_map(own).collect()
    }

    /// The tags of the commit that is checked out, the highest version first.
    ///
    /// # Errors
    /// A git that fails to answer.
    pub fn tags(&self) -> Result<Vec<String>> {
        let doing = "ask git for the tags of the commit";
        let tags = self.git.expect(doing, &["tag", "--points-at", "HEAD", "--sort=-version:refname"])?;
        Ok(tags.lines().map(str::to_owned).collect())
    }

    /// When the commit that is checked out was made, RFC 3339.
    ///
    /// # Errors
    /// A git that fails to answer, such as before the first commit.
    pub fn committed(&self) -> Result<String> {
        let doing = "ask git when the commit was made";
        Ok(self.git.expect(doing, &["show", "--no-patch", "--format=%cI", "HEAD"])?.trim().to_owned())
    }

    /// The address of the remote called origin, as it is configured.
    ///
    /// # Errors
    /// A git that cannot be started.
    pub fn origin(&self) -> Result<Option<String>> {
        let answer = self.git.ask(&["config", "--get", "remote.origin.url"]).map_err(cannot_start)?;
        let address = answer.text().trim().to_owned();
        Ok((!address.is_empty()).then_some(address))
    }

    /// Whether this clone lacks a part of the history, so that older commits look unknown.
    ///
    /// # Errors
    /// A git that fails to answer.
    pub fn is_shallow(&self) -> Result<bool> {
        let doing = "ask git whether the clone is shallow";
        Ok(self.git.expect(doing, &["rev-parse", "--is-shallow-repository"])?.trim() == "true")
    }

    /// Whether the repository has a remote called origin.
    ///
    /// # Errors
    /// A git that fails to answer.
    pub fn has_origin(&self) -> Result<bool> {
        let remotes = self.git.expect("ask git for its remotes", &["remote"])?;
        Ok(remotes.lines().any(|remote| remote == "origin"))
    }

    /// Those of `paths`, relative to the folder, that are neither tracked nor ignored, there or not.
    ///
    /// # Errors
    /// A git that fails, such as over a path outside the repository.
    pub fn loose(&self, paths: &[&str]) -> Result<Vec<String>> {
        const DOING: &str = "ask git which files it ignores";
        let mut loose = Vec::new();
        for path in paths {
            // Exit 1: not ignored. A tracked file is never ignored.
            let ignored = self.git.ask(&["check-ignore", "--quiet", "--", path]).map_err(cannot_start)?;
            let is_new = || self.git.expect(DOING, &["--literal-pathspecs", "ls-files", "--", path]);
            if !ignored.succeeded() && is_new()?.is_empty() {
                loose.push((*path).to_owned());
            }
        }
        Ok(loose)
    }

    /// Appends a document to the history that `reference` names, safely beside other processes: a commit
    /// with `file` as its only file.
    ///
    /// # Errors
    /// A repository that cannot be written.
    pub fn append(&self, reference: &str, file: &str, content: &str, message: &str) -> Result<()> {
        history::append(&self.git, reference, file, content, message)
    }

    /// The latest documents of a history, newest first, at most `most`; none of a history that has not
    /// begun. Each is read when it is asked for.
    ///
    /// # Errors
    /// A history that is there and cannot be read: a ref that is damaged or is no commit.
    pub fn latest(&self, reference: &str, file: &str, most: usize) -> Result<History> {
        History::open(&self.git, reference, file, most)
    }
}

fn tips_of(branch: &str) -> [String; 2] {
    [format!("refs/heads/{branch}"), format!("refs/remotes/origin/{branch}")]
}

fn cannot_start(error: std::io::Error) -> Fault {
    Fault::new("start git", error)
}

fn why_absent(answer: &Answer) -> Absence {
    let complaint = answer.complaint();
    // «not a git repository: PATH», without the parenthesis, is a link to a repository that has moved.
    let none = ["not a git repository (", "this operation must be run in a work tree"];
    if none.iter().any(|words| complaint.contains(words)) {
        return Absence::NoRepository;
    }
    if complaint.contains("dubious ownership") {
        let command = complaint.lines().map(str::trim).find(|line| line.starts_with("git config "));
        let command = command.unwrap_or("git config --global --add safe.directory '*'");
        return Absence::Refused(format!(
            "the repository belongs to another user; to trust it, run «{command}»"
        ));
    }
    Absence::Refused(answer.reason())
}

/// The path of an entry of `git status --porcelain=v2`: of an ordinary one after eight fields, of an unmerged one after
/// ten. One with odd characters stays in quotes.
fn changed_path(line: &str) -> Option<String> {
    let fields = match line.split(' ').next()? {
        "1" => 9,
        "u" => 11,
        _ => return None,
    };
    line.splitn(fields, ' ').nth(fields - 1).map(str::to_owned)
}

#[cfg(test)]
mod tests;
