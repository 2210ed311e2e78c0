#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(unix)]

use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use super::*;
use crate::cache::Cache;
use crate::interrupt::{Hand, Interrupt, Signal};

/// A context with a Dockerfile in a folder of its own.
struct Ground {
    disk: tempfile::TempDir,
    cache: Cache,
    interrupt: Interrupt,
    hand: Hand,
}

fn ground(files: &[&str]) -> Ground {
    let disk = tempfile::tempdir().unwrap();
    let (hand, interrupt) = Interrupt::channel();
    let cache = Cache::new(disk.path().join("cache"), interrupt.clone());
    let ground = Ground { disk, cache, interrupt, hand };
    fs::create_dir(ground.root()).unwrap();
    ground.write("Dockerfile", "FROM scratch\n");
    for file in files {
        ground.write(file, file);
    }
    ground
}

impl Ground {
    fn root(&self) -> PathBuf {
        self.disk.path().join("project")
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn open_at(&self, context: &str, dockerfile: &str) -> Result<Context> {
        let (project, ours) = (self.root(), [self.root().join(".modelgate")]);
        let (context, dockerfile) = (project.join(context), project.join(dockerfile));
        let place = Place { project: &project, context: &context, dockerfile: &dockerfile, ours: &ours };
        Context::open(place, Some(&self.cache), &self.interrupt)
    }

    fn open(&self) -> Context {
        self.open_at("", "Dockerfile").unwrap()
    }

    fn walk(&self, selection: &Selection) -> Vec<Entry> {
        self.open().folder.walk(selection).unwrap().collect::<Result<_>>().unwrap()
    }

    fn paths(&self, selection: &Selection) -> String {
        let paths: Vec<String> = self.walk(selection).into_iter().map(|entry| entry.path).collect();
        paths.join(" ")
    }

    fn time(&self, path: &str) -> i64 {
        self.walk(&Selection::default()).into_iter().find(|entry| entry.path == path).unwrap().modified
    }

    /// What ends the walk.
    fn trouble(&self) -> String {
        let last = self.open().folder.walk(&Selection::default()).unwrap().last();
        shown(&last.unwrap().unwrap_err())
    }
}

fn shown(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Fault(fault) => format!("fault: {fault}"),
        Trouble::Findings(findings) => findings
            .iter()
            .map(|finding| format!("{} {}: {}", finding.code, finding.place(), finding.message))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn excluding(patterns: &str) -> Selection {
    Selection { exclude: words(patterns), ..Selection::default() }
}

fn age(path: &Path) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).unwrap();
}

#[test]
fn folders_come_before_what_is_in_them_and_all_in_the_order_of_bytes() {
    let ground = ground(&["a/b", "a/é", "a-b", "a.b/c", "ab", "B"]);
    fs::create_dir(ground.root().join("empty")).unwrap();
    assert_eq!(ground.paths(&Selection::default()), "B Dockerfile a a/b a/é a-b a.b a.b/c ab empty");
}

#[test]
fn what_is_ignored_is_left_out_and_comes_back_with_the_folders_above_it() {
    let ground = ground(&["data/a", "data/raw/b", "data/raw/c/d", "src/x.py", "src/deep/y.py"]);
    assert_eq!(ground.paths(&excluding("data")), "Dockerfile src src/deep src/deep/y.py src/x.py");
    assert_eq!(ground.paths(&excluding("* !data/raw/c/d")), "data data/raw data/raw/c data/raw/c/d");
    assert_eq!(ground.paths(&excluding("* !**/*.py")), "src src/deep src/deep/y.py src/x.py");
    assert_eq!(ground.paths(&excluding("* !nothing/here")), "");
}

#[test]
fn an_engine_gets_what_it_asks_for_and_where_links_lead() {
    let ground = ground(&["data/a", "data/b", "src/x.py", "src/deep/y.py", "other"]);
    symlink("data/a", ground.root().join("now")).unwrap();
    let follow = |paths: &str| ground.paths(&Selection { follow: words(paths), ..Selection::default() });
    assert_eq!(follow("now"), "data data/a now");
    assert_eq!(follow("src/*.py other"), "other src src/x.py");
    assert_eq!(follow("src"), "src src/deep src/deep/y.py src/x.py");
    assert_eq!(follow("missing"), "");
    assert_eq!(follow("."), ground.paths(&Selection::default()));
    let both = Selection { include: words("**/*.py"), exclude: words("src/deep"), ..Selection::default() };
    assert_eq!(ground.paths(&both), "src src/x.py");
}

