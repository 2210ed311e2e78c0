//! Where an engine is found.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use bollard::auth::DockerCredentials;
use bollard::query_parameters::{CreateImageOptionsBuilder, PushImageOptionsBuilder, RemoveImageOptions};
use futures_util::StreamExt;
use hyper_util::rt::TokioIo;
use modelgate::docker::{Connection, Upgrade};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::common::{docker, engine, registry, skip};

/// Opens a session of BuildKit, which wants an id that no other has.
async fn session(connection: &Connection) -> Upgrade {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let id = format!("modelgate-test-{}-{number}", std::process::id());
    connection.upgrade("/session", &[("X-Docker-Expose-Session-Uuid", &id)]).await.unwrap()
}

#[tokio::test]
async fn a_connection_turns_into_a_session() {
    let Some(address) = engine() else { return skip("a_connection_turns_into_a_session", "no engine") };
    let docker = docker(&address, &[]);
    let connection = docker.connect().await.unwrap();
    let Upgrade::Switched(upgraded) = session(connection).await else {
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

/// An authority, and a certificate of it for a server at 127.0.0.1 and for a client, made by openssl: the folder holds
/// what docker's does, `ca.pem`, `cert.pem` and `key.pem`. None without openssl.
fn certificates() -> Option<TempDir> {
    let folder = TempDir::new().unwrap();
    let script = "set -e
        new() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \"$@\"; }
        new -keyout ca.key -out ca.pem -subj /CN=authority
        new -keyout key.pem -out cert.pem -subj /CN=engine -CA ca.pem -CAkey ca.key \
            -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:false";
    let said = Command::new("sh").args(["-c", script]).current_dir(folder.path()).output().unwrap();
    assert!(
        said.status.success() || said.status.code() == Some(127),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    said.status.success().then_some(folder)
}

/// A TLS server that wants certificates of its authority and leads to the engine; where it listens.
async fn tls_before(engine: &str, folder: &Path) -> String {
    let chain = CertificateDer::pem_file_iter(folder.join("cert.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let socket = engine.trim_start_matches("unix://").to_owned();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, socket) = (acceptor.clone(), socket.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut engine = tokio::net::UnixStream::connect(socket).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut engine).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn tls_is_spoken_with_dockers_certificates_and_trusts_no_others() {
    const NAME: &str = "tls_is_spoken_with_dockers_certificates_and_trusts_no_others";
    let Some(engine) = engine() else { return skip(NAME, "no engine") };
    let Some(folder) = certificates() else { return skip(NAME, "no openssl") };
    let address = tls_before(&engine, folder.path()).await;
    let host = format!("tcp://{address}");
    let path = folder.path().to_str().unwrap();
    let verify = ("DOCKER_TLS_VERIFY", "1");
    let docker = docker(&host, &[verify, ("DOCKER_CERT_PATH", path)]);
    let connection = docker.connect().await.unwrap();
    assert_eq!(connection.api.ping().await.unwrap(), "OK");
    let upgrade = session(connection).await;
    assert!(matches!(upgrade, Upgrade::Switched(_)), "{upgrade:?}");

    let other = certificates().unwrap();
    let (said, remedy) = fault(&host, &[verify, ("DOCKER_CERT_PATH", other.path().to_str().unwrap())]).await;
    assert!(said.contains("invalid peer certificate"), "{said}");
    assert_eq!(remedy, "check the certificates: DOCKER_CERT_PATH names their folder");
    // With the right authority and nothing to show.
    for file in ["cert.pem", "key.pem"] {
        std::fs::remove_file(other.path().join(file)).unwrap();
    }
    std::fs::copy(folder.path().join("ca.pem"), other.path().join("ca.pem")).unwrap();
    let (said, remedy) = fault(&host, &[verify, ("DOCKER_CERT_PATH", other.path().to_str().unwrap())]).await;
    assert!(
        said.to_lowercase().contains("certificate") && remedy.contains("certificates"),
        "{said} {remedy}"
    );
    std::fs::copy(folder.path().join("cert.pem"), other.path().join("cert.pem")).unwrap();
    let (said, _) = fault(&host, &[verify, ("DOCKER_CERT_PATH", other.path().to_str().unwrap())]).await;
    assert!(said.contains("key.pem: it is missing beside cert.pem"), "{said}");
    std::fs::write(other.path().join("ca.pem"), "nothing").unwrap();
    let (said, _) = fault(&host, &[verify, ("DOCKER_CERT_PATH", other.path().to_str().unwrap())]).await;
    assert!(said.contains("ca.pem: there is no certificate in it"), "{said}");
    // The machine's own authorities do not know this one.
    let (said, _) = fault(&format!("https://{address}"), &[]).await;
    assert!(said.contains("invalid peer certificate"), "{said}");
    let (said, _) = fault(&host, &[]).await;
    assert!(said.contains("it speaks no HTTP"), "{said}");
}

/// The client library writes credentials in the alphabet of base64 that the engine does not read, and the engine takes
/// what it cannot read for none.
#[tokio::test]
async fn credentials_reach_the_engine_whatever_is_in_them() {
    const NAME: &str = "credentials_reach_the_engine_whatever_is_in_them";
    let Some(address) = engine() else { return skip(NAME, "no engine") };
    let Some(registry) = registry() else { return skip(NAME, "no registry") };
    let docker = docker(&address, &[]);
    let api = &docker.connect().await.unwrap().api;
    let credentials = DockerCredentials {
        username: Some("modelgate".into()),
        password: Some("let+me/in".into()),
        email: Some("~~~>>>???~~~>>>???".into()),
        ..Default::default()
    };
    let written =
        base64::engine::general_purpose::STANDARD.encode(serde_json::to_string(&credentials).unwrap());
    assert!(written.contains(['+', '/']), "{written}");
    let image = format!("{registry}/modelgate-test/empty-{}", std::process::id());
    let empty = CreateImageOptionsBuilder::new().from_src("-").repo(&image).tag("1").build();
    let tar = bollard::body_full(vec![0; 1024].into());
    let made: Vec<_> = api.create_image(Some(empty), Some(tar), None).collect().await;
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    let options = PushImageOptionsBuilder::new().tag("1").build();
    let pushed: Vec<_> = api.push_image(&image, Some(options), Some(credentials)).collect().await;
    api.remove_image(&format!("{image}:1"), None::<RemoveImageOptions>, None).await.unwrap();
    let pushed: Vec<_> = pushed.into_iter().collect::<Result<_, _>>().unwrap();
    let last = pushed.iter().filter_map(|info| info.status.as_deref()).next_back().unwrap();
    assert!(last.starts_with("1: digest: sha256:"), "{last}");
}
