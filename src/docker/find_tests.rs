//! Which addresses are looked at.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// Where is looked, or why not.
fn told(pairs: &[(&str, &str)]) -> String {
    match search(&variables(pairs)) {
        Ok(Search::Named(address, by)) => {
            let tls = match &address {
                Address::Tcp { tls: Some(folder), .. } => format!(" TLS {}", folder.display()),
                _ => String::new(),
            };
            format!("{address}{tls}, by {by}")
        }
        Ok(Search::Usual(_)) => "usual".into(),
        Err(fault) => fault.to_string(),
    }
}

#[test]
fn what_docker_host_says_is_read_as_docker_reads_it() {
    for (host, address) in [
        ("unix:///run/x.sock", "unix:///run/x.sock"),
        ("unix://", "unix:///var/run/docker.sock"),
        ("tcp://build", "tcp://build:2375"),
        ("tcp://build:99/", "tcp://build:99"),
        ("tcp://", "tcp://localhost:2375"),
        ("tcp://:1234", "tcp://localhost:1234"),
        ("build:1234", "tcp://build:1234"),
        ("tcp://[::1]:7", "tcp://[::1]:7"),
        ("tcp://[::1]", "tcp://[::1]:2375"),
        ("http://build", "tcp://build:80"),
        ("https://build", "tcp://build:443 TLS /h/.docker"),
    ] {
        let said = told(&[("DOCKER_HOST", host), ("HOME", "/h"), ("DOCKER_TLS_VERIFY", "")]);
        assert_eq!(said, format!("{address}, by DOCKER_HOST"), "{host}");
    }
}

#[test]
fn what_is_no_address_is_refused() {
    for (host, why) in [
        ("ssh://me@build", "does not speak ssh://"),
        ("npipe:////./pipe/docker", "does not speak npipe://"),
        ("fd://", "fd://"),
        ("ftp://x", "does not speak «ftp://»"),
        ("/var/run/docker.sock", "no unix:// before it"),
        ("tcp://me:sesame@build", "a user in an address"),
        ("tcp://build:0", "no host and port"),
        ("tcp://build:70000", "no host and port"),
        ("tcp://bu ild", "no host and port"),
        ("tcp://[::1", "no host and port"),
        ("tcp://build/path", "more than a host and a port"),
    ] {
        let said = told(&[("DOCKER_HOST", host)]);
        assert!(said.contains(why) && !said.contains("sesame"), "{host}: {said}");
    }
}

#[test]
fn tls_is_on_only_when_the_variable_holds_something() {
    let host = ("DOCKER_HOST", "tcp://build");
    let folder = ("DOCKER_CERT_PATH", "/c");
    assert_eq!(told(&[host, folder, ("DOCKER_TLS_VERIFY", "")]), "tcp://build:2375, by DOCKER_HOST");
    assert_eq!(told(&[host, folder]), "tcp://build:2375, by DOCKER_HOST");
    let on = ("DOCKER_TLS_VERIFY", "1");
    assert_eq!(told(&[host, folder, on]), "tcp://build:2376 TLS /c, by DOCKER_HOST");
    assert_eq!(told(&[host, on, ("HOME", "/h")]), "tcp://build:2376 TLS /h/.docker, by DOCKER_HOST");
    assert_eq!(told(&[host, on, ("DOCKER_CONFIG", "/d")]), "tcp://build:2376 TLS /d, by DOCKER_HOST");
    assert!(told(&[host, ("DOCKER_TLS", "1")]).contains("trusts whoever answers"));
    assert_eq!(told(&[("DOCKER_HOST", "unix:///s"), ("DOCKER_TLS", "1")]), "unix:///s, by DOCKER_HOST");
}

/// Docker's folder with a context `build`.
fn contexts(endpoint: &str, config: &str) -> (tempfile::TempDir, PathBuf) {
    // The digest of the name, as docker names the folder.
    const ID: &str = "44575cf5b28512d75644bf54a517dcef304ff809fd511747621b4d64f19aac66";
    let folder = tempfile::tempdir().unwrap();
    let meta = folder.path().join("contexts/meta").join(ID);
    std::fs::create_dir_all(&meta).unwrap();
    let text = format!("{{\"Name\":\"build\",\"Metadata\":{{}},\"Endpoints\":{{\"docker\":{endpoint}}}}}");
    std::fs::write(meta.join("meta.json"), text).unwrap();
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let tls = folder.path().join("contexts/tls").join(ID).join("docker");
    (folder, tls)
}

