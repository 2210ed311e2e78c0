#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;

use super::*;

/// Runs git as a person would; a machine without git fails these tests.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "protocol.file.allow=always"];
    let output = Command::new("git")
        .args(identity)
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("these tests need git");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    folder
}

fn commit(folder: &Path, file: &str, content: &str) -> Commit {
    std::fs::write(folder.join(file), content).unwrap();
    git(folder, &["add", file]);
    git(folder, &["commit", "-q", "-m", content]);
    Commit::new(git(folder, &["rev-parse", "HEAD"])).unwrap()
}

fn documents(repository: &Repository, most: usize) -> Vec<String> {
    let history = repository.latest("refs/modelgate/m", "run.json", most).unwrap();
    history.map(|document| String::from_utf8(document.unwrap()).unwrap()).collect()
}

#[test]
fn a_folder_without_a_repository_is_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Repository::around(folder.path()).unwrap_err(), Absence::NoRepository);
    assert_eq!(Repository::around(&folder.path().join("gone")).unwrap_err(), Absence::NoRepository);
    git(folder.path(), &["init", "-q", "--bare"]);
    assert_eq!(Repository::around(folder.path()).unwrap_err(), Absence::NoRepository);
}

#[test]
fn a_repository_that_git_refuses_says_why() {
    let folder = repository();
    std::fs::write(folder.path().join(".git/config"), "[core\n").unwrap();
    let absence = Repository::around(folder.path()).unwrap_err();
    assert!(absence.to_string().starts_with("git refuses to work here: bad config line 1"), "{absence}");

    let moved = tempfile::tempdir().unwrap();
    std::fs::write(moved.path().join(".git"), "gitdir: /gone/for/good\n").unwrap();
    let absence = Repository::around(moved.path()).unwrap_err();
    assert!(matches!(&absence, Absence::Refused(why) if why.contains("/gone/for/good")), "{absence}");
}

#[cfg(unix)]
#[test]
fn another_users_repository_names_the_command_that_trusts_it() {
    use std::os::unix::process::ExitStatusExt;
    let stderr = "fatal: detected dubious ownership in repository at '/w/p'\n\
                  To add an exception for this directory, call:\n\n\
                  \tgit config --global --add safe.directory /w/p\n";
    let answer = Answer::made_up(std::process::ExitStatus::from_raw(128 << 8), stderr);
    assert_eq!(
        why_absent(&answer).to_string(),
        "git refuses to work here: the repository belongs to another user; to trust it, run \
         «git config --global --add safe.directory /w/p»"
    );
}

#[test]
fn a_merge_is_of_what_was_merged_even_in_a_shallow_clone() {
    let folder = repository();
    let base = commit(folder.path(), "a", "1");
    git(folder.path(), &["checkout", "-q", "-b", "topic"]);
    let older = commit(folder.path(), "b", "2");
    let head = commit(folder.path(), "b", "3");
    git(folder.path(), &["checkout", "-q", "main"]);
    git(folder.path(), &["merge", "-q", "--no-ff", "-m", "parent of none", "topic"]);
    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", folder.path().display());
    git(clone.path(), &["clone", "-q", "--depth", "1", &url, "."]);
    for (folder, head, is_of) in [
        (folder.path(), &head, true),
        (clone.path(), &head, true),
        (clone.path(), &base, true),
        (clone.path(), &older, false),
    ] {
        assert_eq!(Repository::around(folder).unwrap().is_of(head), is_of);
    }
}

