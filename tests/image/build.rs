//! The build, against a real engine.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use modelgate::docker::Docker;
use modelgate::finding::Finding;
use modelgate::image::build::{Built, Order, build};
use modelgate::interrupt::{Interrupt, Signal};
use modelgate::step::Step;
use tempfile::TempDir;

use super::common::{docker, engine, skip, until};

/// What all that these tests leave on the engine is labelled with.
const LABEL: &str = "modelgate-test-build";
/// The image that they build on.
const BASE: &str = "modelgate-test/busybox:1";

/// The image with Python.
const PYTHON: &str = "modelgate-test/python:3";

/// A context in a folder of its own, and an engine.
struct Site {
    folder: TempDir,
    address: String,
    docker: Docker,
}

impl Site {
    /// One with this Dockerfile; none without an engine, which is told.
    fn new(test: &str, dockerfile: &str) -> Option<Self> {
        Self::with(test, dockerfile, &[])
    }

    fn with(test: &str, dockerfile: &str, variables: &[(&str, &str)]) -> Option<Self> {
        let Some(address) = engine() else {
            skip(test, "no engine");
            return None;
        };
        let docker = docker(&address, variables);
        let site = Self { folder: TempDir::new().unwrap(), address, docker };
        site.file("Dockerfile", dockerfile);
        Some(site)
    }

