//! What a build is given and no layer keeps: secrets, and agents.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::proxy::Proxy;
use super::{BASE, PYTHON, Site, shown};
use crate::common::skip;

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
    let refused = site.refusal(&order).await;
    let said = format!("{refused:?}");
    assert!(refused.tail.iter().any(|line| line.trim() == "***") && !said.contains(&secret), "{said}");
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
