//! Where an engine is found.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;

use hyper_util::rt::TokioIo;
use modelgate::docker::Upgrade;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::common::{docker, engine, skip};

/// The headers of a session of BuildKit.
const SESSION: [(&str, &str); 2] =
    [("X-Docker-Expose-Session-Uuid", "modelgate-test-upgrade"), ("X-Docker-Expose-Session-Name", "test")];

#[tokio::test]
async fn a_connection_turns_into_a_session() {
    let Some(address) = engine() else { return skip("a_connection_turns_into_a_session", "no engine") };
    let docker = docker(&address, &[]);
    let connection = docker.connect().await.unwrap();
    let Upgrade::Switched(upgraded) = connection.upgrade("/session", &SESSION).await.unwrap() else {
        panic!("the engine opens no session");
    };
    // The engine is the client now: it begins HTTP/2 and wants our settings.
    let mut session = TokioIo::new(upgraded);
    session.write_all(b"\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut preface = [0; 24];
    session.read_exact(&mut preface).await.unwrap();
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    match connection.upgrade("/nowhere", &[]).await.unwrap() {
        Upgrade::Refused(404, said) => assert!(said.contains("page not found"), "{said}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_engine_says_what_it_is() {
    let Some(address) = engine() else { return skip("an_engine_says_what_it_is", "no engine") };
    let docker = docker(&address, &[]);
    let connection = docker.connect().await.unwrap();
    assert_eq!(connection.address.to_string(), address);
    let version = connection.api.version().await.unwrap();
    let about = &connection.about;
    assert_eq!(Some(&about.version), version.version.as_ref());
    assert_eq!(about.api_version, connection.api.client_version().to_string());
    assert!(!about.is_podman && !about.is_rootless, "{about:?}");
    // What the client library streams works over our connections too.
    let info = connection.api.info().await.unwrap();
    assert!(info.images.is_some());
}

/// What a listener does to everybody who comes.
#[derive(Clone, Copy)]
enum Manner {
    /// Accepts and never says anything.
    Silent,
    /// Says this, and is gone.
    Says(&'static str),
}

/// A socket in a folder of its own, and who listens there.
fn listen(manner: Manner) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("docker.sock");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if let Manner::Says(text) = manner {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(text.as_bytes());
            } else {
                kept.push(stream);
            }
        }
    });
    let address = format!("unix://{}", path.display());
    (folder, address)
}

async fn fault(address: &str, variables: &[(&str, &str)]) -> (String, String) {
    let fault = docker(address, variables).connect().await.unwrap_err();
    (fault.to_string(), fault.remedy().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn an_engine_that_was_named_and_does_not_answer_is_a_fault() {
    let answer = |status: &str, body: &str| -> &'static str {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").leak()
    };
    for (manner, why, help) in [
        (Manner::Silent, "no answer within 5 s", "docker version"),
        (Manner::Says("SSH-2.0-OpenSSH_9.2\r\n"), "it speaks no HTTP", "correct DOCKER_HOST"),
        (Manner::Says(""), "it speaks no HTTP", "correct DOCKER_HOST"),
        (Manner::Says(answer("200 OK", "<html>")), "is no Docker Engine", "correct DOCKER_HOST"),
        (Manner::Says(answer("200 OK", "{}")), "is no Docker Engine", "correct DOCKER_HOST"),
        (
            Manner::Says(answer("403 No", "{\"message\":\"go\\u001b away\"}")),
            "status 403: go\\u{1b} away",
            "correct",
        ),
        (
            Manner::Says(answer("400 Bad Request", "Client sent an HTTP request to an HTTPS server.")),
            "status 400",
            "DOCKER_TLS_VERIFY=1",
        ),
        (
            Manner::Says(answer("200 OK", "{\"ApiVersion\":\"9.1\",\"MinAPIVersion\":\"9.0\"}")),
            "it wants version 9.0 of the API",
            "correct",
        ),
    ] {
        let (_folder, address) = listen(manner);
        let (said, remedy) = fault(&address, &[]).await;
        assert!(said.contains(why) && said.contains("named by DOCKER_HOST"), "{said}");
        assert!(remedy.contains(help), "{remedy}");
    }
    let (said, remedy) = fault("unix:///nowhere/docker.sock", &[]).await;
    assert!(said.contains("unix:///nowhere/docker.sock, named by DOCKER_HOST: not there"), "{said}");
    assert_eq!(remedy, "start Docker, or correct DOCKER_HOST");
    let (said, _) = fault("tcp://127.0.0.1:1", &[]).await;
    assert!(said.contains("nobody listens"), "{said}");
}

#[tokio::test]
async fn a_usual_place_that_does_not_do_is_passed_over_for_one_that_does() {
    let Some(address) = engine() else {
        return skip("a_usual_place_that_does_not_do_is_passed_over_for_one_that_does", "no engine");
    };
    let (first, _) = listen(Manner::Says("no\r\n"));
    let home = TempDir::new().unwrap();
    let place = home.path().join(".docker/run");
    std::fs::create_dir_all(&place).unwrap();
    std::os::unix::fs::symlink(address.trim_start_matches("unix://"), place.join("docker.sock")).unwrap();
    let runtime = first.path().to_str().unwrap();
    let docker = docker("", &[("XDG_RUNTIME_DIR", runtime), ("HOME", home.path().to_str().unwrap())]);
    let connection = docker.connect().await.unwrap();
    // Unless this machine has one of its own, which goes first.
    let found = connection.address.to_string();
    assert!(found.ends_with(".docker/run/docker.sock") || found == "unix:///var/run/docker.sock", "{found}");
}