#[test]
fn a_context_is_named_by_a_variable_or_by_the_settings() {
    let (folder, tls) = contexts(r#"{"Host":"tcp://b:7"}"#, r#"{"currentContext":"build"}"#);
    let home = ("DOCKER_CONFIG", folder.path().to_str().unwrap());
    let file = folder.path().join("config.json");
    assert_eq!(told(&[home]), format!("tcp://b:7, by the context «build» ({})", file.display()));
    let named = ("DOCKER_CONTEXT", "build");
    assert_eq!(told(&[home, named]), "tcp://b:7, by the context «build» (DOCKER_CONTEXT)");
    std::fs::create_dir_all(&tls).unwrap();
    let with_tls = format!("tcp://b:7 TLS {}, by the context «build» (DOCKER_CONTEXT)", tls.display());
    assert_eq!(told(&[home, named]), with_tls);
    assert_eq!(told(&[home, named, ("DOCKER_HOST", "unix:///s")]), "unix:///s, by DOCKER_HOST");
    assert_eq!(told(&[home, ("DOCKER_CONTEXT", "default")]), "usual");
    let missing = told(&[home, ("DOCKER_CONTEXT", "biuld")]);
    assert!(
        missing.contains("context «biuld», named by DOCKER_CONTEXT") && missing.contains("not there"),
        "{missing}"
    );
}

#[test]
fn a_context_that_cannot_be_used_is_not_passed_over() {
    for (endpoint, config, why) in [
        (r#"{"Host":"ssh://b"}"#, r#"{"currentContext":"build"}"#, "does not speak ssh://"),
        (r#"{"Host":""}"#, r#"{"currentContext":"build"}"#, "names no host"),
        (
            r#"{"Host":"tcp://b","SkipTLSVerify":true}"#,
            r#"{"currentContext":"build"}"#,
            "trusts whoever answers",
        ),
        (r#"{"Host":}"#, r#"{"currentContext":"build"}"#, "meta.json: it is no JSON"),
        (r#"{"Host":"tcp://b"}"#, r#"{"currentContext":"#, "config.json: it is no JSON"),
        (r#"{"Host":"tcp://b"}"#, r#"{"currentContext":"../x"}"#, "is not there"),
    ] {
        let (folder, _) = contexts(endpoint, config);
        let said = told(&[("DOCKER_CONFIG", folder.path().to_str().unwrap())]);
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn without_a_word_the_usual_places_are_tried_each_once() {
    let none =
        variables(&[("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r"), ("DOCKER_HOST", ""), ("DOCKER_CONTEXT", "")]);
    let Search::Usual(places) = search(&none).unwrap() else { panic!("nobody named one") };
    assert_eq!(places[..2], ["/var/run/docker.sock", "/r/docker.sock"].map(PathBuf::from));
    for place in [
        "/h/.docker/run/docker.sock",
        "/h/.docker/desktop/docker.sock",
        "/h/.colima/default/docker.sock",
        "/h/.orbstack/run/docker.sock",
        "/r/podman/podman.sock",
        "/run/podman/podman.sock",
    ] {
        assert_eq!(places.iter().filter(|it| it.to_str() == Some(place)).count(), 1, "{place}: {places:?}");
    }
}

#[test]
fn the_fault_says_what_is_in_the_way_before_what_is_not_there() {
    let fault = nowhere(&[
        ("/a".into(), Trouble::NotThere),
        ("/b".into(), Trouble::Denied),
        ("/c".into(), Trouble::Refused),
        ("/d".into(), Trouble::NotThere),
    ]);
    assert_eq!(
        fault.to_string(),
        "failed to find a Docker Engine: /b: permission denied; /c: nobody listens; not there: /a, /d"
    );
    assert!(fault.remedy().unwrap().contains("group docker"));
    let nothing = nowhere(&[("/a".into(), Trouble::NotThere)]);
    assert_eq!(nothing.remedy(), Some("start Docker, or name the engine with DOCKER_HOST"));
}