#[test]
fn commit_branch_and_dirt_are_those_of_the_work_tree() {
    let folder = repository();
    let empty = Repository::around(folder.path()).unwrap();
    assert_eq!((empty.commit(), empty.branch(), empty.is_dirty()), (None, Some("main"), false));
    assert_eq!(empty.default_branch().unwrap(), None);

    let first = commit(folder.path(), "a", "1");
    let clean = Repository::around(folder.path()).unwrap();
    assert_eq!((clean.commit(), clean.branch(), clean.is_dirty()), (Some(&first), Some("main"), false));

    std::fs::write(folder.path().join("untracked"), "x").unwrap();
    assert!(!Repository::around(folder.path()).unwrap().is_dirty());
    std::fs::write(folder.path().join("a"), "2").unwrap();
    assert!(Repository::around(folder.path()).unwrap().is_dirty());
    git(folder.path(), &["add", "a"]);
    assert!(Repository::around(folder.path()).unwrap().is_dirty(), "staged is dirty too");
    git(folder.path(), &["reset", "-q", "--hard"]);

    git(folder.path(), &["checkout", "-q", "--detach"]);
    let detached = Repository::around(folder.path()).unwrap();
    assert_eq!((detached.commit(), detached.branch()), (Some(&first), None));
}

#[test]
fn only_the_projects_own_folder_can_be_dirty() {
    let folder = repository();
    let project = folder.path().join("models/churn é");
    std::fs::create_dir_all(&project).unwrap();
    commit(folder.path(), "elsewhere", "1");
    commit(&project, "train.py", "1");
    std::fs::write(folder.path().join("elsewhere"), "2").unwrap();
    assert!(!Repository::around(&project).unwrap().is_dirty());
    assert!(Repository::around(folder.path()).unwrap().is_dirty());
    std::fs::remove_file(project.join("train.py")).unwrap();
    assert!(Repository::around(&project).unwrap().is_dirty());
}

#[test]
fn a_changed_submodule_is_dirt() {
    let (inner, outer) = (repository(), repository());
    commit(inner.path(), "a", "1");
    git(outer.path(), &["submodule", "--quiet", "add", inner.path().to_str().unwrap(), "sub"]);
    git(outer.path(), &["commit", "-q", "-m", "sub"]);
    assert!(!Repository::around(outer.path()).unwrap().is_dirty());
    std::fs::write(outer.path().join("sub/a"), "2").unwrap();
    assert!(Repository::around(outer.path()).unwrap().is_dirty());
    assert!(Repository::around(&outer.path().join("sub")).unwrap().is_dirty());
}

#[test]
fn a_work_tree_of_its_own_shares_the_history() {
    let folder = repository();
    let first = commit(folder.path(), "a", "1");
    let other = tempfile::tempdir().unwrap();
    let path = other.path().join("wt");
    git(folder.path(), &["worktree", "add", "-q", "-b", "topic", path.to_str().unwrap()]);
    let there = Repository::around(&path).unwrap();
    assert_eq!((there.commit(), there.branch()), (Some(&first), Some("topic")));
    there.append("refs/modelgate/m", "run.json", "{}", "from the work tree").unwrap();
    assert_eq!(documents(&Repository::around(folder.path()).unwrap(), 5), ["{}"]);
}

#[test]
fn the_default_branch_is_the_origins_or_a_usual_name() {
    let folder = repository();
    commit(folder.path(), "a", "1");
    assert_eq!(Repository::around(folder.path()).unwrap().default_branch().unwrap().as_deref(), Some("main"));
    git(folder.path(), &["branch", "-m", "main", "trunk"]);
    let trunk = Repository::around(folder.path()).unwrap();
    assert_eq!(trunk.default_branch().unwrap(), None);
    git(folder.path(), &["config", "init.defaultBranch", "trunk"]);
    assert_eq!(trunk.default_branch().unwrap().as_deref(), Some("trunk"));

    let clone = tempfile::tempdir().unwrap();
    git(clone.path(), &["clone", "-q", folder.path().to_str().unwrap(), "."]);
    git(clone.path(), &["checkout", "-q", "-b", "main"]);
    let cloned = Repository::around(clone.path()).unwrap();
    assert_eq!(cloned.default_branch().unwrap().as_deref(), Some("trunk"));
}

