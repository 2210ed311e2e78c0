//! Sets on web servers, which fail in every way.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;
use tempfile::TempDir;

use super::common::{Project, skip, until};
use super::far::{Far, write};
use super::{SECRET, assert_clean, assert_same_as_local, files, findings, project, sets};

fn served() -> Far {
    let [train, test, live] = sets();
    Far::files(&[("/train.csv", train), ("/test.csv", test), ("/live", live)])
}

#[test]
fn sets_are_read_from_the_web_once_and_their_secrets_stay_with_us() {
    let far = served();
    let signed = |path: &str| far.at(&format!("{path}?X-Amz-Signature={SECRET}"));
    let project = project(&signed("/train.csv"), &signed("/test.csv"), &signed("/live"));
    project.file(".modelgate/tmp/fetched-killed/0", "of a run that was killed");
    let said = project.modelgate(&["data"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_clean(&project, &said);
    assert_same_as_local(&project);
    assert_eq!(files(&project, "train"), [far.at("/train.csv")]);
    let got = far.got();
    assert_eq!(got.len(), 3, "{got:?}");
    assert!(got.iter().all(|request| request.method == "GET" && request.path.contains(SECRET)));
}

#[test]
fn a_set_may_be_here_and_there() {
    let far = served();
    let project = project(&far.at("/train.csv"), "data/test.csv", &far.at("/live"));
    let said = project.modelgate(&["data"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_same_as_local(&project);
}

#[test]
fn addresses_that_differ_only_in_what_is_not_shown_are_two_files() {
    let [train, test, live] = sets();
    let texts = [train, test, live];
    let far = Far::new(move |request, stream| {
        let which: usize = request.path.rsplit('=').next().unwrap().parse().unwrap();
        write(stream, "200 OK", "", texts[which].as_bytes());
    });
    let at = |which: u8| far.at(&format!("/download?id={which}"));
    let project = project(&at(0), &at(1), &at(2));
    let said = project.modelgate(&["data"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_same_as_local(&project);
    assert_eq!(files(&project, "test"), [far.at("/download#2")]);
}

/// What is said of a set whose server answers so.
fn refused(head: &'static str, body: &'static str) -> (String, String) {
    let far = Far::new(move |_, stream| {
        let _ = write!(stream, "HTTP/1.1 {head}\r\nConnection: close\r\n\r\n{body}");
    });
    told(&far.at(&format!("/live.csv?sig={SECRET}")))
}

/// What is said of a set that has this address.
fn told(address: &str) -> (String, String) {
    let project = project("data/train.csv", "data/test.csv", address);
    let said = project.modelgate(&["data"]);
    assert_eq!(said.code, 11, "{}", said.err);
    assert_clean(&project, &said);
    let findings = findings(&project);
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    assert!(!text("help").is_empty(), "{finding}");
    let shown = address.split('?').next().unwrap();
    assert!(text("message").contains(&format!("«{shown}» of the set «live»")), "{finding}");
    (text("code"), text("message"))
}

#[test]
fn what_a_server_refuses_is_a_finding_with_address_and_help() {
    for (head, code, part) in [
        ("404 Not Found", "data-file-missing", "status 404"),
        ("403 Forbidden", "data-forbidden", "status 403"),
        ("500 Oops\r\nRetry-After: 0", "data-unreachable", "status 500"),
        ("302 Found\r\nLocation: http://u:geheim@127.0.0.1/", "data-unreachable", "user or a password"),
        ("302 Found\r\nLocation: ftp://127.0.0.1/x?geheim", "data-unreachable", "no address of the web"),
        ("200 OK\r\nContent-Type: text/html", "data-unreachable", "web page"),
    ] {
        let (found, message) = refused(head, "");
        assert!(found == code && message.contains(part), "{head}: {found}: {message}");
    }
}

#[test]
fn what_never_comes_as_a_whole_is_a_finding() {
    let (code, message) = refused("200 OK\r\nContent-Length: 10", "01234");
    assert_eq!(code, "data-incomplete", "{message}");
}

#[test]
fn where_nobody_listens_nothing_can_be_read() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(told(&format!("http://127.0.0.1:{port}/a.csv?sig={SECRET}")).0, "data-unreachable");
}

#[test]
fn who_does_not_speak_tls_is_not_asked_without_it() {
    let far = served();
    assert_eq!(told(&format!("https://{}/live?sig={SECRET}", far.host)).0, "data-unreachable");
}

/// A server that speaks TLS, with a certificate that it has given to itself.
struct Secure {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Secure {
    fn start(text: &str) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let openssl = |words: &str| {
            let mut command = Command::new("openssl");
            command.args(words.split(' ')).current_dir(folder.path());
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let made = openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 2 \
             -subj /CN=localhost -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=IP:127.0.0.1",
        );
        { made }.status().ok().filter(std::process::ExitStatus::success)?;
        std::fs::write(folder.path().join("live.csv"), text).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = openssl(&format!("s_server -accept {port} -cert cert.pem -key key.pem -WWW -quiet"))
            .spawn()
            .unwrap();
        until("openssl listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(Self { child, folder, port })
    }
}

impl Drop for Secure {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_certificate_that_nobody_trusts_is_refused_and_one_that_is_named_is_trusted() {
    const NAME: &str = "a_certificate_that_nobody_trusts_is_refused_and_one_that_is_named_is_trusted";
    let [_, _, live] = sets();
    let Some(secure) = Secure::start(&live) else { return skip(NAME, "no openssl") };
    let address = format!("https://127.0.0.1:{}/live.csv", secure.port);
    let (code, message) = told(&address);
    assert!(
        code == "data-unreachable" && message.contains("certificate is not trusted"),
        "{code}: {message}"
    );
    let project = project("data/train.csv", "data/test.csv", &address);
    let certificate = secure.folder.path().join("cert.pem");
    let trusted = [("SSL_CERT_FILE", certificate.to_str().unwrap())];
    let said = project.modelgate_with(&["data"], &trusted);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_same_as_local(&project);
}

#[test]
fn what_breaks_off_is_taken_up_again_and_is_whole() {
    let [_, _, live] = sets();
    let far = Far::new(move |request, stream| {
        let half = live.len() / 2;
        if request.headers.contains_key("range") {
            assert_eq!(request.headers["range"], format!("bytes={half}-"));
            assert_eq!(request.headers["if-match"], "\"7\"");
            let range =
                format!("ETag: \"7\"\r\nContent-Range: bytes {half}-{}/{}\r\n", live.len() - 1, live.len());
            write(stream, "206 Partial Content", &range, &live.as_bytes()[half..]);
        } else {
            let head = format!("HTTP/1.1 200 OK\r\nETag: \"7\"\r\nContent-Length: {}\r\n\r\n", live.len());
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&live.as_bytes()[..half]);
        }
    });
    let project = project("data/train.csv", "data/test.csv", &far.at("/live.csv"));
    let said = project.modelgate(&["data"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_same_as_local(&project);
    assert_eq!(far.got().len(), 2);
}

#[test]
fn a_redirect_takes_no_secret_along_and_is_told() {
    let there = served();
    let to = there.at("/live");
    let here = Far::new(move |_, stream| write(stream, "302 Found", &format!("Location: {to}\r\n"), b""));
    let project = project("data/train.csv", "data/test.csv", &here.at(&format!("/live.csv?sig={SECRET}")));
    let said = project.modelgate(&["data"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_clean(&project, &said);
    let found = findings(&project);
    assert!(found.iter().any(|finding| finding["code"] == "data-redirected"), "{found:?}");
    let got = there.got();
    assert!(!format!("{got:?}").contains(SECRET), "{got:?}");
    for header in ["authorization", "cookie", "referer"] {
        assert!(!got[0].headers.contains_key(header), "{got:?}");
    }
}

#[test]
fn an_interrupt_ends_a_download_at_once_and_leaves_nothing() {
    let far = Far::new(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nid,age\n");
        // Until the other side has gone.
        let _ = std::io::Read::read(stream, &mut [0; 1]);
    });
    let address = far.at("/live.csv");
    let project = project("data/train.csv", "data/test.csv", &address);
    for (number, words) in [&["data"][..], &["data", "profile", &address]].into_iter().enumerate() {
        let run = project.start(words);
        until("it asks", || far.got().len() > number);
        run.signal(Signal::INT);
        let said = run.end();
        assert_eq!(said.code, 130, "{}", said.err);
        assert_clean(&project, &said);
    }
}

#[test]
fn a_full_disk_says_how_much_was_wanted() {
    const NAME: &str = "a_full_disk_says_how_much_was_wanted";
    let far = Far::files(&[("/live.csv", "id,age\n".repeat(100_000))]);
    let project = project("data/train.csv", "data/test.csv", &far.at("/live.csv"));
    let before = "mkdir -p .modelgate\nmount -t tmpfs -o size=400k tmpfs .modelgate";
    let Some(said) = project.modelgate_in_namespace(before, "data", "ls .modelgate/tmp") else {
        return skip(NAME, "no mount namespace");
    };
    assert_eq!(said.code, 1, "{}", said.err);
    let all = format!("{}{}", said.out, said.err);
    assert!(all.contains("this file alone needs 684 KiB"), "{all}");
    assert!(!said.out.contains("fetched-"), "{}", said.out);
}

#[test]
fn the_commands_without_a_file_read_addresses_too() {
    let far = served();
    let project = Project::empty();
    let at = |path: &str| far.at(&format!("{path}?sig={SECRET}"));
    let said = project.modelgate(&["data", "profile", &at("/train.csv"), "--out", "p.json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(project.read("p.json").contains("\"rows\": 600"), "{}", project.read("p.json"));
    let said = project.modelgate(&["data", "infer", &at("/train.csv")]);
    assert!(said.code == 0 && said.out.contains("income"), "{}", said.err);
    for format in ["human", "json"] {
        let words =
            ["--format", format, "data", "drift", &at("/train.csv"), &at("/live"), "--label", "churned"];
        let said = project.modelgate(&[&words[..], &["--ignore", "id"]].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(!said.out.contains(SECRET) && !said.err.contains(SECRET), "{}", said.out);
    }
    let said = project.modelgate(&["data", "profile", &at("/none.csv")]);
    assert!(said.code == 11 && said.err.contains("data-file-missing"), "{}: {}", said.code, said.err);
    let said = project.modelgate(&["data", "profile", &format!("https://me:{SECRET}@127.0.0.1/a.csv")]);
    assert!(said.err.contains("data-address") && !said.err.contains(SECRET), "{}", said.err);
}