#[test]
fn our_own_folders_never_belong_to_it() {
    let ground = ground(&[".modelgate/run.json", ".modelgate2", "a/.modelgate/x"]);
    assert_eq!(ground.paths(&Selection::default()), ".modelgate2 Dockerfile a a/.modelgate a/.modelgate/x");
}

#[test]
fn kinds_modes_and_links_are_sent_as_they_are() {
    let ground = ground(&["run.sh"]);
    let run = ground.root().join("run.sh");
    fs::set_permissions(&run, fs::Permissions::from_mode(0o4755)).unwrap();
    fs::create_dir(ground.root().join("tmp")).unwrap();
    fs::set_permissions(ground.root().join("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
    for (target, link) in [("/etc/passwd", "out"), ("loop", "loop"), ("../..", "up")] {
        symlink(target, ground.root().join(link)).unwrap();
    }
    let entries = ground.walk(&Selection::default());
    let find = |path: &str| entries.iter().find(|entry| entry.path == path).unwrap();
    assert_eq!((find("run.sh").kind.clone(), find("run.sh").go_mode()), (Kind::File(6), 1 << 23 | 0o755));
    assert_eq!((find("tmp").kind.clone(), find("tmp").go_mode()), (Kind::Folder, 1 << 31 | 1 << 20 | 0o777));
    assert_eq!(
        (find("out").kind.clone(), find("out").go_mode()),
        (Kind::Link("/etc/passwd".into()), 1 << 27 | 0o777)
    );
    assert_eq!(find("loop").kind, Kind::Link("loop".into()));
    assert_eq!(find("up").kind, Kind::Link("../..".into()));
}

#[test]
fn a_time_follows_from_the_content_alone() {
    let ground = ground(&[]);
    ground.write("a", "content");
    ground.write("b", "content");
    ground.write("c", "contend");
    let before = ground.time("a");
    assert_eq!(before, ground.time("b"));
    assert_ne!(before, ground.time("c"));
    let second = before / 1_000_000_000;
    assert_ne!(second, ground.time("c") / 1_000_000_000);
    assert!((946_684_800..946_684_800 + (1 << 28)).contains(&second));
    age(&ground.root().join("a"));
    assert_eq!(before, ground.time("a"));
    assert_eq!(before, 1_195_656_107_267_213_181, "a time of this version is one of the next");
}

/// Waits until the disk's clock has left what was written now behind, so that it may be remembered.
fn settle(ground: &Ground, path: &str) {
    let path = ground.root().join(path);
    age(&path);
    let room = ground.cache.room("context").unwrap();
    loop {
        let now = crate::files::unfinished(&room, false).unwrap();
        let now = crate::files::Stamp::from(&now.as_file().metadata().unwrap()).unwrap().modified;
        if crate::files::Stamp::of(&path).unwrap().is_settled(now) {
            return;
        }
        std::thread::yield_now();
    }
}

#[test]
fn what_has_not_changed_is_not_read_again_and_what_has_is() {
    let ground = ground(&["data"]);
    settle(&ground, "data");
    let time = ground.time("data");
    let room = ground.cache.room("context").unwrap();
    let remembered: Vec<_> = fs::read_dir(&room).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [remembered] = remembered.as_slice() else { panic!("{remembered:?}") };

    // The memory is what answers: with another one, the answer is another.
    let mut bytes = fs::read(remembered).unwrap();
    let body = bytes.len() - 32;
    bytes[body - 8..body].copy_from_slice(&7_i64.to_le_bytes());
    let sum = <sha2::Sha256 as sha2::Digest>::digest(&bytes["modelgate-context-1\n".len()..body]);
    bytes[body..].copy_from_slice(&sum);
    fs::write(remembered, &bytes).unwrap();
    assert_eq!(ground.time("data"), 7);
    assert_eq!(fs::read(remembered).unwrap(), bytes, "nothing was learned");

    ground.write("data", "atad");
    age(&ground.root().join("data"));
    assert!(![7, time].contains(&ground.time("data")));
    ground.cache.prune(crate::cache::Prune::All).unwrap();
    assert!(!remembered.exists());
}

#[test]
fn a_pipe_is_left_out_with_a_warning_once() {
    let ground = ground(&["a"]);
    let pipe = ground.root().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(ground.root().join("socket")).unwrap();
    let context = ground.open();
    for _ in 0..2 {
        let entries: Vec<Entry> =
            context.folder.walk(&Selection::default()).unwrap().collect::<Result<_>>().unwrap();
        assert_eq!(entries.len(), 2);
    }
    let warnings = context.warnings();
    let messages: Vec<&str> = warnings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "pipe is a pipe, a socket or a device: the image does not get it",
            "socket is a pipe, a socket or a device: the image does not get it"
        ]
    );
    let context = ground.open();
    assert_eq!(context.folder.walk(&excluding("pipe socket")).unwrap().count(), 2);
    assert_eq!(context.warnings(), []);
}

