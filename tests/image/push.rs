//! What comes to a registry, and what a registry can do to us.

mod fake_registry;

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bollard::query_parameters::RemoveImageOptionsBuilder;
use modelgate::docker::{Docker, ImageId};
use modelgate::fault::Fault;
use modelgate::finding::Finding;
use modelgate::image::Pushed;
use modelgate::interrupt::{Interrupt, Signal};
use modelgate::name::Digest;
use tempfile::TempDir;

use super::common::{self, skip};
use fake_registry::{Door, FakeRegistry, Wrong, digest, error};

const BUSYBOX: &str = "modelgate-test/busybox:1";
/// In the base64 of JSON it has letters that are not safe in an address, wherever it begins.
const USER: &str = "modelgate:???>>>~~~";

/// An engine with an image, and a login.
struct Bench {
    docker: Docker,
    image: ImageId,
    _config: TempDir,
}

impl Bench {
    /// With the login `user:password` at each registry of a list; none where this machine has no engine.
    async fn new(test: &str, logins: &[(&str, &str)]) -> Option<Self> {
        let Some(engine) = common::engine() else {
            skip(test, "MODELGATE_TEST_DOCKER names no engine");
            return None;
        };
        let config = TempDir::new().unwrap();
        let auths: serde_json::Map<String, serde_json::Value> = logins
            .iter()
            .map(|(registry, pair)| {
                ((*registry).to_owned(), serde_json::json!({ "auth": STANDARD.encode(pair) }))
            })
            .collect();
        let text = serde_json::json!({ "auths": auths }).to_string();
        std::fs::write(config.path().join("config.json"), text).unwrap();
        let docker = common::docker(&engine, &[("DOCKER_CONFIG", config.path().to_str().unwrap())]);
        let Ok(found) = docker.connect().await.unwrap().api.inspect_image(BUSYBOX).await else {
            skip(test, "the engine has no modelgate-test/busybox:1");
            return None;
        };
        let image = ImageId(Digest::parse(&found.id.unwrap()).unwrap());
        Some(Self { docker, image, _config: config })
    }

    /// Pushes to `registry/churn:1`, with hardly a pause, and takes the tag away from the engine.
    async fn push(&self, registry: &str) -> Result<Result<Pushed, Finding>, Fault> {
        self.push_as(&format!("{registry}/team/churn:1")).await
    }

    async fn push_as(&self, tag: &str) -> Result<Result<Pushed, Finding>, Fault> {
        let pause = Duration::from_millis(1);
        let pushed = modelgate::image::push(&self.docker, self.image, tag, false, pause).await;
        let options = RemoveImageOptionsBuilder::new().noprune(true).build();
        let _ = self.docker.connect().await.unwrap().api.remove_image(tag, Some(options), None).await;
        pushed
    }

    async fn finding(&self, registry: &str) -> Finding {
        let finding = self.push(registry).await.unwrap().unwrap_err();
        let all = format!("{} {}", finding.message, finding.help.clone().unwrap_or_default());
        for secret in ["let+me/in", "???>>>~~~", &STANDARD.encode(USER), "a-token-of-the-fake"] {
            assert!(!all.contains(secret), "{all}");
        }
        finding
    }

    async fn pushed(&self, registry: &str) -> Pushed {
        match self.push(registry).await.unwrap() {
            Ok(pushed) => pushed,
            Err(finding) => panic!("{}: {}", finding.code, finding.message),
        }
    }
}

/// A registry that lets everybody in, and what pushes to it.
async fn open(test: &str) -> Option<(FakeRegistry, Bench)> {
    Some((FakeRegistry::start(Door::Open), Bench::new(test, &[]).await?))
}

fn refuse(status: u16, code: &str, message: &str) -> Wrong {
    Wrong::Answer(status, "x-nothing: 1", String::from_utf8(error(code, message)).unwrap())
}

fn assert_says(finding: &Finding, code: &str, words: &[&str]) {
    let all = format!("{}\n{}", finding.message, finding.help.clone().unwrap_or_default());
    assert_eq!(finding.code, code, "{all}");
    for word in words {
        assert!(all.contains(word), "«{word}» is said in: {all}");
    }
}

