//! .dockerignore as docker itself reads it: the same trees, the same patterns, the same files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use modelgate::image::context::{Context, Entry, Place, Selection};
use modelgate::interrupt::Interrupt;
use tempfile::TempDir;

use crate::common;

/// Numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

const NAMES: &[&str] = &["a", "b", "ab", "a.py", "b.txt", ".env", "src", "data", "é", "a-b", "[a]", "x y"];

/// A tree of some sixty paths, in which most names come up in several places.
fn grow(root: &Path, dice: &mut Dice) {
    for _ in 0..60 {
        let depth = 1 + dice.below(4);
        let names: Vec<&str> = (0..depth).map(|_| dice.of(NAMES)).collect();
        let path = root.join(names.join("/"));
        let is_made = fs::create_dir_all(path.parent().unwrap()).is_ok() && !path.exists();
        if is_made {
            fs::write(path, "x").unwrap();
        }
    }
    fs::write(root.join("Dockerfile"), "FROM scratch\nCOPY . /\n").unwrap();
}

/// The lines of a .dockerignore. `are_plain` are those in whose meaning all versions of docker agree.
fn patterns(dice: &mut Dice, are_plain: bool) -> String {
    const MARKS: &[&str] =
        &["*", "**", "?", "*.py", "[ab]", "[^a]*", "**/a", "a*", ".*", "\\[a]", "[a-c]b", "a**", "x?y"];
    let mut lines = Vec::new();
    for number in 0..1 + dice.below(5) {
        let depth = 1 + dice.below(3);
        let is_exception = number > 0 && dice.below(3) == 0;
        // Old versions do not look for an exception with marks below an ignored folder.
        let only_names = are_plain && is_exception;
        let words: Vec<&str> = (0..depth)
            .map(|_| if only_names || dice.below(2) == 0 { dice.of(&NAMES[..10]) } else { dice.of(MARKS) })
            .collect();
        let before = dice.of(&["", "", "", "/", "./", " "]);
        let after = dice.of(&["", "", "", "/", " ", "/../b", "\r"]);
        let mark = if is_exception { "!" } else { "" };
        lines.push(format!("{mark}{before}{}{after}", words.join("/")));
    }
    lines.join("\n") + "\n"
}

fn entries(root: &Path) -> Result<Vec<Entry>, String> {
    let dockerfile = root.join("Dockerfile");
    let place = Place { project: root, context: root, dockerfile: &dockerfile, ours: &[] };
    let context =
        Context::open(place, None, &Interrupt::channel().1).map_err(|trouble| trouble.to_string())?;
    let selection = Selection { exclude: context.ignore.patterns(), ..Selection::default() };
    let walk = context.folder.walk(&selection).map_err(|trouble| trouble.to_string())?;
    let entries: Vec<Entry> = walk.collect::<Result<_, _>>().map_err(|trouble| trouble.to_string())?;
    Ok(entries)
}

fn files(entries: &[Entry]) -> BTreeSet<String> {
    entries.iter().filter(|entry| entry.file().is_some()).map(|entry| entry.path.clone()).collect()
}

/// The regular files of an archive.
fn unpacked(archive: &[u8]) -> BTreeSet<String> {
    let mut archive = tar::Archive::new(archive);
    let entries = archive.entries().expect("an archive").map(|entry| entry.expect("an entry"));
    let files = entries.filter(|entry| entry.header().entry_type().is_file());
    files.map(|entry| entry.path().expect("a path").to_str().expect("UTF-8").to_owned()).collect()
}

/// A docker whose version is at least so much; none when there is no such one.
fn docker(least: u32) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).chain(["/usr/bin".into(), "/usr/local/bin".into()]);
    folders.map(|folder| folder.join("docker")).filter(|file| file.exists()).find(|docker| {
        let said = Command::new(docker).arg("--version").output().expect("docker runs");
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let version = said.split_whitespace().find_map(|word| word.split_once('.')?.0.parse::<u32>().ok());
        version.is_some_and(|version| version >= least)
    })
}

