//! Which environment variables are secret, by their names and by the look of their values.
//!
//! Closed by default: a name that could be a secret's is one. Who knows better names it under `secrets`,
//! or sets it under `env`.

use std::ffi::OsStr;

use super::credentials::without_credentials;

/// What a variable would give away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exposure {
    /// Nothing.
    Harmless,
    /// A secret.
    Secret,
    /// Credentials within a URL or a connection string. The value without them.
    SecretInside(String),
}

/// Names that are secret although no word in them says so.
const NAMES: [&str; 15] = [
    // Signing in to a registry, a cluster, a web site.
    "DOCKER_AUTH_CONFIG",
    "HUAWEICLOUD_SDK_AK",
    "HUAWEICLOUD_SDK_SK",
    "REGISTRY_AUTH_FILE",
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

/// What makes a name secret anywhere in a word of it: PGPASSWORD, SECRETKEYBASE.
const STEMS: [&str; 5] = ["PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "SECRET"];

/// What makes a name secret as a word of it or as the end of one, in the singular or the plural: AUTHTOKENS.
const ENDINGS: [&str; 7] =
    ["TOKEN", "APIKEY", "ACCESSKEY", "PRIVATEKEY", "SSHKEY", "SIGNINGKEY", "MASTERKEY"];

/// Words that make a name secret only when they stand alone, in the singular or the plural: PATH is no PAT.
const WORDS: [&str; 11] =
    ["CRED", "JWT", "PAT", "BEARER", "COOKIE", "WEBHOOK", "PWD", "OAUTH", "AUTHORIZATION", "DSN", "PEM"];

/// Words that end with PASS, or hold SECRET, and are none.
const HARMLESS: [&str; 9] = [
    "COMPASS",
    "BYPASS",
    "ENCOMPASS",
    "SURPASS",
    "TRESPASS",
    "SECRETARY",
    "SECRETARIES",
    "SECRETARIAT",
    "SECRETION",
];

/// What follows KEY where it is one of a keyboard or of a table: KEY_COLUMN, CACHE_KEY_COLUMN.
const KEY_USES: [&str; 9] =
    ["COLUMN", "COLUMNS", "FIELD", "FIELDS", "BINDING", "BINDINGS", "LAYOUT", "REPEAT", "FRAMES"];

/// What follows AUTH where it is a secret's: AUTH_HEADER, but AUTH_TYPE is none.
const AUTH_FORMS: [&str; 6] = ["HEADER", "HEADERS", "CODE", "VALUE", "CONFIG", "JSON"];

/// What stands before TOKENS where tokens are pieces of text: MAX_TOKENS, NUM_TOKENS.
const TOKEN_COUNTS: [&str; 12] =
    ["MAX", "MIN", "NUM", "N", "NEW", "TOTAL", "INPUT", "OUTPUT", "PROMPT", "COMPLETION", "SPECIAL", "STOP"];

/// What follows TOKEN where tokens are pieces of text: MAX_TOKEN_LENGTH, TOKEN_LIMIT, TOKENS_PER_BATCH.
const TOKEN_MEASURES: [&str; 6] = ["LIMIT", "LENGTH", "COUNT", "SIZE", "BUDGET", "PER"];

/// Proxies stay as they are: their password opens no forge, registry or cloud, and a command without its
/// proxy would go around it or nowhere.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY"];

/// What the variable `name` would give away.
pub fn exposure(name: &str, value: &OsStr) -> Exposure {
    if is_secret_name(name) {
        return Exposure::Secret;
    }
    if PROXIES.contains(&name.to_uppercase().as_str()) {
        return Exposure::Harmless;
    }
    let text = value.to_string_lossy();
    match without_credentials(&text) {
        None => Exposure::Harmless,
        Some(rest) if value.to_str().is_some() => Exposure::SecretInside(rest),
        // Cutting would damage what is not text; nothing that needs it can be told so.
        Some(_) => Exposure::Secret,
    }
}

/// The words of a name, in capitals and without digits at their ends: `my_authToken2` is MY, AUTH, TOKEN.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let begins = c.is_uppercase() && was_lower;
        was_lower = c.is_lowercase() || (c.is_numeric() && was_lower);
        if begins || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_uppercase());
        }
    }
    let without_digits = |word: &String| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    words.iter().map(without_digits).filter(|word| !word.is_empty()).collect()
}