#[tokio::test]
async fn a_registry_gets_the_image_once_and_says_so() {
    let test = "a_registry_gets_the_image_once_and_says_so";
    let Some(registry) = common::registry() else { return skip(test, "there is no registry") };
    let Some(bench) = Bench::new(test, &[(&registry, "modelgate:let+me/in")]).await else { return };
    let tag = format!("{registry}/modelgate-test/push:{}", std::process::id());
    let first = bench.push_as(&tag).await.unwrap().unwrap();
    assert_eq!(first.tag, tag);
    assert!(first.digest.starts_with(&format!("{registry}/modelgate-test/push@sha256:")), "{first:?}");
    let again = bench.push_as(&tag).await.unwrap().unwrap();
    assert_eq!(again, Pushed { was_there: true, ..first.clone() });

    let Some(stranger) = Bench::new(test, &[]).await else { return };
    let denied = stranger.push_as(&tag).await.unwrap().unwrap_err();
    assert_says(&denied, "push-denied", &["no credentials were found", "docker login"]);
    let Some(liar) = Bench::new(test, &[(&registry, "modelgate:let me in")]).await else { return };
    let denied = liar.push_as(&tag).await.unwrap().unwrap_err();
    assert_says(&denied, "push-denied", &["does not accept", "the user modelgate", "config.json"]);
    assert!(!denied.message.contains("let me in"), "{}", denied.message);
}

#[tokio::test]
async fn a_password_of_any_letters_opens_the_door() {
    let test = "a_password_of_any_letters_opens_the_door";
    for door in [Door::Basic(USER), Door::Token(USER)] {
        let registry = FakeRegistry::start(door);
        let Some(bench) = Bench::new(test, &[(&registry.address, USER)]).await else { return };
        let pushed = bench.pushed(&registry.address).await;
        let manifest = registry.manifest("1").unwrap();
        assert_eq!(pushed.digest, format!("{}/team/churn@{}", registry.address, digest(&manifest)));
        assert!(!pushed.was_there);
        assert!(bench.pushed(&registry.address).await.was_there);
        assert_eq!(registry.count("PUT manifests"), 1);
        // The engine asks for more; we never do.
        let scopes = registry.state().scopes.clone();
        let ours = |scope: &String| scope == "repository:team/churn:pull";
        assert!(scopes.first().is_none_or(ours) && scopes.last().is_none_or(ours), "{scopes:?}");
    }
}

#[tokio::test]
async fn who_is_refused_does_not_knock_again() {
    let test = "who_is_refused_does_not_knock_again";
    let Some(bench) = Bench::new(test, &[]).await else { return };
    for (status, code, words) in [
        (401, "UNAUTHORIZED", ["no credentials were found", "docker login"]),
        (403, "DENIED", ["no credentials were found", "docker login"]),
        (404, "NAME_UNKNOWN", ["has no repository team/churn", "create it in the registry"]),
    ] {
        let registry = FakeRegistry::start(Door::Open);
        registry.break_down("PUT manifests", refuse(status, code, "because"));
        let finding = bench.finding(&registry.address).await;
        assert_says(&finding, "push-denied", &words);
        assert_eq!(registry.count("HEAD manifests"), 1, "it was tried once: {status}");
    }
    let registry = FakeRegistry::start(Door::Basic(USER));
    let Some(known) = Bench::new(test, &[(&registry.address, USER)]).await else { return };
    registry.break_down("PUT manifests", refuse(403, "DENIED", "requested access to the resource is denied"));
    let finding = known.finding(&registry.address).await;
    assert_says(
        &finding,
        "push-denied",
        &["the user modelgate", "config.json", "may not push to team/churn"],
    );
    assert_eq!(registry.count("PUT manifests"), 1);
}

#[tokio::test]
async fn a_limit_is_waited_for_where_it_ends_soon() {
    let Some((registry, bench)) = open("a_limit_is_waited_for_where_it_ends_soon").await else { return };
    registry.fail("PUT manifests", refuse(429, "TOOMANYREQUESTS", "slow down"));
    registry.fail("HEAD manifests", refuse(404, "MANIFEST_UNKNOWN", "no"));
    registry.fail("HEAD manifests", Wrong::Answer(429, "retry-after: 0", String::new()));
    bench.pushed(&registry.address).await;
    assert_eq!(registry.count("PUT manifests"), 2);
    assert_eq!(registry.count("HEAD manifests"), 3, "it was asked how long the limit lasts");
}

#[tokio::test]
async fn a_limit_that_lasts_is_told() {
    let Some((registry, bench)) = open("a_limit_that_lasts_is_told").await else { return };
    registry.break_down("PUT manifests", refuse(429, "TOOMANYREQUESTS", "slow down"));
    registry.fail("HEAD manifests", refuse(404, "MANIFEST_UNKNOWN", "no"));
    registry.fail("HEAD manifests", Wrong::Answer(429, "retry-after: 7200", String::new()));
    let finding = bench.finding(&registry.address).await;
    assert_says(&finding, "push-failed", &["limits the requests", "slow down", "again in 2 h"]);
    assert_eq!(registry.count("PUT manifests"), 1);
}