    /// The same with an engine behind the proxy.
    fn behind(&mut self, proxy: Proxy) -> Proxy {
        self.docker = docker(&proxy.address, &[]);
        proxy
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("project").join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn order(&self) -> Order {
        Order {
            step: Step::Image,
            project: self.path(""),
            context: self.path(""),
            dockerfile: self.path("Dockerfile"),
            shown: "Dockerfile".into(),
            target: None,
            args: BTreeMap::new(),
            labels: BTreeMap::from([(LABEL.into(), "1".into())]),
            platform: None,
            network: "default".into(),
            secrets: BTreeMap::new(),
            ssh: BTreeMap::new(),
            cache_from: vec![],
            cache: true,
            pull: false,
            timeout: None,
            ours: vec![self.path(".modelgate")],
            hidden: vec![],
            log: self.path(".modelgate/logs/image.log"),
        }
    }

    async fn build(&self, order: &Order) -> Built {
        match build(&self.docker, order, None).await.unwrap() {
            Ok(built) => built,
            Err(findings) => panic!("{findings:#?}\n{}", self.log()),
        }
    }

    async fn refused(&self, order: &Order) -> Vec<Finding> {
        match build(&self.docker, order, None).await.unwrap() {
            Ok(built) => panic!("{built:?}"),
            Err(findings) => findings,
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path(".modelgate/logs/image.log")).unwrap_or_default()
    }

    /// What a command in the image says.
    fn run(&self, built: &Built, command: &[&str]) -> String {
        let id = built.id.to_string();
        let words: Vec<&str> = ["run", "--rm", "--network", "none", id.as_str()]
            .into_iter()
            .chain(command.iter().copied())
            .collect();
        self.client(&words)
    }

    /// The docker client on the engine.
    fn client(&self, words: &[&str]) -> String {
        let output = Command::new("docker").args(["--host", &self.address]).args(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

fn shown(findings: &[Finding]) -> String {
    let one = |finding: &Finding| {
        let help = finding.help.as_deref().unwrap_or_default();
        format!("{} {}\n{}\nhelp: {help}", finding.code, finding.place(), finding.message)
    };
    findings.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_holds_what_the_dockerfile_says() {
    let dockerfile =
        format!("FROM {BASE}\nARG WHO=nobody\nCOPY . /app/\nRUN echo \"made by $WHO\" > /made\n");
    let Some(site) = Site::new("an_image_holds_what_the_dockerfile_says", &dockerfile) else { return };
    site.file("a/b.txt", "content");
    site.file("c.txt", "");
    let mut order = site.order();
    order.args.insert("WHO".into(), "me".into());
    order.labels.insert("key".into(), "a \"value\" & more".into());
    let built = site.build(&order).await;
    assert_eq!(built.builder, "buildkit");
    assert_eq!(
        site.run(&built, &["sh", "-c", "cat /made /app/a/b.txt; ls /app"]),
        "made by me\ncontentDockerfile\na\nc.txt\n"
    );
    let label =
        site.client(&["inspect", "--format", "{{index .Config.Labels \"key\"}}", &built.id.to_string()]);
    assert_eq!(label, "a \"value\" & more\n");
    assert!(built.bytes > 1_000_000, "{}", built.bytes);
    println!("{}\n{built:#?}", site.log());
}

/// What the findings of a build that fails say.
async fn failure(site: &Site, dockerfile: &str) -> String {
    site.file("Dockerfile", dockerfile);
    shown(&site.refused(&site.order()).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_fails_says_where_and_why() {
    for builder in ["buildkit", "classic"] {
        let Some(mut site) = Site::new("a_build_that_fails_says_where_and_why", "") else { return };
        let _proxy = if builder == "classic" { Some(site.behind(Proxy::refusing(&site, 404))) } else { None };
        site.file("there.txt", "x");
        let mut all = String::new();
        for (what, dockerfile) in FAILURES {
            let dockerfile = dockerfile.replace("BASE", BASE);
            all.push_str(&format!("── {what}\n{}\n", failure(&site, &dockerfile).await));
        }
        insta::assert_snapshot!(format!("failures_{builder}"), all);
    }
}

const FAILURES: [(&str, &str); 14] = [
    ("a command", "FROM BASE\nENV A=b\nRUN echo one && \\\n    echo two && exit 3\n"),
    ("a program that is not there", "FROM BASE\nRUN true\nRUN nothere\n"),
    ("a program that is not there, without a shell", "FROM BASE\nRUN [\"/nothere\", \"x\"]\n"),
    ("a killed one", "FROM BASE\n\n# the second of two that are the same\nRUN true\nRUN exit 137\n"),
    ("a missing file", "FROM BASE\nCOPY there.txt /\nCOPY nowhere.txt /\n"),
    ("a missing file among others", "FROM BASE\nCOPY there.txt ./nowhere.txt /to/\n"),
    ("a missing file of a stage", "FROM BASE AS one\nFROM BASE\nCOPY --from=one /nowhere /\n"),
    ("an unknown instruction", "FROM BASE\nRUN true\nCOPPY a b\n"),
    ("an instruction with too little", "FROM BASE\nCOPY there.txt\n"),
    ("no image to begin with", "# nothing\nRUN true\n"),
    ("an empty file", ""),
    ("a misspelt stage", "FROM BASE AS build\nFROM BASE\nCOPY --from=biuld /a /b\n"),
    ("a variable without a value", "ARG NOTHING\nFROM $NOTHING\n"),
    ("a bad flag", "FROM BASE\nCOPY --frm=x a b\n"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_refuses_is_told_apart() {
    let Some(site) = Site::new("a_registry_that_refuses_is_told_apart", "") else { return };
    let mut all = String::new();
    for status in ["401 Unauthorized", "403 Forbidden", "404 Not Found", "429 Too Many Requests"] {
        let port = registry_that_says(status);
        site.file("Dockerfile", format!("ARG X\nFROM 127.0.0.1:{port}/team/base:1 AS x\n"));
        let said = match build(&site.docker, &site.order(), None).await {
            Ok(Err(findings)) => shown(&findings),
            Ok(Ok(built)) => panic!("{built:?}"),
            Err(fault) => format!("{fault}\nhelp: {}", fault.remedy().unwrap_or_default()),
        };
        all.push_str(&format!("── {status}\n{}\n", said.replace(&port.to_string(), "[port]")));
    }
    site.file("Dockerfile", "FROM 127.0.0.1:1/team/base:1\n");
    let fault = build(&site.docker, &site.order(), None).await.unwrap_err();
    all.push_str(&format!("── nobody there\n{fault}\nhelp: {}\n", fault.remedy().unwrap_or_default()));
    insta::assert_snapshot!(all);
}

/// A registry that has one answer, on this port.
fn registry_that_says(status: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            let answer = format!(
                "HTTP/1.1 {status}\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Type: application/json\r\n\
                 Content-Length: 2\r\nConnection: close\r\n\r\n{{}}"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Stands before the engine: lets no session through, or breaks off.
struct Proxy {
    address: String,
    connections: Arc<Mutex<Vec<UnixStream>>>,
}

impl Proxy {
    /// One that answers to a session with this status.
    fn refusing(site: &Site, status: u16) -> Self {
        Self::start(site, Some(status))
    }

    /// One that lets all else through.
    fn start(site: &Site, refusal: Option<u16>) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let socket = site.folder.path().join(format!("proxy-{number}.sock"));
        let listener = UnixListener::bind(&socket).unwrap();
        let engine = PathBuf::from(site.address.trim_start_matches("unix://"));
        let connections = Arc::<Mutex<Vec<UnixStream>>>::default();
        let kept = Arc::clone(&connections);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                kept.lock().unwrap().push(stream.try_clone().unwrap());
                let engine = engine.clone();
                std::thread::spawn(move || pass(stream, &engine, refusal));
            }
        });
        Self { address: format!("unix://{}", socket.display()), connections }
    }

    /// Ends all connections, as an engine that dies does.
    fn cut(&self) {
        for stream in self.connections.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Passes a connection on to the engine.
fn pass(mut stream: UnixStream, engine: &Path, refusal: Option<u16>) {
    let mut head = vec![0; 64 * 1024];
    let Ok(length) = stream.read(&mut head) else { return };
    let is_session =
        String::from_utf8_lossy(&head[..length]).lines().next().is_some_and(|line| line.contains("/session"));
    if let (Some(status), true) = (refusal, is_session) {
        let _ = stream.write_all(format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n").as_bytes());
        return;
    }
    let mut far = UnixStream::connect(engine).unwrap();
    far.write_all(&head[..length]).unwrap();
    let (mut from, mut to) = (far.try_clone().unwrap(), stream.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let _ = std::io::copy(&mut stream, &mut far);
    let _ = far.shutdown(Shutdown::Write);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_is_built_without_the_others() {
    let dockerfile = format!(
        "FROM {BASE} AS first\nRUN echo first > /which\nFROM {BASE} AS other\nRUN exit 1\n\
         FROM first AS last\nRUN exit 1\n"
    );
    let Some(site) = Site::new("a_stage_is_built_without_the_others", &dockerfile) else { return };
    let mut order = site.order();
    order.target = Some("FIRST".into());
    let built = site.build(&order).await;
    assert_eq!(site.run(&built, &["cat", "/which"]), "first\n");
    order.target = Some("firts".into());
    insta::assert_snapshot!(shown(&site.refused(&order).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_there_in_its_command_and_nowhere_else() {
    const TEST: &str = "a_secret_is_there_in_its_command_and_nowhere_else";
    let secret = format!("s3cret-{}", std::process::id());
    let dockerfile = format!(
        "FROM {BASE}\nRUN --mount=type=secret,id=token md5sum < /run/secrets/token > /sum; cat /run/secrets/token\n"
    );
    let Some(site) = Site::new(TEST, &dockerfile) else { return };
    let mut order = site.order();
    order.cache = false;
    order.secrets.insert("token".into(), secret.clone().into());
    let built = site.build(&order).await;
    let sum = Command::new("sh").args(["-c", &format!("printf %s {secret} | md5sum")]).output().unwrap();
    assert_eq!(site.run(&built, &["cat", "/sum"]), String::from_utf8_lossy(&sum.stdout));
    assert!(site.log().contains("    ***"), "{}", site.log());
    let archive = site.folder.path().join("image.tar");
    site.client(&["save", "--output", archive.to_str().unwrap(), &built.id.to_string()]);
    let bytes = std::fs::read(archive).unwrap();
    let needle = secret.as_bytes();
    assert!(!bytes.windows(needle.len()).any(|window| window == needle), "a layer holds the secret");
    for text in [site.log(), format!("{built:?}")] {
        assert!(!text.contains(&secret), "{text}");
    }
    // What fails shows no secret either.
    site.file(
        "Dockerfile",
        format!("FROM {BASE}\nRUN --mount=type=secret,id=token cat /run/secrets/token && exit 9\n"),
    );
    let said = shown(&site.refused(&order).await);
    assert!(said.contains("\n***\n") && !said.contains(&secret), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_dockerfile_needs_must_be_in_the_configuration() {
    const TEST: &str = "what_the_dockerfile_needs_must_be_in_the_configuration";
    let dockerfile = format!(
        "FROM {BASE}\nRUN --mount=type=secret,id=tokn true\n\
         RUN --mount=type=ssh true\nRUN --mount=type=secret,id=maybe,required=false true\n"
    );
    let Some(site) = Site::new(TEST, &dockerfile) else { return };
    let mut order = site.order();
    order.secrets.insert("token".into(), "x".into());
    let missing = shown(&site.refused(&order).await);
    let Some(mut site) = Site::new(TEST, &dockerfile.replace("tokn", "token")) else { return };
    let _proxy = site.behind(Proxy::refusing(&site, 404));
    let mut order = site.order();
    order.secrets.insert("token".into(), "x".into());
    order.ssh.insert("default".into(), "/nowhere".into());
    let classic = shown(&site.refused(&order).await);
    let _proxy = site.behind(Proxy::refusing(&site, 403));
    let tar = shown(&site.refused(&order).await);
    insta::assert_snapshot!(format!("── nowhere\n{missing}\n── classic\n{classic}\n── no session\n{tar}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_reached_from_the_build() {
    const TEST: &str = "an_agent_is_reached_from_the_build";
    let dockerfile = format!(
        "FROM {PYTHON}\nCOPY ask.py /\nRUN --mount=type=ssh,required=true python3 /ask.py > /answer\n"
    );
    let Some(site) = Site::new(TEST, &dockerfile) else { return };
    if site.client(&["images", "--quiet", PYTHON]).is_empty() {
        return skip(TEST, "the engine has no image with Python");
    }
    site.file(
        "ask.py",
        "import os, socket\nagent = socket.socket(socket.AF_UNIX)\nagent.connect(os.environ['SSH_AUTH_SOCK'])\n\
         agent.sendall(b'\\0\\0\\0\\x01\\x0b')\nprint(agent.recv(9).hex())\n",
    );
    let socket = site.folder.path().join("agent.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut question = [0; 5];
            if stream.read_exact(&mut question).is_ok() {
                assert_eq!(question, [0, 0, 0, 1, 11], "the identities are asked for");
                let _ = stream.write_all(b"\0\0\0\x05\x0c\0\0\0\0");
            }
        }
    });
    let mut order = site.order();
    order.cache = false;
    order.ssh.insert("default".into(), socket);
    let built = site.build(&order).await;
    assert_eq!(site.run(&built, &["cat", "/answer"]), "000000050c00000000\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_is_sent() {
    let dockerfile = "FROM scratch\nCOPY . /\n";
    let Some(site) = Site::new("only_what_changed_is_sent", dockerfile) else { return };
    for number in 0..50 {
        site.file(&format!("folder{}/file{number}", number % 7), format!("{number}").repeat(1000));
    }
    let order = site.order();
    let first = site.build(&order).await.sent.unwrap();
    assert!(first.files >= 51 && first.bytes > 90_000, "{first:?}");
    assert_eq!(site.build(&order).await.sent.unwrap().files, 0, "nothing changed");
    let touched = Command::new("sh")
        .current_dir(site.path(""))
        .args(["-c", "find . -type f -exec touch -d 2001-01-01 {} +"])
        .status()
        .unwrap();
    assert!(touched.success());
    assert_eq!(site.build(&order).await.sent.unwrap().files, 0, "only times changed");
    site.file("folder3/file3", "something else");
    let changed = site.build(&order).await.sent.unwrap();
    assert_eq!((changed.files, changed.bytes), (1, 14));
    std::fs::remove_file(site.path("folder3/file3")).unwrap();
    std::fs::create_dir(site.path("folder3/file3")).unwrap();
    site.file("new", "");
    let built = site.build(&order).await;
    assert_eq!(built.sent.unwrap().files, 1, "the empty file");
    let archive = site.folder.path().join("image.tar");
    site.client(&["save", "--output", archive.to_str().unwrap(), &built.id.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_the_build_on_the_engine() {
    let marker = format!("9{:06}", std::process::id());
    for builder in ["buildkit", "classic"] {
        let dockerfile = format!("FROM {BASE}\nRUN echo begun && sleep {marker}\n");
        let Some(mut site) = Site::new("an_interrupt_ends_the_build_on_the_engine", &dockerfile) else {
            return;
        };
        let _proxy = if builder == "classic" { Some(site.behind(Proxy::refusing(&site, 404))) } else { None };
        let (hand, interrupt) = Interrupt::channel();
        site.docker.interrupt = interrupt;
        let order = site.order();
        let (docker, log) = (site.docker.clone(), order.log.clone());
        let building = tokio::spawn(async move { build(&docker, &order, None).await });
        tokio::task::block_in_place(|| {
            until("the command has begun", || {
                std::fs::read_to_string(&log).is_ok_and(|log| log.contains("    begun"))
                    && is_running(&marker)
            });
        });
        hand.raise(Signal::Interrupt);
        let fault = building.await.unwrap().unwrap_err();
        assert_eq!(fault.to_string(), "failed to build the image: interrupted");
        tokio::task::block_in_place(|| until("the command is gone", || !is_running(&marker)));
    }
}

/// Whether a process of the engine sleeps for so long.
fn is_running(marker: &str) -> bool {
    let command = |entry: std::fs::DirEntry| std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
    let mut processes = std::fs::read_dir("/proc").unwrap().map_while(Result::ok).map(command);
    processes.any(|command| command == format!("sleep\0{marker}\0").as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_takes_too_long_is_ended() {
    let dockerfile = format!("FROM {BASE}\nRUN sleep 1000\n");
    let Some(site) = Site::new("a_build_that_takes_too_long_is_ended", &dockerfile) else { return };
    let mut order = site.order();
    order.timeout = Some(Duration::from_secs(1));
    let fault = build(&site.docker, &order, None).await.unwrap_err();
    assert_eq!(fault.to_string(), "failed to build the image: it was not ready after 1s");
    assert!(fault.remedy().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_goes_away_is_no_finding() {
    let marker = format!("8{:06}", std::process::id());
    for refusal in [None, Some(404)] {
        let dockerfile = format!("FROM {BASE}\nRUN echo begun && sleep {marker}\n");
        let Some(mut site) = Site::new("an_engine_that_goes_away_is_no_finding", &dockerfile) else { return };
        let proxy = site.behind(Proxy::start(&site, refusal));
        let order = site.order();
        let (docker, log) = (site.docker.clone(), order.log.clone());
        let building = tokio::spawn(async move { build(&docker, &order, None).await });
        tokio::task::block_in_place(|| {
            until("the command has begun", || {
                std::fs::read_to_string(&log).is_ok_and(|log| log.contains("    begun"))
            });
        });
        proxy.cut();
        let fault = building.await.unwrap().unwrap_err();
        assert!(fault.to_string().starts_with("failed to build the image: "), "{fault}");
        assert!(fault.remedy().is_some_and(|help| help.contains("whether the engine still runs")), "{fault}");
    }
}
