//! How a build that fails is told.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use modelgate::image::build::build;

use super::proxy::Proxy;
use super::{BASE, Site, shown};

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
            Ok(Err(refused)) => shown(&refused.findings),
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

#[tokio::test(flavor = "multi_thread")]
async fn an_ignored_file_that_is_copied_is_told() {
    let dockerfile = format!("FROM {BASE}\nCOPY model.bin /\n");
    for refusal in [None, Some(404)] {
        let Some(mut site) = Site::new("an_ignored_file_that_is_copied_is_told", &dockerfile) else { return };
        let _proxy = site.behind(Proxy::start(&site, refusal));
        site.file("model.bin", "x");
        site.file(".dockerignore", "*.bin\n");
        let said = shown(&site.refused(&site.order()).await);
        insta::allow_duplicates! { insta::assert_snapshot!(said); }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_files_are_told_by_name() {
    for refusal in [None, Some(403), Some(404)] {
        let Some(mut site) = Site::new("odd_files_are_told_by_name", "FROM scratch\nCOPY . /\n") else {
            return;
        };
        let _proxy = site.behind(Proxy::start(&site, refusal));
        site.file("sub/plain", "x");
        let pipe = Command::new("mkfifo").arg(site.path("sub/pipe")).status().unwrap();
        assert!(pipe.success());
        let built = site.build(&site.order()).await;
        assert_eq!(built.findings.len(), 1, "{built:?}");
        assert!(built.findings[0].message.contains("sub/pipe"), "{built:?}");
        let name = std::ffi::OsStr::from_bytes(b"sub/na\xffme");
        std::fs::write(site.path("").join(name), "x").unwrap();
        let said = shown(&site.refused(&site.order()).await);
        insta::allow_duplicates! { insta::assert_snapshot!("a_name_that_is_not_utf_8", said); }
        site.file(".dockerignore", "sub/na*\n");
        site.build(&site.order()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_classic_builder_builds_for_no_other_platform() {
    let dockerfile = format!("FROM {BASE}\n");
    let Some(mut site) = Site::new("the_classic_builder_builds_for_no_other_platform", &dockerfile) else {
        return;
    };
    let _proxy = site.behind(Proxy::refusing(&site, 404));
    let mut order = site.order();
    order.platform = Some("linux/s390x".into());
    let said = shown(&site.refused(&order).await);
    assert!(said.contains("builds for linux/") && said.contains("not for linux/s390x"), "{said}");
}
