//! What the action installs, and what it refuses: releases come from a server on this machine that answers for GitHub.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::common::releases::{self, Installer, VERSION};
use crate::common::{MODELGATE, Project, Said, said};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const TARGET: &str = "x86_64-unknown-linux-musl";

/// A server of releases behind TLS, with a certificate that it has signed itself.
const SERVER: &str = r#"
import functools, http.server, ssl
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="served")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("certificate.pem", "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// A runner with a copy of the action whose table has one release.
struct Machine {
    project: Project,
    server: Option<Child>,
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Machine {
    fn new() -> Self {
        let project = Project::empty();
        for name in ["install.sh", "say.sh"] {
            let script = fs::read(format!("{ROOT}/.github/action/{name}")).unwrap();
            project.file(&format!("action/{name}"), script);
        }
        project.file("action/version.txt", format!("{VERSION}\n"));
        for folder in ["temp", "tools", "programs", "curl"] {
            fs::create_dir(project.path().join(folder)).unwrap();
        }
        let machine = Self { project, server: None };
        machine.release("echo modelgate 9.9.9");
        let sum = machine.sum();
        machine.table(&format!("1.0.0 {TARGET} {sum}\n{VERSION} {TARGET} {sum}\n"));
        machine
    }

    fn archive(&self) -> PathBuf {
        let folder = format!("served/owner/modelgate/releases/download/v{VERSION}");
        self.project.path().join(folder).join(format!("modelgate-{VERSION}-{TARGET}.tar.gz"))
    }

    /// Puts an archive with such a program where the server finds it.
    fn release(&self, script: &str) {
        releases::pack(&self.project, &self.archive(), script);
    }

    fn sum(&self) -> String {
        releases::sum(&self.archive())
    }

    fn table(&self, rows: &str) {
        self.project.file("action/versions.txt", format!("# version, target, SHA-256\n{rows}"));
    }

    /// Begins to answer for GitHub.
    fn serve(mut self) -> Self {
        let mut certify = self.project.command("openssl");
        certify.args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=github.com",
        ]);
        certify.args([
            "-addext",
            "subjectAltName=DNS:github.com",
            "-keyout",
            "key.pem",
            "-out",
            "certificate.pem",
        ]);
        let certified = said(certify.output().expect("openssl is installed"));
        assert_eq!(certified.code, 0, "{}", certified.err);
        let mut server = self.project.command("python3");
        server.args(["-c", SERVER]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = server.spawn().expect("python3 is installed");
        let mut port = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
        self.server = Some(server);
        let certificate = self.project.path().join("certificate.pem");
        let curl = format!(
            "connect-to = \"github.com:443:127.0.0.1:{}\"\ncacert = \"{}\"\n",
            port.trim(),
            certificate.display()
        );
        self.project.file("curl/.curlrc", curl);
        self
    }

    /// Puts a program before all others.
    fn program(&self, name: &str, script: &str) {
        self.project.file(&format!("programs/{name}"), format!("#!/bin/sh\n{script}\n"));
        let path = self.project.path().join("programs").join(name);
        assert!(Command::new("chmod").arg("+x").arg(path).status().unwrap().success());
    }

    fn install(&self, variables: &[(&str, &str)]) -> Said {
        let path = |name: &str| self.project.path().join(name);
        let outputs = path("outputs");
        fs::write(&outputs, "").unwrap();
        let mut command = self.project.command("bash");
        let programs = format!("{}:{}", path("programs").display(), std::env::var("PATH").unwrap());
        command.arg("action/install.sh").env("PATH", programs);
        command.env("GITHUB_OUTPUT", outputs).env("CURL_HOME", path("curl"));
        command.env("RUNNER_TEMP", path("temp")).env("RUNNER_TOOL_CACHE", path("tools"));
        command.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        command.env("INPUT_VERSION", "").env("INPUT_BINARY_PATH", "");
        command.env("GITHUB_ACTION_PATH", "/home/runner/work/_actions/owner/modelgate/v1");
        command.env("GITHUB_REPOSITORY", "somebody/else");
        command.envs(variables.iter().copied());
        said(command.output().unwrap())
    }

    /// Every file below a folder.
    fn files(&self, folder: &str) -> Vec<String> {
        let mut find = self.project.command("find");
        let found = said(find.args([folder, "-type", "f"]).output().unwrap()).out;
        let mut files: Vec<String> = found.lines().map(str::to_owned).collect();
        files.sort();
        files
    }

    fn assert_nothing_is_left(&self, said: &Said) {
        assert_eq!(said.code, 1, "{}{}", said.out, said.err);
        assert_eq!(self.project.read("outputs"), "");
        assert!(self.files("temp").is_empty() && self.files("tools").is_empty(), "{}", said.err);
    }
}

/// The annotation of a step that fails, as a person reads it.
fn error(said: &Said) -> String {
    let line = said.err.lines().find_map(|line| line.strip_prefix("::error title=modelgate::"));
    line.unwrap_or_else(|| panic!("no error: {}", said.err)).replace("%0A", "\n").replace("%25", "%")
}

impl Installer for Machine {
    fn target(&self) -> String {
        TARGET.into()
    }

    fn archive(&self) -> PathBuf {
        self.archive()
    }

    fn table(&mut self, rows: &str) {
        Self::table(self, rows);
    }

    /// On a runner that has kept nothing.
    fn install(&self, version: &str) -> (Said, String) {
        let tools = self.project.path().join("tools");
        fs::remove_dir_all(&tools).unwrap();
        fs::create_dir(&tools).unwrap();
        let said = self.install(&[("INPUT_VERSION", version)]);
        let outputs = self.project.read("outputs");
        let program = outputs.lines().find_map(|line| line.strip_prefix("binary=")).unwrap_or_default();
        (said, program.to_owned())
    }
}

#[test]
fn only_what_the_action_vouches_for_runs() {
    let mut machine = Machine::new().serve();
    let project = Project::empty();
    releases::assert_only_what_is_vouched_for_runs(&project, &mut machine);
}

#[test]
fn a_release_is_downloaded_once_and_proved_each_time() {
    let machine = Machine::new().serve();
    let path = machine.project.path();
    let cached = format!("tools/modelgate/{VERSION}/{TARGET}/modelgate.tar.gz");
    let installed =
        format!("binary={}\nversion=9.9.9\n", path.join("temp/modelgate-9.9.9/modelgate").display());

    let first = machine.install(&[]);
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(
        first.out.contains("https://github.com/owner/modelgate/releases/download/v9.9.9/"),
        "{}",
        first.out
    );
    assert_eq!(machine.project.read("outputs"), installed);
    assert_eq!(machine.files("tools"), [&*cached]);
    assert_eq!(machine.files("temp"), ["temp/modelgate-9.9.9/modelgate"]);

    fs::remove_file(machine.archive()).unwrap();
    machine.project.file("temp/modelgate-9.9.9/modelgate", "#!/bin/sh\necho modelgate forged");
    let second = machine.install(&[("INPUT_VERSION", "v9.9.9")]);
    assert_eq!(second.code, 0, "{}", second.err);
    assert!(second.out.contains("on this runner already"), "{}", second.out);
    assert_eq!(machine.project.read("outputs"), installed, "unpacked anew");

    let mut archive = fs::read(path.join(&cached)).unwrap();
    *archive.last_mut().unwrap() ^= 1;
    fs::write(path.join(&cached), archive).unwrap();
    let third = machine.install(&[]);
    assert_eq!((third.code, &*machine.project.read("outputs")), (1, ""));
    let error = error(&third);
    assert!(error.contains("is not release 9.9.9: its SHA-256 is "), "{error}");
    assert!(error.contains("\nhelp: somebody or something has changed it"), "{error}");
}

#[test]
fn a_tool_cache_that_cannot_be_written_is_no_reason_to_fail() {
    let machine = Machine::new().serve();
    machine.project.file("no-folder", "");
    let path = machine.project.path().join("no-folder").display().to_string();
    let said = machine.install(&[("RUNNER_TOOL_CACHE", &path)]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("it is not kept for later jobs: "), "{}", said.out);
    assert_eq!(machine.files("temp"), ["temp/modelgate-9.9.9/modelgate"]);
}

#[test]
fn what_differs_from_the_table_leaves_nothing_behind() {
    let machine = Machine::new().serve();
    machine.release("echo modelgate forged");
    let said = machine.install(&[]);
    machine.assert_nothing_is_left(&said);
    let error = error(&said);
    assert!(error.contains("is not release 9.9.9: its SHA-256 is "), "{error}");
    assert!(error.contains("\nhelp: run the job again"), "{error}");

    fs::remove_file(machine.archive()).unwrap();
    let said = machine.install(&[]);
    machine.assert_nothing_is_left(&said);
    assert!(said.err.contains("could not be downloaded%0Ahelp: "), "{}", said.err);
}

#[test]
fn an_unknown_server_is_not_believed() {
    let machine = Machine::new().serve();
    let curl = machine.project.read("curl/.curlrc");
    machine.project.file("curl/.curlrc", curl.lines().next().unwrap());
    let said = machine.install(&[]);
    machine.assert_nothing_is_left(&said);
    assert!(said.err.contains("could not be downloaded"), "{}", said.err);
    let said = machine.install(&[("GITHUB_SERVER_URL", "http://github.com")]);
    machine.assert_nothing_is_left(&said);
}

#[test]
fn github_is_asked_where_an_archive_comes_from() {
    let machine = Machine::new().serve();
    let token = [("GH_TOKEN", "t"), ("ACTION_REPOSITORY", "owner/modelgate")];
    machine.program("gh", "echo \"$@\" >> asked; exit 1");
    let said = machine.install(&token);
    machine.assert_nothing_is_left(&said);
    assert!(error(&said).starts_with("GitHub does not attest that owner/modelgate made"), "{}", said.err);

    machine.program("gh", "echo \"$@\" >> asked");
    let said = machine.install(&token);
    assert_eq!(said.code, 0, "{}", said.err);
    let asked = machine.project.read("asked");
    assert_eq!(asked.lines().count(), 2);
    for line in asked.lines() {
        assert!(
            line.starts_with("attestation verify ") && line.ends_with(" --repo owner/modelgate"),
            "{line}"
        );
    }
}

#[test]
fn what_the_table_does_not_know_is_not_installed() {
    let machine = Machine::new();
    let unknown = |variables: &[(&str, &str)]| {
        let said = machine.install(variables);
        machine.assert_nothing_is_left(&said);
        error(&said)
    };
    let error = unknown(&[("INPUT_VERSION", "9.9.8")]);
    assert!(error.contains("help: it knows 1.0.0 9.9.9; ask for one of these"), "{error}");
    let error = unknown(&[("RUNNER_ARCH", "ARM64")]);
    assert!(error.contains("«9.9.9» for aarch64-unknown-linux-musl, nor any other"), "{error}");
    assert!(error.contains("help: pin the action to a commit that knows one, or build"), "{error}");
    let error = unknown(&[("RUNNER_ARCH", "X86")]);
    assert_eq!(error.lines().next(), Some("there is no modelgate for a runner of «Linux» on «X86»"));
    machine.table(&format!("{VERSION} {TARGET} \n"));
    assert!(unknown(&[]).contains("has no SHA-256 for 9.9.9"));
}

#[test]
fn a_program_of_the_runners_own_is_used_as_it_is() {
    let machine = Machine::new();
    let said = machine.install(&[("INPUT_BINARY_PATH", MODELGATE)]);
    assert_eq!(said.code, 0, "{}", said.err);
    let told = format!("binary={MODELGATE}\nversion={}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(machine.project.read("outputs"), told);

    machine.program("other", "echo other 1.0");
    machine.program("modelgate", "echo modelgate 1.0");
    machine.program("broken", "exit 1");
    let said = machine.install(&[("INPUT_BINARY_PATH", "programs/modelgate")]);
    assert_eq!(said.code, 0, "{}", said.err);
    let path = machine.project.path().join("programs/modelgate");
    assert_eq!(machine.project.read("outputs"), format!("binary={}\nversion=1.0\n", path.display()));
    for (path, why) in [
        ("programs/none", "is no program"),
        ("programs", "is no program"),
        ("programs/other", "is not modelgate"),
        ("programs/broken", "does not run on this runner"),
    ] {
        let said = machine.install(&[("INPUT_BINARY_PATH", path)]);
        machine.assert_nothing_is_left(&said);
        assert!(error(&said).contains(why), "{path}: {}", said.err);
    }
}