#[test]
fn a_name_that_the_protocol_cannot_say_is_a_finding_unless_it_is_ignored() {
    let ground = ground(&["a"]);
    let name = ground.root().join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    fs::write(&name, "").unwrap();
    assert_eq!(ground.trouble(), "image-name : the name of «caf�» is not UTF-8");
    assert_eq!(ground.paths(&excluding("caf*")), "Dockerfile a");
    fs::remove_file(&name).unwrap();
    symlink(std::ffi::OsStr::from_bytes(b"caf\xe9"), ground.root().join("link")).unwrap();
    assert_eq!(ground.trouble(), "image-name link: what the link link says is not UTF-8");
}

#[test]
fn what_cannot_be_opened_is_said_before_anything_is_sent() {
    let ground = ground(&["sub/Dockerfile"]);
    let open = |context: &str, dockerfile: &str| shown(&ground.open_at(context, dockerfile).unwrap_err());
    assert_eq!(open("missing", "Dockerfile"), "image-context : the context missing is not there");
    assert_eq!(
        open("Dockerfile", "Dockerfile"),
        "image-context Dockerfile: the context Dockerfile is no folder"
    );
    assert_eq!(open("", "sub/missing"), "image-dockerfile : the Dockerfile sub/missing is not there");
    assert_eq!(open("", "sub"), "image-dockerfile sub: the Dockerfile sub is no file");
    ground.write("sub/.dockerignore", "ok\n[\n");
    let expected = "image-ignore sub/.dockerignore:2: «[» is no pattern: a «[» has no «]»";
    assert_eq!(open("sub", "Dockerfile"), expected);
    ground.write("sub/Dockerfile.dockerignore", "");
    assert!(ground.open_at("sub", "sub/Dockerfile").unwrap().ignore.is_empty(), "the one beside it wins");
    fs::create_dir(ground.root().join(".dockerignore")).unwrap();
    assert_eq!(open("", "Dockerfile"), "image-ignore .dockerignore: .dockerignore is a folder");
}

#[test]
fn a_file_is_sent_as_it_was_announced_or_not_at_all() {
    let ground = ground(&[]);
    ground.write("a", "announced");
    let context = ground.open();
    let mut entries = context.folder.walk(&excluding("Dockerfile")).unwrap();
    let file = entries.next().unwrap().unwrap().file().unwrap();
    let read = || {
        let mut content = Vec::new();
        let result = context.folder.read(&file).unwrap().read_to_end(&mut content);
        result.map(|_| content).map_err(|error| error.to_string())
    };
    assert_eq!(read().unwrap(), b"announced");
    ground.write("a", "announced and grown");
    assert_eq!(read().unwrap(), b"announced");
    ground.write("a", "announ");
    assert_eq!(read().unwrap_err(), "it became shorter while it was read");
    ground.write("a", "denounced");
    assert_eq!(read().unwrap_err(), "it was changed while it was read: try again when nobody writes it");
    fs::remove_file(ground.root().join("a")).unwrap();
    symlink("/etc/passwd", ground.root().join("a")).unwrap();
    assert!(context.folder.read(&file).is_err(), "a link in its place is not followed");
}

