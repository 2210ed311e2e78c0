//! Which environment variables are secret, by their names and by the look of their values.
//!
//! Closed by default: a name that could be a secret's is one. Who knows better names it under `secrets`,
//! or sets it under `env`.

use std::ffi::OsStr;

/// What a variable would give away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exposure {
    /// Nothing.
    Harmless,
    /// A secret.
    Secret,
    /// Credentials within URLs. The value without them.
    SecretInUrl(String),
}

/// Names that are secret although no word in them says so.
const NAMES: [&str; 12] = [
    // Signing in to a registry, a cluster, a web site.
    "DOCKER_AUTH_CONFIG",
    "KUBECONFIG",
    "NETRC",
    // Settings of git from its caller, which can carry a header that signs in.
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    // The files through which GitHub's runner takes commands.
    "GITHUB_ENV",
    "GITHUB_OUTPUT",
    "GITHUB_PATH",
    "GITHUB_STATE",
    "GITHUB_STEP_SUMMARY",
    // Agents that sign in for whoever reaches their socket.
    "GPG_AGENT_INFO",
    "SSH_AUTH_SOCK",
];

/// Families of names: what is configured for us is not for a command, all of Azure's is for signing in, and
/// git's settings come with a count.
const PREFIXES: [&str; 4] = ["MODELGATE_", "AZURE_", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"];

/// Words that make a name secret, as a word of it or as the end of one: PGPASSWORD, `authToken`.
const ENDINGS: [&str; 12] = [
    "TOKEN",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "SECRETS",
    "CREDENTIAL",
    "CREDENTIALS",
    "APIKEY",
    "ACCESSKEY",
    "PRIVATEKEY",
    "SECRETKEY",
];

/// Words that make a name secret only when they stand alone: COMPASS is no PASS, PATH no PAT.
const WORDS: [&str; 9] = ["PASS", "PASSWORDS", "CREDS", "JWT", "PAT", "BEARER", "COOKIE", "WEBHOOK", "PWD"];

/// What may follow KEY in the name of a key: SSH_KEY_PATH is secret, CACHE_KEY_COLUMN is not.
const KEY_FORMS: [&str; 8] = ["FILE", "PATH", "PEM", "B64", "BASE64", "JSON", "ID", "DATA"];

/// What follows TOKEN where tokens are pieces of text: MAX_TOKEN_LENGTH, TOKEN_LIMIT.
const TOKEN_MEASURES: [&str; 5] = ["LIMIT", "LENGTH", "COUNT", "SIZE", "BUDGET"];

/// Proxies stay as they are: their password opens no forge, registry or cloud, and a command without its
/// proxy would go around it or nowhere.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY"];

/// What the variable `name` would give away.
pub fn exposure(name: &str, value: &OsStr) -> Exposure {
    let name = name.to_uppercase();
    if is_secret_name(&name) {
        return Exposure::Secret;
    }
    if PROXIES.contains(&name.as_str()) {
        return Exposure::Harmless;
    }
    let text = value.to_string_lossy();
    match without_credentials(&text) {
        None => Exposure::Harmless,
        Some(rest) if value.to_str().is_some() => Exposure::SecretInUrl(rest),
        // Cutting would damage what is not text; nothing that needs it can be told so.
        Some(_) => Exposure::Secret,
    }
}

/// Whether an uppercase name is a secret's.
fn is_secret_name(name: &str) -> bool {
    if NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        return true;
    }
    // The shell's own folders.
    if matches!(name, "PWD" | "OLDPWD") {
        return false;
    }
    let words: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1);
        match *word {
            "TOKEN" => !next.is_some_and(|next| TOKEN_MEASURES.contains(next)),
            "KEY" | "KEYS" => next.is_none_or(|next| KEY_FORMS.contains(next)),
            "API" | "ACCESS" | "PRIVATE" => matches!(next, Some(&"KEY" | &"KEYS")),
            "CONNECTION" => next == Some(&"STRING"),
            "AUTH" => next.is_none(),
            _ => WORDS.contains(word) || ENDINGS.iter().any(|ending| word.ends_with(ending)),
        }
    })
}