#[test]
fn a_branch_contains_its_history_here_and_at_the_origin() {
    let folder = repository();
    let first = commit(folder.path(), "a", "1");
    let clone = tempfile::tempdir().unwrap();
    git(clone.path(), &["clone", "-q", folder.path().to_str().unwrap(), "."]);
    let second = commit(folder.path(), "a", "2");
    git(clone.path(), &["fetch", "-q"]);
    let cloned = Repository::around(clone.path()).unwrap();
    assert!(cloned.contains("main", &first).unwrap());
    assert!(cloned.contains("main", &second).unwrap(), "only the origin's main has it");
    assert!(!cloned.contains("gone", &first).unwrap());
    assert!(!cloned.contains("main", &Commit::new("1".repeat(40)).unwrap()).unwrap());
    assert!(!cloned.contains("main", &Commit::new("1".repeat(64)).unwrap()).unwrap());
    let tree = Commit::new(git(clone.path(), &["rev-parse", "HEAD^{tree}"])).unwrap();
    assert!(!cloned.contains("main", &tree).unwrap());

    git(clone.path(), &["checkout", "-q", "-b", "topic"]);
    let topic = commit(clone.path(), "a", "3");
    assert!(!cloned.contains("main", &topic).unwrap());
    assert!(!cloned.is_shallow().unwrap());
}

#[test]
fn a_shallow_clone_says_so() {
    let folder = repository();
    let first = commit(folder.path(), "a", "1");
    commit(folder.path(), "a", "2");
    let clone = tempfile::tempdir().unwrap();
    let origin = format!("file://{}", folder.path().display());
    git(clone.path(), &["clone", "-q", "--depth=1", &origin, "."]);
    let cloned = Repository::around(clone.path()).unwrap();
    assert!(cloned.is_shallow().unwrap());
    assert!(!cloned.contains("main", &first).unwrap());
}

#[test]
fn a_history_reads_back_newest_first() {
    let folder = repository();
    let repository = Repository::around(folder.path()).unwrap();
    assert!(documents(&repository, 5).is_empty());
    for n in 1..=4 {
        let text = format!("{{\"n\": {n},\n\"é\": \"done\\n\"}}\n");
        repository.append("refs/modelgate/m", "run.json", &text, "rejected: two\nlines").unwrap();
    }
    let read = documents(&repository, 3);
    assert_eq!(read[0], "{\"n\": 4,\n\"é\": \"done\\n\"}\n");
    assert_eq!((read.len(), documents(&repository, 9).len()), (3, 4));
    let log = git(folder.path(), &["log", "--format=%an %ae %s", "-1", "refs/modelgate/m"]);
    assert_eq!(log, "modelgate modelgate@localhost rejected: two lines");
    assert_eq!(git(folder.path(), &["ls-tree", "--name-only", "refs/modelgate/m~1"]), "run.json");
    git(folder.path(), &["fsck", "--strict"]);
}

#[test]
fn appending_side_by_side_loses_nothing() {
    let folder = repository();
    let repository = Repository::around(folder.path()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let repository = &repository;
            scope.spawn(move || {
                for n in 0..20 {
                    let text = format!("{thread}-{n:02}");
                    repository.append("refs/modelgate/m", "run.json", &text, &text).unwrap();
                }
            });
        }
    });
    let mut found = documents(&repository, 100);
    found.sort();
    let wanted: Vec<String> = (0..2).flat_map(|t| (0..20).map(move |n| format!("{t}-{n:02}"))).collect();
    assert_eq!(found, wanted);
}

#[test]
fn a_locked_history_is_a_fault_with_its_remedy() {
    let folder = repository();
    let repository = Repository::around(folder.path()).unwrap();
    let locks = folder.path().join(".git/refs/modelgate");
    std::fs::create_dir_all(&locks).unwrap();
    std::fs::write(locks.join("m.lock"), "").unwrap();
    let fault = repository.append("refs/modelgate/m", "run.json", "{}", "x").unwrap_err();
    assert!(fault.to_string().starts_with("failed to keep the run in refs/modelgate/m: "), "{fault}");
    assert!(fault.remedy().unwrap().contains("remove the lock file"), "{fault}");
}

