//! The build, against a real engine.

#[path = "build/ends.rs"]
mod ends;
#[path = "build/fails.rs"]
mod fails;
#[path = "build/given.rs"]
mod given;
#[path = "build/proxy.rs"]
mod proxy;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use modelgate::docker::Docker;
use modelgate::finding::Finding;
use modelgate::image::build::{Built, Order, Refused, build};
use modelgate::step::Step;
use tempfile::TempDir;

use super::common::{docker, engine, skip};
use proxy::Proxy;

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
        let Some(address) = engine() else {
            skip(test, "no engine");
            return None;
        };
        let docker = docker(&address, &[]);
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
        self.refusal(order).await.findings
    }

    async fn refusal(&self, order: &Order) -> Refused {
        match build(&self.docker, order, None).await.unwrap() {
            Ok(built) => panic!("{built:?}"),
            Err(refused) => refused,
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
async fn every_builder_makes_the_same() {
    let dockerfile = format!(
        "FROM {BASE} AS one\nARG WHO\nCOPY sub /sub\nRUN echo $WHO > /who\nFROM {BASE}\nCOPY --from=one /sub /who /all/\n"
    );
    for (refusal, name) in [(None, "buildkit"), (Some(403), "buildkit-tar"), (Some(404), "classic")] {
        let Some(mut site) = Site::new("every_builder_makes_the_same", "") else { return };
        let _proxy = site.behind(Proxy::start(&site, refusal));
        site.file("sub/b", "b");
        site.file("sub/ignored", "no");
        site.file(".dockerignore", "**/ignored\n");
        // Outside of the context, with a name that is no ordinary one.
        let outside = site.folder.path().join("Build é file");
        std::fs::write(&outside, &dockerfile).unwrap();
        let mut order = site.order();
        order.dockerfile = outside;
        order.args.insert("WHO".into(), name.into());
        order.labels.insert("made".into(), "x=1&version=1".into());
        let built = site.build(&order).await;
        assert_eq!(built.builder, name);
        assert_eq!(
            site.run(&built, &["sh", "-c", "ls /all; cat /all/who /all/b"]),
            format!("b\nwho\n{name}\nb")
        );
        let label =
            site.client(&["inspect", "--format", "{{index .Config.Labels \"made\"}}", &built.id.to_string()]);
        assert_eq!(label, "x=1&version=1\n");
        let steps: Vec<&str> = built.steps.iter().map(|step| step.name.as_str()).collect();
        assert!(steps.iter().any(|step| step.ends_with("COPY --from=one /sub /who /all/")), "{steps:?}");
        let again = site.build(&order).await;
        assert_eq!(again.id, built.id);
        let cached = again.steps.iter().find(|step| step.name.contains("RUN echo")).map(|step| step.cached);
        assert_ne!(cached, Some(false), "{again:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_without_a_network_or_a_cache_has_none() {
    let dockerfile =
        format!("FROM {BASE}\nRUN ls /sys/class/net > /net; cat /proc/sys/kernel/random/uuid > /id\n");
    let Some(site) = Site::new("a_build_without_a_network_or_a_cache_has_none", &dockerfile) else { return };
    let mut order = site.order();
    order.network = "none".into();
    order.cache = false;
    let (one, other) = (site.build(&order).await, site.build(&order).await);
    assert_eq!(site.run(&one, &["cat", "/net"]), "lo\n");
    assert_ne!(site.run(&one, &["cat", "/id"]), site.run(&other, &["cat", "/id"]));
}