/// A text without the credentials of the URLs in it; none when there are none.
///
/// Of a web address everything before the `@` goes, for there the user is often the token. Of other
/// addresses (a database's, `ssh://git@…`) only the password goes.
fn without_credentials(text: &str) -> Option<String> {
    let mut kept = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        kept.push_str(before);
        let end = after.find(|c: char| matches!(c, '/' | '?' | '#' | '"' | '\'') || c.is_whitespace());
        let (authority, tail) = after.split_at(end.unwrap_or(after.len()));
        rest = tail;
        let Some((user_info, host)) = authority.rsplit_once('@') else {
            kept.push_str(authority);
            continue;
        };
        let is_web =
            before[..at].to_lowercase().ends_with("http") || before[..at].to_lowercase().ends_with("https");
        match user_info.split_once(':') {
            _ if is_web => found = true,
            Some((user, _)) => {
                found = true;
                kept.push_str(user);
                kept.push('@');
            }
            None => {
                kept.push_str(user_info);
                kept.push('@');
            }
        }
        kept.push_str(host);
    }
    kept.push_str(rest);
    found.then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_one() {
        for name in [
            "GITHUB_TOKEN",
            "GH_TOKEN",
            "ACTIONS_RUNTIME_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "CI_JOB_TOKEN",
            "CI_JOB_JWT_V2",
            "CI_REGISTRY_PASSWORD",
            "CI_DEPLOY_PASSWORD",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "DOCKER_AUTH_CONFIG",
            "HF_TOKEN",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AZURE_CLIENT_ID",
            "GOOGLE_GHA_CREDS_PATH",
            "AZURE_STORAGE_CONNECTION_STRING",
            "MLFLOW_TRACKING_PASSWORD",
            "WANDB_API_KEY",
            "KAGGLE_KEY",
            "OPENAI_APIKEY",
            "openai_api_key",
            "npm_config__authToken",
            "npm_config__auth",
            "PGPASSWORD",
            "MYSQL_PWD",
            "SMTP_PASS",
            "DJANGO_SECRET_KEY_BASE",
            "SSH_PRIVATE_KEY",
            "SSH_KEY_PATH",
            "SSH_AUTH_SOCK",
            "GH_PAT",
            "SLACK_WEBHOOK_URL",
            "COSIGN_KEY",
            "GITHUB_STEP_SUMMARY",
            "MODELGATE_CONFIG",
        ] {
            assert_eq!(exposure(name, OsStr::new("x")), Exposure::Secret, "{name}");
        }
    }

    #[test]
    fn what_only_sounds_like_one_is_none() {
        for name in [
            "PATH",
            "PWD",
            "OLDPWD",
            "HOME",
            "KEYBOARD",
            "MONKEY",
            "MONKEY_BUSINESS",
            "KEY_COLUMN",
            "TOKENIZERS_PARALLELISM",
            "MAX_NEW_TOKENS",
            "TOKEN_LIMIT",
            "MAX_TOKEN_LENGTH",
            "COMPASS",
            "AUTHOR",
            "GIT_AUTHOR_NAME",
            "PYTHONPATH",
            "PATIENCE",
            "GITHUB_SHA",
            "GITHUB_ACTIONS",
            "CI_COMMIT_SHA",
            "AWS_REGION",
            "CUDA_VISIBLE_DEVICES",
            "SECRETARY",
        ] {
            assert_eq!(exposure(name, OsStr::new("x")), Exposure::Harmless, "{name}");
        }
    }

    #[test]
    fn credentials_are_cut_out_of_urls() {
        let cases = [
            ("https://user:pass@host/simple", Some("https://host/simple")),
            ("https://token@github.com/a/b.git", Some("https://github.com/a/b.git")),
            ("postgres://me:p%40ss@db:5432/x", Some("postgres://me@db:5432/x")),
            ("postgres://me:p@ss@db/x", Some("postgres://me@db/x")),
            ("https://a.example https://u:p@b.example", Some("https://a.example https://b.example")),
            ("redis://:pw@cache:6379/0", Some("redis://@cache:6379/0")),
            ("ssh://git@github.com/a/b", None),
            ("https://example.com/@scope?x=a:b@c", None),
            ("me@example.com", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(without_credentials(text).as_deref(), expected, "{text}");
        }
        let kept = exposure("https_proxy", OsStr::new("http://me:pw@proxy:3128"));
        assert_eq!(kept, Exposure::Harmless);
    }
}