/// A repository whose history refs/modelgate/m has the documents 1, 2 and 3.
fn history() -> (tempfile::TempDir, Repository) {
    let folder = repository();
    let repository = Repository::around(folder.path()).unwrap();
    for document in ["1", "2", "3"] {
        repository.append("refs/modelgate/m", "run.json", document, "x").unwrap();
    }
    (folder, repository)
}

fn lose(folder: &Path, object: &str) {
    let name = git(folder, &["rev-parse", object]);
    std::fs::remove_file(folder.join(".git/objects").join(&name[..2]).join(&name[2..])).unwrap();
}

#[test]
fn a_damaged_ref_is_a_fault_and_not_an_empty_history() {
    let (folder, repository) = history();
    git(folder.path(), &["update-ref", "refs/modelgate/m2/x", "refs/modelgate/m"]);
    let file = folder.path().join(".git/refs/modelgate/m");
    for damage in ["garbage\n", "", "1111111111111111111111111111111111111111\n", "blob"] {
        match damage {
            "blob" => {
                let blob = git(folder.path(), &["rev-parse", "refs/modelgate/m2/x:run.json"]);
                std::fs::write(&file, blob).unwrap();
            }
            _ => std::fs::write(&file, damage).unwrap(),
        }
        let fault = repository.latest("refs/modelgate/m", "run.json", 5).unwrap_err();
        assert!(fault.to_string().starts_with("failed to read the history refs/modelgate/m: "), "{fault}");
        assert!(fault.remedy().unwrap().contains("git fsck"), "{damage}");
        let fault = repository.append("refs/modelgate/m", "run.json", "{}", "x").unwrap_err();
        assert!(fault.to_string().starts_with("failed to keep the run in refs/modelgate/m: "), "{fault}");
    }
    assert_eq!(repository.latest("refs/modelgate/m2", "run.json", 5).unwrap().count(), 0, "only that ref");
}

#[test]
fn a_lost_tip_is_a_fault_and_not_an_empty_history() {
    let (folder, repository) = history();
    lose(folder.path(), "refs/modelgate/m");
    let fault = repository.latest("refs/modelgate/m", "run.json", 5).unwrap_err();
    assert!(fault.to_string().starts_with("failed to read the history refs/modelgate/m: "), "{fault}");
}

#[test]
fn what_is_before_a_loss_can_be_read() {
    for (lost, before) in [("refs/modelgate/m~1:run.json", 1), ("refs/modelgate/m~2", 1)] {
        let (folder, repository) = history();
        lose(folder.path(), lost);
        let read: Vec<_> = repository.latest("refs/modelgate/m", "run.json", 5).unwrap().collect();
        assert!(read[..before].iter().all(Result::is_ok), "{lost}: {read:?}");
        let fault = read.iter().find_map(|document| document.as_ref().err()).unwrap();
        assert!(fault.remedy().unwrap().contains("git fsck"), "{lost}: {fault}");
    }
}

#[test]
fn a_commit_without_the_document_is_a_fault() {
    let (_folder, repository) = history();
    repository.append("refs/modelgate/m", "other", "x", "no document in this one").unwrap();
    let fault = repository.latest("refs/modelgate/m", "run.json", 5).unwrap().next().unwrap().unwrap_err();
    assert!(fault.to_string().ends_with(": git does not have it"), "{fault}");
}

#[test]
fn a_history_that_was_fetched_in_part_says_so_at_its_end() {
    let (origin, _) = history();
    let clone = repository();
    let url = format!("file://{}", origin.path().display());
    git(clone.path(), &["fetch", "-q", "--depth=2", &url, "refs/modelgate/*:refs/modelgate/*"]);
    let cloned = Repository::around(clone.path()).unwrap();
    assert_eq!(documents(&cloned, 2), ["3", "2"]);
    let last = cloned.latest("refs/modelgate/m", "run.json", 5).unwrap().last().unwrap();
    let fault = last.unwrap_err();
    assert!(fault.to_string().ends_with("this clone is shallow and does not have it"), "{fault}");
}
