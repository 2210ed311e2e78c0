#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use super::*;

fn project(files: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    root
}

fn found(root: &Path, patterns: &[&str]) -> Vec<String> {
    let patterns: Vec<String> = patterns.iter().map(|&text| text.to_owned()).collect();
    expand(root, &patterns).unwrap().files.into_iter().map(|file| file.path).collect()
}

#[test]
fn paths_folders_and_globs_come_out_sorted_and_once() {
    let root =
        project(&["b.py", "a.py", "src/x.py", "src/deep/y.py", "data/1.csv", "data/2.json", ".hidden.py"]);
    let found = |patterns: &[&str]| found(root.path(), patterns);
    assert_eq!(found(&["b.py", "./a.py", "a.py", "*.py"]), [".hidden.py", "a.py", "b.py"]);
    assert_eq!(found(&["src"]), ["src/deep/y.py", "src/x.py"]);
    assert_eq!(found(&["src/"]), found(&["./src//"]));
    assert_eq!(found(&["**/*.py"]), [".hidden.py", "a.py", "b.py", "src/deep/y.py", "src/x.py"]);
    assert_eq!(found(&["src/**/*.py"]), ["src/deep/y.py", "src/x.py"]);
    assert_eq!(found(&["data/?.{csv,json}"]), ["data/1.csv", "data/2.json"]);
    assert_eq!(found(&["{data/1,src/x}.*"]), ["data/1.csv", "src/x.py"]);
    assert_eq!(found(&["[a-b].py"]), ["a.py", "b.py"]);
    assert_eq!(found(&["src/*"]), ["src/x.py"]);
    assert_eq!(found(&["./src/./*/*"]), ["src/deep/y.py"]);
    assert_eq!(found(&["src/../a.py"]), ["a.py"]);
}

#[test]
fn what_matches_nothing_is_said_as_written() {
    let root = project(&["a.py"]);
    fs::create_dir(root.path().join("empty")).unwrap();
    let patterns = ["a.py", "b.py", "*.csv", "empty", "a.py/x", "nowhere/*", "a.py/*", "nul\0"];
    let patterns = patterns.map(str::to_owned);
    assert_eq!(expand(root.path(), &patterns).unwrap().unmatched, patterns[1..]);
}

#[test]
fn a_file_named_like_a_glob_is_that_file() {
    let root = project(&["data[1].csv", "data1.csv"]);
    assert_eq!(found(root.path(), &["data[1].csv"]), ["data[1].csv"]);
    assert_eq!(found(root.path(), &["data[[]1].csv"]), ["data[1].csv"]);
}

#[test]
fn a_pattern_that_is_no_glob_names_the_way_out() {
    let root = project(&[]);
    let fault = expand(root.path(), &["data[.csv".to_owned()]).unwrap_err();
    assert!(fault.to_string().starts_with("failed to read the pattern «data[.csv»: "), "{fault}");
    assert!(fault.remedy().is_some_and(|help| help.contains("[[]")));
}

#[test]
fn our_own_folders_are_never_inputs() {
    let root =
        project(&["a", ".git/b", ".modelgate/c", "runs/d", "src/__pycache__/e", "x/runs/f", ".modelgate-x"]);
    let beside = |pattern: &str| {
        let run_dir = root.path().join("runs");
        let files = expand_beside(root.path(), &[&run_dir], &[pattern.to_owned()]).unwrap().files;
        files.into_iter().map(|file| file.path).collect::<Vec<_>>()
    };
    assert_eq!(beside("**"), ["a", "x/runs/f"]);
    assert_eq!(beside("."), ["a", "x/runs/f"]);
    assert_eq!(beside("runs/*"), [""; 0]);
    assert_eq!(beside(".modelgate/**"), [""; 0]);
    assert_eq!(beside(".modelgate/c"), [".modelgate/c"]);
}

#[test]
fn files_outside_have_absolute_paths() {
    let outside = project(&["shared.csv"]);
    fs::create_dir(outside.path().join("root")).unwrap();
    let root = outside.path().join("root");
    let shared = outside.path().join("shared.csv").to_str().unwrap().to_owned();
    assert_eq!(found(&root, &["../shared.csv", "../*.csv", &shared]), [shared]);
    fs::write(root.join("in"), "").unwrap();
    assert_eq!(found(&root, &[root.join("in").to_str().unwrap()]), ["in"]);
}

