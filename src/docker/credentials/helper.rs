//! Programs that know credentials: `docker-credential-NAME get`.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::Credentials;
use crate::context::Variables;
use crate::document::deceives;
use crate::fault::{Fault, Result};

/// How long a helper may take: it may ask a cloud.
const LIMIT: Duration = Duration::from_secs(30);
/// How much of what it says is read, in bytes.
const LARGEST: u64 = 1 << 20;
/// How much of what it says is shown, in characters.
const SHOWN: usize = 300;

/// What a helper knows of the registry; none where it knows nothing. `key` is docker's name for the registry, `by`
/// what names the helper.
///
/// # Errors
/// It is not installed, fails, says what is no answer, or does not end.
pub(super) async fn ask(
    variables: &Variables,
    name: &str,
    key: &str,
    by: &str,
) -> Result<Option<Credentials>> {
    ask_within(LIMIT, variables, name, key).await.map_err(|why| {
        let program = format!("docker-credential-{}", crate::document::shown(name));
        let help = format!("look what `echo {key} | {program} get` says, or take the helper out of {by}");
        Fault::new(format!("ask {program} for the credentials for {key}"), why).help(help)
    })
}

async fn ask_within(
    limit: Duration,
    variables: &Variables,
    name: &str,
    key: &str,
) -> std::result::Result<Option<Credentials>, String> {
    let program = program(variables, name)?;
    let mut command = Command::new(program);
    command.arg("get").env_clear().envs(variables).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| format!("it does not start: {error}"))?;
    let said = tokio::time::timeout(limit, hear(child, key)).await;
    let said = said.map_err(|_| format!("it did not end within {} s", limit.as_secs()))?;
    let (is_success, out, err) = said.map_err(|error| error.to_string())?;
    let answer = serde_json::from_slice::<Value>(&out).ok();
    if !is_success {
        let lacks =
            |text: &[u8]| String::from_utf8_lossy(text).to_lowercase().contains("credentials not found");
        if lacks(&out) || lacks(&err) {
            return Ok(None);
        }
        // By its protocol it tells the error on standard output; but an answer is never shown.
        let told = if err.trim_ascii().is_empty() && answer.is_none() { &out } else { &err };
        return Err(format!("it failed: {}", shown(told)));
    }
    let answer = answer.ok_or("what it says is no JSON")?;
    let text = |key: &str| answer[key].as_str().ok_or_else(|| format!("its answer has no {key}"));
    let (user, secret) = (text("Username")?, text("Secret")?);
    if secret.is_empty() {
        return Ok(None);
    }
    // So docker marks an identity token.
    let user = if user == "<token>" { "" } else { user };
    Ok(Some(Credentials { user: user.to_owned(), secret: secret.into(), from: format!("the helper {name}") }))
}

/// Tells the helper the key, and hears it to its end.
async fn hear(mut child: Child, key: &str) -> std::io::Result<(bool, Vec<u8>, Vec<u8>)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let tell = async {
        if let Some(mut stdin) = stdin {
            // One that knows without asking does not read.
            let _ = stdin.write_all(key.as_bytes()).await;
        }
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let hear_out = async {
        match stdout {
            Some(stdout) => stdout.take(LARGEST).read_to_end(&mut out).await,
            None => Ok(0),
        }
    };
    let hear_err = async {
        match stderr {
            Some(stderr) => stderr.take(LARGEST).read_to_end(&mut err).await,
            None => Ok(0),
        }
    };
    let ((), heard_out, heard_err, status) = tokio::join!(tell, hear_out, hear_err, child.wait());
    heard_out?;
    heard_err?;
    Ok((status?.success(), out, err))
}

/// The helper's program, in the folders of PATH that are whole paths.
fn program(variables: &Variables, name: &str) -> std::result::Result<PathBuf, String> {
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        return Err("that is no name of a helper".into());
    }
    let file = format!("docker-credential-{name}{}", std::env::consts::EXE_SUFFIX);
    let path = variables.get(OsStr::new("PATH")).cloned().unwrap_or_default();
    let places = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let found = places.map(|folder| folder.join(&file)).find(|path| path.is_file());
    found.ok_or_else(|| "it is not in PATH".into())
}

/// What a program said, in one line that no terminal obeys.
fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain: String = words.chars().filter(|c| !deceives(*c)).take(SHOWN).collect();
    if plain.is_empty() { "it does not say why".into() } else { plain }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// What comes of a helper with this script.
    async fn told(script: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("docker-credential-test");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", folder.path().display());
        let variables = Variables::from([("PATH".into(), path.into()), ("FROM_US".into(), "yes".into())]);
        let limit = if script.contains("sleep") { Duration::from_millis(50) } else { LIMIT };
        match ask_within(limit, &variables, "test", "https://index.docker.io/v1/").await {
            Ok(Some(found)) => {
                format!("{}:{} from {}", found.user, found.secret.to_str().unwrap(), found.from)
            }
            Ok(None) => "none".into(),
            Err(why) => why,
        }
    }

    #[tokio::test]
    async fn a_helper_is_asked_and_understood() {
        for (script, said) in [
            (
                r#"echo "{\"Username\":\"$(cat)\",\"Secret\":\"$1$FROM_US\"}""#,
                "https://index.docker.io/v1/:getyes from the helper test",
            ),
            (r#"echo '{"ServerURL":"x","Username":"<token>","Secret":"tok"}'"#, ":tok from the helper test"),
            (r#"echo '{"Username":"me","Secret":""}'"#, "none"),
            ("echo credentials not found in native keychain; exit 1", "none"),
            ("echo 'Credentials not found' >&2; exit 2", "none"),
            ("echo out; printf 'no\\n\\033[1m  way' >&2; exit 1", "it failed: no [1m way"),
            ("echo the store is locked; exit 1", "it failed: the store is locked"),
            (r#"echo '{"Username":"me","Secret":"sesame"}'; exit 1"#, "it failed: it does not say why"),
            ("exit 1", "it failed: it does not say why"),
            ("echo sesame", "what it says is no JSON"),
            ("echo '{\"Secret\":\"sesame\"}'", "its answer has no Username"),
            ("exec sleep 60", "it did not end within 0 s"),
        ] {
            assert_eq!(told(script).await, said, "{script}");
        }
    }

    #[tokio::test]
    async fn a_helper_that_is_not_there_is_told_with_what_names_it() {
        let variables = Variables::from([("PATH".into(), ".:/nowhere".into())]);
        let fault = ask(&variables, "pass", "a.io", "the file c.json").await.unwrap_err();
        let said = "failed to ask docker-credential-pass for the credentials for a.io: it is not in PATH";
        assert_eq!(fault.to_string(), said);
        assert!(fault.remedy().unwrap().ends_with("take the helper out of the file c.json"));
        let fault = ask(&variables, "../evil", "a.io", "x").await.unwrap_err();
        assert!(fault.to_string().contains("no name of a helper"), "{fault}");
    }
}
