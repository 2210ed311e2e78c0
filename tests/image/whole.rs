//! The whole: from the commit to the image in its registry, or to the reason why it is not there.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bollard::query_parameters::RemoveImageOptions;
use modelgate::docker::ImageId;
use modelgate::image::build::{Order, build};
use modelgate::image::{self, PUSH_PAUSE};
use modelgate::name::Digest;
use modelgate::step::Step;
use serde_json::Value;

use super::common::{self, MODELGATE, Project, SHELL_PROJECT, Said, said, skip};

/// A server of files, the model among them.
const DOCKERFILE: &str = "\
FROM modelgate-test/busybox:1
COPY model.bin index.html /www/
EXPOSE 8080
CMD [\"httpd\", \"-f\", \"-p\", \"8080\", \"-h\", \"/www\"]
";

/// A project with an image, an engine and a registry.
struct Site {
    project: Project,
    engine: String,
    registry: String,
    /// The repository in the registry, another one for each run of a test.
    name: String,
}

impl Site {
    /// None where this machine has no engine or no registry, which is told.
    fn new(test: &str, name: &str, project: Project) -> Option<Self> {
        let (Some(engine), Some(registry)) = (common::engine(), common::registry()) else {
            skip(test, "there is no engine, or no registry");
            return None;
        };
        let folder = project
            .path()
            .parent()
            .expect("a folder")
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .to_lowercase();
        let name = format!("{name}{}", folder.trim_start_matches(".tmp"));
        Some(Self { project, engine, registry, name })
    }

    /// The shell project with an image, committed.
    fn shell(test: &str, name: &str, push: &str) -> Option<Self> {
        let site = Self::new(test, name, Project::shell())?;
        let (registry, project, name) = (&site.registry, &site.project, &site.name);
        let image = format!(
            "image:\n  tags: \"{registry}/{name}:{{short-commit}}\"\n{push}  smoke: {{ requests: smoke/*.json, repeat: 3 }}\n  prune-cache: 1TB\n"
        );
        project.file("modelgate.yml", SHELL_PROJECT.replace("gate:\n", &format!("{image}gate:\n")));
        project.file("Dockerfile", DOCKERFILE);
        project.file("index.html", "ready");
        project.file("smoke/model.json", r#"{ "path": "/model.bin", "expect": { "text": "depth 8" } }"#);
        project.commit("Serve it");
        Some(site)
    }

    fn modelgate(&self, words: &[&str]) -> Said {
        let mut command = self.project.command(MODELGATE);
        command
            .args(words)
            .env("NO_COLOR", "1")
            .env("DOCKER_HOST", &self.engine)
            .env("MODELGATE_REGISTRY", &self.registry)
            .env("MODELGATE_REGISTRY_USER", "modelgate")
            .env("MODELGATE_REGISTRY_PASSWORD", "let+me/in");
        said(command.output().expect("modelgate starts"))
    }

    /// The body that the registry answers with; none where it has no such thing.
    fn ask(&self, path: &str) -> Option<Value> {
        let mut stream = TcpStream::connect(&self.registry).expect("the registry");
        let login = STANDARD.encode("modelgate:let+me/in");
        let accept = "application/vnd.docker.distribution.manifest.v2+json";
        write!(
            stream,
            "GET {path} HTTP/1.0\r\nhost: registry\r\nauthorization: Basic {login}\r\naccept: {accept}\r\n\r\n"
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        head.contains(" 200 ").then(|| serde_json::from_str(body).expect("JSON"))
    }

    fn tags(&self) -> Vec<String> {
        let listed = self.ask(&format!("/v2/{}/tags/list", self.name));
        let tags = listed.and_then(|listed| listed["tags"].as_array().cloned()).unwrap_or_default();
        tags.iter().map(|tag| tag.as_str().expect("a tag").to_owned()).collect()
    }

    /// What was recorded of a step.
    fn step(&self, step: &str) -> Value {
        let record = self.project.record();
        let steps = record["steps"].as_array().expect("steps");
        steps.iter().find(|done| done["step"] == step).cloned().unwrap_or_default()
    }
}

#[test]
fn what_is_approved_is_in_the_registry_by_the_digest_of_what_was_tried() {
    let test = "what_is_approved_is_in_the_registry_by_the_digest_of_what_was_tried";
    let Some(site) = Site::shell(test, "whole-approved", "  push: always\n") else { return };
    let run = site.modelgate(&["run"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(
        site.project.outcomes(),
        "lint skipped, test skipped, train passed, evaluate passed, image passed, gate passed, report passed, deploy passed"
    );
    let record = site.project.record();
    let commit = record["context"]["commit"].as_str().unwrap();
    assert_eq!(site.tags(), [&commit[..7]]);

    let delivery = &record["deliveries"][0];
    let digest = delivery["image"].as_str().unwrap();
    assert!(digest.starts_with(&format!("{}/{}@sha256:", site.registry, site.name)), "{digest}");
    let (_, reference) = digest.split_once('@').unwrap();
    let manifest = site.ask(&format!("/v2/{}/manifests/{reference}", site.name)).expect("the manifest");
    let image = site.step("image");
    assert_eq!(manifest["config"]["digest"], image["evidence"]["image"]["id"]);
    let config =
        site.ask(&format!("/v2/{}/blobs/{}", site.name, manifest["config"]["digest"].as_str().unwrap()));
    let labels = &config.expect("the configuration")["config"]["Labels"];
    assert_eq!(labels["org.opencontainers.image.revision"], commit);
    assert_eq!(labels["org.opencontainers.image.title"], "churn");

    assert_eq!(image["evidence"]["smoke"]["requests"], 4, "one to warm up, and three: {image}");
    assert!(image["evidence"]["metrics"]["smoke.latency_p95_ms"].as_f64().is_some_and(|ms| ms > 0.0));
    for page in ["report.md", "report.html"] {
        assert!(site.project.read(&format!(".modelgate/{page}")).contains(reference), "{page}");
    }
    let again = site.modelgate(&["deploy"]);
    assert_eq!(again.code, 0, "what is there is not pushed again: {}{}", again.out, again.err);
    assert!(!again.err.contains("pushing"), "{}", again.err);
}

#[test]
fn a_server_that_answers_wrong_is_stopped_before_the_push() {
    let test = "a_server_that_answers_wrong_is_stopped_before_the_push";
    let Some(site) = Site::shell(test, "whole-broken", "  push: always\n") else { return };
    site.project.replace("smoke/model.json", "depth 8", "depth 9");
    site.project.commit("Expect what it does not say");
    let run = site.modelgate(&["run"]);
    assert_eq!(run.code, 11, "{}{}", run.out, run.err);
    assert_eq!(site.step("image")["outcome"], "failed");
    assert_eq!(site.step("deploy")["because"], "image failed");
    assert_eq!(site.tags(), [""; 0], "nothing was pushed");
    assert_eq!(site.project.record()["deliveries"], serde_json::json!([]));
}

#[test]
fn a_rejected_model_is_not_pushed_however_good_its_server_is() {
    let test = "a_rejected_model_is_not_pushed_however_good_its_server_is";
    let Some(site) = Site::shell(test, "whole-rejected", "  push: always\n") else { return };
    site.project.file("scores.json", "{\"accuracy\": 0.5}\n");
    site.project.commit("Guess");
    let run = site.modelgate(&["run"]);
    assert_eq!(run.code, 10, "{}{}", run.out, run.err);
    assert_eq!(site.step("image")["outcome"], "passed");
    assert_eq!(site.modelgate(&["deploy"]).code, 10);
    assert_eq!(site.tags(), [""; 0], "nothing was pushed");
}

#[test]
fn the_gate_bounds_how_fast_the_server_answers() {
    let test = "the_gate_bounds_how_fast_the_server_answers";
    let Some(site) = Site::shell(test, "whole-slow", "  push: always\n") else { return };
    site.project.replace(
        "modelgate.yml",
        "  rules:\n",
        "  rules:\n    smoke.latency_p95_ms: { max: 0.000001 }\n",
    );
    site.project.commit("Want the impossible");
    let run = site.modelgate(&["run"]);
    assert_eq!(run.code, 10, "{}{}", run.out, run.err);
    assert!(run.out.contains("smoke.latency_p95_ms"), "{}", run.out);
    assert_eq!(site.tags(), [""; 0], "nothing was pushed");
}

#[test]
fn a_laptop_pushes_only_what_is_committed_and_only_when_it_is_told_to() {
    let test = "a_laptop_pushes_only_what_is_committed_and_only_when_it_is_told_to";
    let Some(site) = Site::shell(test, "whole-laptop", "") else { return };
    let run = site.modelgate(&["run"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(site.step("deploy")["outcome"], "skipped");
    assert_eq!(site.tags(), [""; 0]);
    let foreseen = site.modelgate(&["deploy", "--dry-run"]);
    assert!(foreseen.out.contains("/whole-laptop"), "{}", foreseen.out);
    assert_eq!(site.tags(), [""; 0]);
    let deploy = site.modelgate(&["deploy"]);
    assert_eq!(deploy.code, 0, "{}{}", deploy.out, deploy.err);
    assert_eq!(site.tags().len(), 1);

    site.project.replace("modelgate.yml", "  smoke:", "  push: always\n  smoke:");
    let dirty = site.modelgate(&["run"]);
    assert_eq!(dirty.code, 0, "{}{}", dirty.out, dirty.err);
    let deploy = site.step("deploy");
    assert_eq!(deploy["outcome"], "skipped");
    assert!(deploy["because"].as_str().unwrap().contains("uncommitted"), "{deploy}");
}

#[test]
fn a_model_that_is_exchanged_during_the_build_gets_nowhere() {
    let test = "a_model_that_is_exchanged_during_the_build_gets_nowhere";
    let Some(site) = Site::shell(test, "whole-exchanged", "  push: always\n") else { return };
    assert_eq!(site.modelgate(&["run"]).code, 0);
    let pushed = site.tags();
    site.project.file("model.bin", "another");
    let image = site.modelgate(&["image"]);
    assert_eq!(image.code, 11, "{}{}", image.out, image.err);
    let step = site.step("image");
    assert_eq!(step["findings"][0]["code"], "upstream-changed");
    assert_eq!(site.tags(), pushed);
}

#[test]
fn the_example_trains_in_its_image_and_ships_the_one_that_serves_it() {
    let test = "the_example_trains_in_its_image_and_ships_the_one_that_serves_it";
    let Some(python) = common::python() else {
        return skip(
            test,
            "needs MODELGATE_TEST_PYTHON, a Python with the packages of examples/breast-cancer",
        );
    };
    let Some(site) = Site::new(test, "whole-example", Project::empty()) else { return };
    numerical(&site.engine, &python);
    let project = &site.project;
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/breast-cancer/.");
    assert!(project.command("cp").arg("-R").arg(example).arg(".").status().expect("cp").success());
    let args = "args: { PYTHON: \"modelgate-test/numerical:1\" }";
    project.replace(
        "image.yml",
        "  target: serve\n",
        &format!("  target: serve\n  {args}\n  push: always\n"),
    );
    project.replace(
        "image.yml",
        "registry.example.com/breast-cancer",
        &format!("{}/{}", site.registry, site.name),
    );
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project.commit("First model");

    let first = site.modelgate(&["run", "--config", "image.yml"]);
    assert_eq!(first.code, 0, "{}{}", first.out, first.err);
    let train = site.step("train");
    assert_eq!(train["evidence"]["commands"][0]["ended"], "exit 0");
    assert!(train["evidence"]["image"]["id"].is_string(), "it ran in an image: {train}");
    let accuracy = site.step("evaluate")["evidence"]["metrics"]["accuracy"].as_f64().unwrap();
    assert!((accuracy - 165.0 / 171.0).abs() < 1e-12, "as on this machine: {accuracy}");
    assert_eq!(site.step("image")["evidence"]["smoke"]["failed"], 0);
    assert_eq!(site.tags().len(), 1);
    assert_eq!(project.git(&["status", "--porcelain"]), "", "what a run leaves is ignored");

    project.replace("serve.py", "probability >= 0.5", "probability < 0.5");
    project.commit("Turn the answer around");
    let broken = site.modelgate(&["run", "--config", "image.yml"]);
    assert_eq!(broken.code, 11, "{}{}", broken.out, broken.err);
    assert_eq!(site.step("train")["outcome"], "restored", "the model is the same, and its server is not");
    assert_eq!(site.step("image")["outcome"], "failed");
    assert!(broken.out.contains("/malignant/0"), "{}", broken.out);
    assert_eq!(site.tags().len(), 1, "nothing more was pushed");
}

/// The base image with Python, and the packages of the example in it.
fn numerical(engine: &str, python: &Path) {
    let mut command = std::process::Command::new(python);
    let site =
        command.args(["-c", "import site; print(site.getsitepackages()[0])"]).output().expect("Python");
    let packages = Path::new(String::from_utf8(site.stdout).expect("a path").trim()).to_owned();
    let folder = tempfile::TempDir::new().unwrap();
    let dockerfile = folder.path().join("Dockerfile");
    std::fs::write(&dockerfile, "FROM modelgate-test/python:3\nCOPY . /usr/lib/python3/dist-packages/\n")
        .unwrap();
    let order = Order {
        step: Step::Image,
        project: packages.clone(),
        context: packages,
        dockerfile,
        shown: "Dockerfile".into(),
        target: None,
        args: BTreeMap::new(),
        labels: BTreeMap::new(),
        platform: None,
        network: "none".into(),
        secrets: BTreeMap::new(),
        ssh: BTreeMap::new(),
        cache_from: Vec::new(),
        cache: true,
        pull: false,
        timeout: None,
        ours: Vec::new(),
        hidden: Vec::new(),
        log: folder.path().join("build.log"),
    };
    let docker = common::docker(engine, &[]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let built = build(&docker, &order, None).await.expect("an engine").expect("a build");
        let options = bollard::query_parameters::TagImageOptionsBuilder::new()
            .repo("modelgate-test/numerical")
            .tag("1")
            .build();
        let api = &docker.connect().await.unwrap().api;
        api.tag_image(&built.id.to_string(), Some(options)).await.expect("a tag");
    });
}

#[test]
fn an_image_that_is_named_is_fetched_where_the_engine_does_not_have_it() {
    let test = "an_image_that_is_named_is_fetched_where_the_engine_does_not_have_it";
    let Some(site) = Site::new(test, "whole-named", Project::shell()) else { return };
    let name = format!("{}/{}:1", site.registry, site.name);
    let login = [
        ("MODELGATE_REGISTRY", site.registry.as_str()),
        ("MODELGATE_REGISTRY_USER", "modelgate"),
        ("MODELGATE_REGISTRY_PASSWORD", "let+me/in"),
    ];
    let docker = common::docker(&site.engine, &login);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let api = &docker.connect().await.unwrap().api;
        let busybox = api.inspect_image("modelgate-test/busybox:1").await.unwrap().id.unwrap();
        let id = ImageId(Digest::parse(&busybox).unwrap());
        image::push(&docker, id, &name, false, PUSH_PAUSE).await.expect("an engine").expect("a push");
        api.remove_image(&name, None::<RemoveImageOptions>, None).await.expect("it goes from the engine");
    });
    let train = format!("  engine: docker\n  docker: {{ image: \"{name}\" }}\n");
    site.project.file("modelgate.yml", SHELL_PROJECT.replace("evaluate:\n", &format!("{train}evaluate:\n")));
    site.project.commit("Train in a container");
    let run = site.modelgate(&["run"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.err.contains("so it is pulled"), "{}", run.err);
    assert_eq!(site.step("train")["evidence"]["image"]["tags"][0], name);
    let again = site.modelgate(&["run"]);
    assert!(!again.err.contains("so it is pulled"), "{}", again.err);
    assert_eq!(site.step("train")["outcome"], "restored");

    site.project.replace("modelgate.yml", &name, &name.replace("/whole-named", "/whole-missing"));
    let missing = site.modelgate(&["run"]);
    assert_eq!(missing.code, 11, "{}{}", missing.out, missing.err);
    assert_eq!(site.step("train")["findings"][0]["code"], "image-not-pulled");
    runtime.block_on(async {
        let api = &docker.connect().await.unwrap().api;
        api.remove_image(&name, None::<RemoveImageOptions>, None).await.expect("it goes from the engine");
    });
}

#[test]
fn what_no_image_could_be_built_with_is_told_before_the_training() {
    let test = "what_no_image_could_be_built_with_is_told_before_the_training";
    let Some(site) = Site::shell(test, "whole-foreseen", "  secrets: { pip: { variable: PIP_TOKEN } }\n")
    else {
        return;
    };
    site.project.replace("modelgate.yml", "{short-commit}", "{version}");
    site.project.git(&["mv", "Dockerfile", "dockerfile"]);
    site.project.commit("Forget all that an image needs");
    let run = site.modelgate(&["run"]);
    assert_eq!(run.code, 11, "{}{}", run.out, run.err);
    let train = site.step("train");
    let findings = train["findings"].as_array().unwrap();
    let codes: Vec<&str> = findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["image-tag-unknown", "image-dockerfile", "image-secret-missing"]);
    assert!(
        train["because"].as_str().unwrap().starts_with("no image could be built of its model: "),
        "{train}"
    );
    assert!(!site.project.exists("model.bin"), "nothing was trained");
    assert!(run.out.contains("dockerfile: dockerfile"), "{}", run.out);
}

#[test]
fn without_an_engine_nothing_is_trained_for_an_image() {
    let project = Project::shell();
    project.file("modelgate.yml", SHELL_PROJECT.replace("gate:\n", "image: {}\ngate:\n"));
    project.file("Dockerfile", DOCKERFILE);
    project.commit("Serve it");
    let mut command = project.command(MODELGATE);
    command.args(["run"]).env("DOCKER_HOST", "unix:///nowhere/docker.sock").env("NO_COLOR", "1");
    let run = said(command.output().expect("modelgate starts"));
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(!project.exists("model.bin"), "nothing was trained");
    assert!(run.out.contains("DOCKER_HOST"), "{}", run.out);
}

#[test]
fn an_edited_record_pushes_nothing_that_was_not_judged() {
    let test = "an_edited_record_pushes_nothing_that_was_not_judged";
    let Some(site) = Site::shell(test, "whole-edited", "") else { return };
    assert_eq!(site.modelgate(&["run"]).code, 0);
    let honest = site.project.read(".modelgate/run.json");
    let record: Value = serde_json::from_str(&honest).unwrap();
    let image = site.step("image");
    let id = image["evidence"]["image"]["id"].as_str().unwrap();
    let tag = image["evidence"]["image"]["tags"][0].as_str().unwrap();

    let docker = common::docker(&site.engine, &[]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let busybox = runtime.block_on(async {
        let api = &docker.connect().await.unwrap().api;
        api.inspect_image("modelgate-test/busybox:1").await.unwrap().id.unwrap()
    });
    for (what, edited) in [
        ("another image", honest.replace(id, &busybox)),
        ("another tag", honest.replace(tag, &tag.replace("whole-edited", "whole-elsewhere"))),
    ] {
        assert_ne!(edited, honest);
        site.project.file(".modelgate/run.json", edited);
        let deploy = site.modelgate(&["deploy"]);
        assert_eq!(deploy.code, 12, "{what}: {}{}", deploy.out, deploy.err);
        assert!(deploy.out.contains("not-approved"), "{what}: {}", deploy.out);
        assert_eq!(site.tags(), [""; 0], "{what}");
    }

    site.project.file(".modelgate/run.json", &honest);
    assert_eq!(site.modelgate(&["deploy"]).code, 0);
    let pushed = site.project.record()["deliveries"][0]["image"].as_str().unwrap().to_owned();
    let forged = "evil.example/x@sha256:0000000000000000000000000000000000000000000000000000000000000000";
    site.project.replace(".modelgate/run.json", &pushed, forged);
    let again = site.modelgate(&["deploy"]);
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);
    assert_eq!(
        site.project.record()["deliveries"][0]["image"],
        pushed,
        "the registry is asked, not the record"
    );
    assert_eq!(record["deliveries"], serde_json::json!([]));
}

#[test]
fn what_was_not_tried_as_is_asked_for_now_is_not_judged() {
    let test = "what_was_not_tried_as_is_asked_for_now_is_not_judged";
    let Some(site) = Site::shell(test, "whole-untried", "") else { return };
    let smoke = "  smoke: { requests: smoke/*.json, repeat: 3 }\n";
    site.project.replace("modelgate.yml", smoke, "");
    site.project.commit("Try nothing");
    assert_eq!(site.modelgate(&["run"]).code, 0);
    site.project.replace("modelgate.yml", "gate:\n", &format!("{smoke}gate:\n"));
    for command in ["gate", "deploy"] {
        let said = site.modelgate(&[command]);
        assert_ne!(said.code, 0, "{command}: {}{}", said.out, said.err);
    }
    assert_eq!(site.tags(), [""; 0]);
}

#[test]
fn no_file_says_how_fast_the_server_is() {
    let project = Project::shell();
    project.file("scores.json", "{\"accuracy\": 0.9, \"smoke.latency_p95_ms\": 1}\n");
    project.commit("Claim it");
    let run = project.modelgate(&["run"]);
    assert_eq!(run.code, 11, "{}{}", run.out, run.err);
    assert!(run.out.contains("metric-reserved"), "{}", run.out);
}

#[test]
fn no_command_brings_files_of_the_machine_or_other_sources_into_an_image() {
    let test = "no_command_brings_files_of_the_machine_or_other_sources_into_an_image";
    let Some(site) =
        Site::shell(test, "whole-outside", "  push: always\n  context: ctx\n  dockerfile: Dockerfile\n")
    else {
        return;
    };
    site.project.file("../host/id_rsa", "a secret of the host");
    site.project.file("ctx/index.html", "ready");
    site.project.file("Dockerfile", "FROM modelgate-test/busybox:1\nCOPY . /www/\n");
    site.project.commit("Build of a folder");
    let train = |command: &str| {
        let text = site.project.read("modelgate.yml");
        let run = "  run: cat params.txt";
        site.project.file("modelgate.yml", text.replace(run, &format!("  run: {command}; cat params.txt")));
        site.project.commit("Train with a trick");
        let run = site.modelgate(&["run", "--no-cache"]);
        assert_eq!(run.code, 11, "{command}: {}{}", run.out, run.err);
        site.project.git(&["checkout", "--quiet", "--", "."]);
        site.project.file("modelgate.yml", &text);
        site.project.commit("As before");
        site.step("image")["findings"][0]["code"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(train("rm -r ctx && ln -s ../host ctx"), "upstream-changed");
    assert_eq!(train("echo 'RUN true' >> Dockerfile"), "upstream-changed");
    // What is not tracked is not seen by git; it must not lead out of the project either.
    assert_eq!(train("ln -s ../../host/id_rsa ctx/.dockerignore"), "image-outside");
    assert_eq!(site.tags(), [""; 0]);
}

#[test]
fn a_command_in_a_container_cannot_make_git_run_anything_outside() {
    let test = "a_command_in_a_container_cannot_make_git_run_anything_outside";
    let Some(site) = Site::new(test, "whole-git", Project::shell()) else { return };
    let docker = "  engine: docker\n  docker: { image: modelgate-test/busybox:1 }\n";
    let text = SHELL_PROJECT
        .replace(
            "  run: cat params.txt data.csv > model.bin\n",
            "  run: echo '[filter \"f\"]' >> .git/config; cat params.txt > model.bin\n",
        )
        .replace("evaluate:\n", &format!("{docker}evaluate:\n"));
    site.project.file("modelgate.yml", text);
    site.project.commit("Write into git's own folder");
    let run = site.modelgate(&["run"]);
    assert_eq!(run.code, 11, "{}{}", run.out, run.err);
    assert!(run.out.contains("Read-only file system"), "{}", run.out);
}

#[test]
fn a_file_that_nobody_may_read_stops_the_build() {
    let test = "a_file_that_nobody_may_read_stops_the_build";
    let Some(site) = Site::shell(test, "whole-unreadable", "") else { return };
    site.project.replace("Dockerfile", "EXPOSE", "COPY . /all/\nEXPOSE");
    site.project.commit("Copy all");
    assert_eq!(site.modelgate(&["run"]).code, 0);
    site.project.file("private", "x");
    let private = site.project.path().join("private");
    std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o000)).unwrap();
    let mut command = if std::fs::read(&private).is_ok() {
        // Root reads everything, unless it gives that up.
        let mut command = site.project.command("setpriv");
        command.args(["--bounding-set=-dac_override,-dac_read_search", MODELGATE]);
        command
    } else {
        site.project.command(MODELGATE)
    };
    let said =
        said(command.arg("image").env("DOCKER_HOST", &site.engine).output().expect("modelgate starts"));
    assert_eq!(said.code, 11, "{}{}", said.out, said.err);
    let finding = &site.step("image")["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["path"]),
        (&"image-unreadable".into(), &"private".into()),
        "{finding}"
    );
}