#[tokio::test]
async fn a_registry_that_fails_for_a_moment_is_asked_again() {
    let Some((registry, bench)) = open("a_registry_that_fails_for_a_moment_is_asked_again").await else {
        return;
    };
    registry.fail("HEAD manifests", refuse(503, "UNAVAILABLE", "not now"));
    registry.fail("PUT manifests", refuse(500, "UNKNOWN", "oops"));
    registry.fail("PUT manifests", Wrong::Answer(502, "content-type: text/html", "<html>".into()));
    registry.fail("PUT manifests", Wrong::Cut);
    let pushed = bench.pushed(&registry.address).await;
    assert!(!pushed.was_there);
    assert_eq!(registry.count("PUT manifests"), 4);
}

#[tokio::test]
async fn what_was_taken_without_a_word_is_not_sent_again() {
    let Some((registry, bench)) = open("what_was_taken_without_a_word_is_not_sent_again").await else {
        return;
    };
    registry.fail("PUT manifests", Wrong::Taken);
    bench.pushed(&registry.address).await;
    assert_eq!(registry.count("PUT manifests"), 1);
}

/// The engine itself sends the layer again, after five seconds.
#[tokio::test]
async fn a_connection_may_close_in_the_middle_of_a_layer() {
    let Some((registry, bench)) = open("a_connection_may_close_in_the_middle_of_a_layer").await else {
        return;
    };
    registry.fail("PATCH uploads", Wrong::Cut);
    bench.pushed(&registry.address).await;
    assert_eq!(registry.count("PUT manifests"), 1);
}

#[tokio::test]
async fn a_registry_that_goes_on_failing_is_given_up() {
    let Some((registry, bench)) = open("a_registry_that_goes_on_failing_is_given_up").await else { return };
    registry.break_down("PUT manifests", refuse(500, "UNKNOWN", "oops"));
    let finding = bench.finding(&registry.address).await;
    assert_says(&finding, "push-failed", &["failed, 5 times in a row", "modelgate deploy"]);
    assert_eq!(registry.count("PUT manifests"), 5);
}

#[tokio::test]
async fn a_full_registry_is_not_asked_again() {
    let test = "a_full_registry_is_not_asked_again";
    let Some(bench) = Bench::new(test, &[]).await else { return };
    for (request, wrong) in [
        ("PUT manifests", Wrong::Answer(507, "x-nothing: 1", String::new())),
        ("PUT manifests", refuse(403, "DENIED", "will exceed the upper limit of the quota")),
    ] {
        let registry = FakeRegistry::start(Door::Open);
        registry.break_down(request, wrong);
        let finding = bench.finding(&registry.address).await;
        assert_says(&finding, "push-failed", &["has no room for it", "quota"]);
        assert_eq!(registry.count("HEAD manifests"), 1, "it was tried once: {request}");
    }
}

#[tokio::test]
async fn a_manifest_that_is_not_ours_is_no_proof() {
    let Some((registry, bench)) = open("a_manifest_that_is_not_ours_is_no_proof").await else { return };
    registry.break_down("GET manifests", Wrong::Answer(200, "x-nothing: 1", "{\"schemaVersion\":2}".into()));
    let finding = bench.finding(&registry.address).await;
    assert_says(&finding, "push-unverified", &["has the digest", "do not use it"]);
    assert_eq!(registry.count("PUT manifests"), 1);
}

#[tokio::test]
async fn a_tag_of_another_image_is_replaced() {
    let Some((registry, bench)) = open("a_tag_of_another_image_is_replaced").await else { return };
    let foreign = format!("{{\"schemaVersion\":2,\"config\":{{\"digest\":\"sha256:{}\"}}}}", "0".repeat(64));
    registry.put("1", foreign.as_bytes());
    let pushed = bench.pushed(&registry.address).await;
    assert!(!pushed.was_there);
    assert_ne!(registry.manifest("1").unwrap(), foreign.as_bytes());
}

#[tokio::test]
async fn a_manifest_without_an_end_is_not_read_to_it() {
    let Some((registry, bench)) = open("a_manifest_without_an_end_is_not_read_to_it").await else { return };
    registry.break_down("GET manifests", Wrong::Endless);
    let finding = bench.finding(&registry.address).await;
    assert_says(&finding, "push-unverified", &["more than 4194304 bytes"]);
}