/// Whether a name is a secret's.
fn is_secret_name(name: &str) -> bool {
    let upper = name.to_uppercase();
    if NAMES.contains(&upper.as_str()) || PREFIXES.iter().any(|prefix| upper.starts_with(prefix)) {
        return true;
    }
    // The shell's own folders.
    if matches!(upper.as_str(), "PWD" | "OLDPWD") {
        return false;
    }
    // Both ways to read it, for a name such as `apiKEY` or `PassWord` is one word in capitals.
    tells_secret(&words(name)) || tells_secret(&words(&upper))
}

fn tells_secret(words: &[String]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1).map_or("", String::as_str);
        let before = at.checked_sub(1).map_or("", |at| words[at].as_str());
        // What looks like a plural and is none, such as PASS, keeps its end.
        let stem = if word.ends_with("SS") { word } else { word.strip_suffix('S').unwrap_or(word) };
        match stem {
            "TOKEN" => {
                let is_counted = stem != word && TOKEN_COUNTS.contains(&before);
                !is_counted && !TOKEN_MEASURES.contains(&next)
            }
            "KEY" => matches!(before, "API" | "ACCESS" | "PRIVATE" | "SECRET") || !KEY_USES.contains(&next),
            "AUTH" => next.is_empty() || AUTH_FORMS.contains(&next),
            "SESSION" => next.is_empty() && before != "DESKTOP",
            "CONNECTION" => matches!(next, "STRING" | "STRINGS"),
            _ if HARMLESS.contains(&word.as_str()) => false,
            _ => {
                WORDS.contains(&stem)
                    || word.ends_with("PASS")
                    || ENDINGS.iter().any(|ending| stem.ends_with(ending))
                    || STEMS.iter().any(|stem| word.contains(stem))
            }
        }
    })
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
            "HUAWEICLOUD_SDK_SK",
            "REGISTRY_AUTH_FILE",
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
            "TOKENS",
            "API_TOKENS",
            "AUTHTOKENS",
            "MY_TOKEN1",
            "tokenValue",
            "myApiKey",
            "PASSWORD1",
            "PASSPHRASES",
            "PGPASS",
            "DBPASS",
            "MYSQLPASS",
            "DB_PASS2",
            "APIKEYS",
            "KEY1",
            "KEYS",
            "SSH_KEY_2",
            "SSHKEY",
            "RSA_KEY_VALUE",
            "DEPLOY_KEY_RAW",
            "ENCRYPTION_KEY_HEX",
            "SECRETKEYBASE",
            "SECRETNAME",
            "MYSECRETS",
            "clientSecret",
            "AUTHORIZATION",
            "AUTH_HEADER",
            "API_AUTH_HEADER",
            "OAUTH",
            "OAUTH2_REFRESH",
            "COOKIES",
            "SESSION",
            "SENTRY_DSN",
            "PRIMARY_KEY",
            "GROUP_DEPLOY_KEY",
            "CERT_PEM",
            "GIT_ASKPASS",
            "PASSWORDFILE",
            "PassWord",
            "dbPassword2",
            "API_KEY_COLUMN",
            "SECRET_TOKENS",
            "USER_TOKENS",
            "PATS",
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
            "MAX_TOKENS",
            "NUM_TOKENS",
            "max_new_tokens",
            "TOKENS_PER_BATCH",
            "TOKENIZER",
            "KEYMAP",
            "HOTKEY",
            "KEYBOARD_LAYOUT",
            "DESKTOP_SESSION",
            "CACHE_KEY_COLUMN",
            "PASSTHROUGH",
            "BYPASS",
            "PASSES",
            "XDG_SESSION_ID",
            "SESSION_NAME",
            "DBUS_SESSION_BUS_ADDRESS",
            "AUTHORS",
            "PYTHONHASHSEED",
            "OMP_NUM_THREADS",
            "LD_LIBRARY_PATH",
            "VIRTUAL_ENV",
            "CONDA_PREFIX",
            "HOSTNAME",
        ] {
            assert_eq!(exposure(name, OsStr::new("x")), Exposure::Harmless, "{name}");
        }
    }

    #[test]
    fn a_proxy_keeps_its_password() {
        let kept = exposure("https_proxy", OsStr::new("http://me:pw@proxy:3128"));
        assert_eq!(kept, Exposure::Harmless);
    }
}