#[test]
fn links_are_followed_and_never_in_loops() {
    let root = project(&["real/a", "other/b"]);
    let link = |from: &str, to: &str| symlink(to, root.path().join(from)).unwrap();
    link("link", "real/a");
    link("folder", "real");
    link("nothing", "nowhere");
    link("itself", "itself");
    link("real/up", "..");
    link("real/across", "../other");
    link("other/back", "../real");
    let files = found(root.path(), &["."]);
    assert!(files.contains(&"link".to_owned()) && files.contains(&"folder/a".to_owned()), "{files:?}");
    assert!(files.contains(&"real/across/b".to_owned()), "{files:?}");
    assert!(!files.iter().any(|path| path.contains("nothing") || path.contains("up/")), "{files:?}");
    assert!(files.len() < 20, "{files:?}");
    let dangling = |pattern: &str| -> Vec<String> {
        let expanded = expand(root.path(), &[pattern.to_owned()]).unwrap();
        expanded.dangling.into_iter().map(|file| file.path).collect()
    };
    assert_eq!(dangling("."), ["itself", "nothing"]);
    assert_eq!(dangling("n*"), ["nothing"]);
    assert_eq!(dangling("real"), [""; 0]);
}

#[test]
fn a_name_that_is_not_utf_8_is_named_and_not_guessed() {
    let root = project(&["a.csv"]);
    let name = std::ffi::OsStr::from_bytes(b"b\xff.csv");
    fs::write(root.path().join(name), "").unwrap();
    let fault = expand(root.path(), &["*.csv".to_owned()]).unwrap_err();
    assert_eq!(fault.to_string(), r#"failed to expand «*.csv»: the name "b\xFF.csv" is not UTF-8"#);
    assert_eq!(found(root.path(), &["a*"]), ["a.csv"]);
}

#[test]
fn the_nearest_file_is_a_slip_or_lies_elsewhere() {
    let root = project(&["params.json", "data/train.csv", "model.joblib"]);
    let nearest = |wanted| nearest(root.path(), &[], wanted);
    assert_eq!(nearest("param.json").as_deref(), Some("params.json"));
    assert_eq!(nearest("train.csv").as_deref(), Some("data/train.csv"));
    assert_eq!(nearest("Model.joblib").as_deref(), Some("model.joblib"));
    assert_eq!(nearest("quite/different"), None);
    assert_eq!(nearest(&"model".repeat(1_000_000)), None);
}

#[test]
fn a_digest_is_the_one_that_everybody_computes() {
    let root = project(&[]);
    let (_hand, interrupt) = Interrupt::channel();
    let path = root.path().join("abc");
    fs::write(&path, "abc").unwrap();
    let known = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(digest(&path, &interrupt).unwrap().to_string(), known);
    fs::write(&path, vec![b'a'; 1_000_000]).unwrap();
    let known = "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    let content = content(&path, &interrupt).unwrap();
    assert_eq!((content.digest.to_string().as_str(), content.bytes), (known, 1_000_000));
}

#[test]
fn a_digest_of_no_regular_file_is_a_fault() {
    let root = project(&[]);
    let (hand, interrupt) = Interrupt::channel();
    let fault = digest(root.path(), &interrupt).unwrap_err();
    assert!(fault.to_string().ends_with(": is a directory"), "{fault}");
    assert!(digest(Path::new("/dev/null"), &interrupt).unwrap_err().to_string().contains("a device"));
    let path = root.path().join("a");
    fs::write(&path, "a").unwrap();
    hand.raise(crate::interrupt::Signal::Interrupt);
    assert!(digest(&path, &interrupt).unwrap_err().to_string().ends_with("the run was interrupted"));
}

#[test]
fn a_folder_that_is_missing_is_told_by_its_own_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/file.json");
    let told = write_whole(&path, b"{}").unwrap_err().to_string();
    assert!(told.contains("there is no folder") && !told.contains(UNFINISHED), "{told}");
    std::fs::write(folder.path().join("missing"), "a file").unwrap();
    let told = write_whole(&path, b"{}").unwrap_err().to_string();
    assert!(!told.contains(UNFINISHED), "{told}");
}