#[tokio::test]
async fn a_token_does_not_go_elsewhere() {
    let test = "a_token_does_not_go_elsewhere";
    let (registry, elsewhere) = (FakeRegistry::start(Door::Token(USER)), FakeRegistry::start(Door::Open));
    let Some(bench) = Bench::new(test, &[(&registry.address, USER)]).await else { return };
    let location: &'static str =
        Box::leak(format!("location: http://{}/v2/x/manifests/1", elsewhere.address).into_boxed_str());
    registry.break_down("GET manifests", Wrong::Answer(307, location, String::new()));
    elsewhere.put("1", b"{}");
    let finding = bench.finding(&registry.address).await;
    assert_says(&finding, "push-unverified", &["has the digest"]);
    // The same bytes from elsewhere are as good, whoever has them.
    elsewhere.put("1", &registry.manifest("1").unwrap());
    bench.pushed(&registry.address).await;
    let asked = elsewhere.state().requests.clone();
    assert!(asked.len() >= 2, "{asked:?}");
    assert!(asked.iter().all(|(_, who)| who.is_none()), "{asked:?}");
}

#[tokio::test]
async fn a_redirect_in_circles_or_to_no_server_is_not_followed() {
    for location in ["location: file:///etc/passwd", "location: http://[", "location: 1", "x-nothing: 1"] {
        let test = "a_redirect_in_circles_or_to_no_server_is_not_followed";
        let Some((registry, bench)) = open(test).await else { return };
        registry.break_down("GET manifests", Wrong::Answer(302, location, String::new()));
        let finding = bench.finding(&registry.address).await;
        assert_says(&finding, "push-unverified", &["it sends us"]);
        assert!(registry.count("GET manifests") < 10, "{location}");
    }
}

#[tokio::test]
async fn an_interrupt_ends_it_at_once() {
    let Some((registry, mut bench)) = open("an_interrupt_ends_it_at_once").await else { return };
    let (hand, interrupt) = Interrupt::channel();
    bench.docker.interrupt = interrupt;
    let (asked, mut hears) = tokio::sync::mpsc::unbounded_channel();
    registry.fail("PUT manifests", Wrong::Silence(asked));
    let raise = async {
        hears.recv().await.unwrap();
        hand.raise(Signal::Interrupt);
    };
    let (pushed, ()) = tokio::join!(bench.push(&registry.address), raise);
    let fault = pushed.unwrap_err().to_string();
    assert!(fault.ends_with("the run was stopped"), "{fault}");
    let fault = bench.push(&registry.address).await.unwrap_err().to_string();
    assert!(fault.ends_with("the run was stopped"), "{fault}");
    assert_eq!(registry.count("PUT manifests"), 1);
}

#[tokio::test]
async fn nothing_is_pushed_where_nobody_could_look() {
    let Some(bench) = Bench::new("nothing_is_pushed_where_nobody_could_look", &[]).await else { return };
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let finding = bench.finding(&port.to_string()).await;
    assert_says(
        &finding,
        "push-failed",
        &["was not pushed", "5 times in a row", "reachable from this machine"],
    );
}

#[tokio::test]
async fn a_certificate_that_nobody_knows_is_told_before_anything_is_sent() {
    let test = "a_certificate_that_nobody_knows_is_told_before_anything_is_sent";
    let Some(bench) = Bench::new(test, &[]).await else { return };
    let project = common::Project::empty();
    let words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=nobody -keyout key.pem -out certificate.pem \
                 -addext subjectAltName=IP:127.0.0.1";
    let made = project.command("openssl").args(words.split_whitespace()).output();
    assert!(made.expect("openssl is installed").status.success());
    let mut server = project.command("python3");
    server.args(["-c", common::tls::SERVER]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = server.spawn().expect("python3 is installed");
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let finding = bench.push(&format!("127.0.0.1:{}", port.trim())).await.unwrap().unwrap_err();
    server.kill().unwrap();
    server.wait().unwrap();
    assert_says(&finding, "push-failed", &["was not pushed", "certificate", "SSL_CERT_FILE"]);
}

#[tokio::test]
async fn what_is_shown_a_moment_later_is_waited_for() {
    let Some((registry, bench)) = open("what_is_shown_a_moment_later_is_waited_for").await else { return };
    registry.fail("GET manifests", refuse(404, "MANIFEST_UNKNOWN", "not yet"));
    assert!(bench.pushed(&registry.address).await.was_there, "the second look found it");
    assert_eq!(registry.count("PUT manifests"), 1);
}

#[tokio::test]
async fn what_is_no_tag_is_a_fault() {
    let Some(bench) = Bench::new("what_is_no_tag_is_a_fault", &[]).await else { return };
    let digest = format!("127.0.0.1:1/churn@sha256:{}", "0".repeat(64));
    for tag in ["", "Team/churn:1", "127.0.0.1:1/churn:a b", &digest] {
        let fault = bench.push_as(tag).await.unwrap_err().to_string();
        assert!(fault.starts_with(&format!("failed to push {tag}: ")), "{fault}");
    }
}