#[test]
fn an_interrupt_ends_a_walk() {
    let ground = ground(&["a"]);
    ground.hand.raise(Signal::Interrupt);
    assert_eq!(ground.trouble(), "fault: failed to read the context: the run was interrupted");
}

mod archive {
    use futures_util::StreamExt;

    use super::*;

    async fn unpack(context: &Context) -> (String, Vec<(String, String)>) {
        let archive = context.tar().unwrap();
        let dockerfile = archive.dockerfile.clone();
        let pieces: Vec<_> = archive.collect().await;
        let bytes: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.unwrap()).collect();
        assert!(bytes.ends_with(&[0; 1024]), "it has an end");
        let mut archive = ::tar::Archive::new(bytes.as_slice());
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            assert_eq!((entry.header().uid().unwrap(), entry.header().gid().unwrap()), (0, 0));
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            match entry.link_name().unwrap() {
                Some(target) => (path, format!("-> {}", target.display())),
                None => (path, content),
            }
        });
        (dockerfile, entries.collect())
    }

    #[tokio::test]
    async fn it_holds_what_is_not_ignored_and_what_the_build_needs() {
        let ground = ground(&["a/b", "c"]);
        let long = format!("a/{}", "x".repeat(250));
        ground.write(&long, "long");
        symlink("y".repeat(300), ground.root().join("a/link")).unwrap();
        ground.write(".dockerignore", "*\n!a\n");
        let (dockerfile, entries) = unpack(&ground.open()).await;
        assert_eq!(dockerfile, "Dockerfile");
        let expected = [
            (".dockerignore", "*\n!a\n".to_owned()),
            ("Dockerfile", "FROM scratch\n".to_owned()),
            ("a/", String::new()),
            ("a/b", "a/b".to_owned()),
            ("a/link", format!("-> {}", "y".repeat(300))),
            (&long, "long".to_owned()),
        ];
        assert_eq!(entries, expected.map(|(path, content)| (path.to_owned(), content)));
        assert_eq!(ground.open().size().unwrap(), Size { entries: 6, bytes: 5 + 13 + 3 + 4 });
    }

    #[tokio::test]
    async fn a_dockerfile_of_elsewhere_comes_along_and_out_again() {
        let ground = ground(&["app/a", "app/.dockerignore"]);
        let context = ground.open_at("app", "Dockerfile").unwrap();
        assert_eq!(context.dockerfile, None);
        let (dockerfile, entries) = unpack(&context).await;
        assert!(dockerfile.starts_with(".dockerfile."));
        let expected = [
            (dockerfile.clone(), "FROM scratch\n".to_owned()),
            (".dockerignore".to_owned(), format!("app/.dockerignore\n{dockerfile}\n")),
            ("a".to_owned(), "app/a".to_owned()),
        ];
        assert_eq!(entries, expected);
    }

    #[tokio::test]
    async fn trouble_ends_it_and_can_be_asked_for() {
        let ground = ground(&["a"]);
        fs::write(ground.root().join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "").unwrap();
        let mut archive = ground.open().tar().unwrap();
        let last = archive.by_ref().fold(None, |_, piece| std::future::ready(Some(piece))).await;
        assert_eq!(last.unwrap().unwrap_err().to_string(), "the name of «caf�» is not UTF-8");
        assert!(matches!(archive.trouble(), Some(Trouble::Findings(_))));
    }

    #[tokio::test]
    async fn a_large_file_streams_and_waits_for_who_takes_it() {
        let ground = ground(&[]);
        let file = fs::File::create(ground.root().join("sparse")).unwrap();
        file.set_len(40 << 20).unwrap();
        let archive = ground.open().tar().unwrap();
        let sizes = archive.map(|piece| piece.unwrap().len());
        let (mut total, mut sizes) = (0, sizes.boxed());
        while let Some(size) = sizes.next().await {
            assert!(size <= 64 * 1024);
            total += size;
        }
        assert!(total > 40 << 20);
        // Nobody takes the rest: the thread that packs it ends, or the test would never.
        let mut archive = ground.open().tar().unwrap();
        archive.next().await.unwrap().unwrap();
        drop(archive);
    }
}