/// The client of docker 23 and later filters with the very code whose meaning is ours. It sends its archive to
/// whatever says that it is an engine.
#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_docker_sends_the_same_files() {
    let Some(docker) = docker(23) else {
        return common::skip(
            "the_client_of_docker_sends_the_same_files",
            "no docker client of version 23 or later",
        );
    };
    let (address, received) = listen().await;
    let mut dice = Dice(2026);
    let (mut compared, mut refused) = (0, 0);
    for number in 0..120 {
        let root = TempDir::new().unwrap();
        grow(root.path(), &mut dice);
        let text = patterns(&mut dice, false);
        fs::write(root.path().join(".dockerignore"), &text).unwrap();
        let mut command = Command::new(&docker);
        command.args(["--host", &address, "build", "."]).current_dir(root.path());
        command
            .env("DOCKER_BUILDKIT", "0")
            .env("DOCKER_CONFIG", root.path().join("no-config"))
            .env_remove("DOCKER_CONTEXT");
        let said =
            common::said(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap());
        let archive = received.lock().unwrap().take();
        let ours = entries(root.path());
        let Some(archive) = archive else {
            assert!(ours.is_err(), "{number}: docker refused {text:?}: {}", said.err);
            refused += 1;
            continue;
        };
        let mut ours = files(&ours.unwrap_or_else(|error| panic!("{number}: we refused {text:?}: {error}")));
        // Always sent, and taken out again there.
        let mut theirs = unpacked(&archive);
        for name in ["Dockerfile", ".dockerignore"] {
            assert!(theirs.remove(name), "{number}: {name} with {text:?}");
            ours.remove(name);
        }
        // This client looks below an ignored folder only on the way to an exception, letter by letter.
        let missed: Vec<&String> = ours.difference(&theirs).collect();
        let is_its_shortcut = |path: &&String| !is_reached(&text, path, root.path());
        assert!(missed.iter().all(is_its_shortcut), "{number}: {text:?}\nonly ours: {missed:?}");
        let more: Vec<&String> = theirs.difference(&ours).collect();
        assert!(more.is_empty(), "{number}: {text:?}\nonly docker's: {more:?}");
        compared += 1;
    }
    assert!(compared > 100, "{compared} compared, {refused} refused");
}

/// Whether the classic client gets to a path: no ignored folder above it but on the way to an exception.
fn is_reached(text: &str, path: &str, root: &Path) -> bool {
    use modelgate::image::context::ignore::Ignore;
    let ignore = Ignore::parse(text.as_bytes(), "x").unwrap();
    let patterns = ignore.patterns();
    let exceptions: Vec<String> =
        patterns.iter().filter_map(|pattern| Some(format!("{}/", pattern.strip_prefix('!')?))).collect();
    assert!(root.join(path).exists());
    path.match_indices('/').all(|(at, _)| {
        let folder = &path[..at];
        !ignore.matches(folder)
            || exceptions.iter().any(|exception| exception.starts_with(&format!("{folder}/")))
    })
}

type Received = Arc<Mutex<Option<Vec<u8>>>>;

/// What says that it is an engine, and keeps the archive that comes.
async fn listen() -> (String, Received) {
    let received = Received::default();
    let kept = Arc::clone(&received);
    let answer = move |request: Request| {
        let kept = Arc::clone(&kept);
        async move {
            let is_build = request.uri().path().ends_with("/build");
            let body = to_bytes(request.into_body(), usize::MAX).await.expect("a body");
            if is_build {
                *kept.lock().unwrap() = Some(body.to_vec());
            }
            let answer =
                axum::http::Response::builder().header("Api-Version", "1.41").header("Ostype", "linux");
            answer.header(CONTENT_TYPE, "application/json").body(Body::from("{\"stream\":\"ok\"}\n")).unwrap()
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    (address, received)
}

/// BuildKit reads the file in the engine and has the client filter: the whole way, on a real engine.
#[test]
fn buildkit_copies_the_same_files() {
    let test = "buildkit_copies_the_same_files";
    let Some(engine) = common::engine() else {
        return common::skip(test, "MODELGATE_TEST_DOCKER names no engine");
    };
    let docker = PathBuf::from("/usr/bin/docker");
    if !docker.exists() {
        return common::skip(test, "no /usr/bin/docker, which builds with BuildKit");
    }
    let mut dice = Dice(25);
    for number in 0..25 {
        let root = TempDir::new().unwrap();
        let context = root.path().join("context");
        grow(&context, &mut dice);
        let text = patterns(&mut dice, true);
        fs::write(context.join(".dockerignore"), &text).unwrap();
        let mut command = Command::new(&docker);
        command.args(["--host", &engine, "build", "--output", "type=tar,dest=out.tar", "context"]);
        command
            .current_dir(root.path())
            .env("DOCKER_BUILDKIT", "1")
            .env("DOCKER_CONFIG", root.path().join("no-config"));
        let said = common::said(command.output().expect("docker runs"));
        let ours = entries(&context);
        if said.code != 0 {
            assert!(ours.is_err(), "{number}: docker refused {text:?}: {}", said.err);
            continue;
        }
        let ours = files(&ours.unwrap_or_else(|error| panic!("{number}: we refused {text:?}: {error}")));
        let theirs = unpacked(&fs::read(root.path().join("out.tar")).unwrap());
        assert_eq!(ours, theirs, "{number}: {text:?}");
    }
}
