//! Where an engine is found.

use hyper_util::rt::TokioIo;
use modelgate::docker::Upgrade;
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
