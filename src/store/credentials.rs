//! Which variables are credentials, and what can be said of them without showing any.

use std::ffi::OsStr;

use super::address::Kind;
use crate::context::Variables;

/// What a person can do who may not read something.
pub(super) fn help(kind: Kind, variables: &Variables) -> String {
    match found(kind, variables) {
        Some(name) => {
            format!("{name} was used: may it read and list this bucket, and is it still valid?")
        }
        None => format!("{} were looked for", looked_for(kind)),
    }
}

/// The first of the variables that is set and that credentials come from.
fn found(kind: Kind, variables: &Variables) -> Option<&'static str> {
    names(kind).iter().copied().find(|name| text(variables, name).is_some())
}

const fn names(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::S3 => &[
            "AWS_ACCESS_KEY_ID",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ],
        Kind::Google => &[
            "GOOGLE_SERVICE_ACCOUNT",
            "GOOGLE_SERVICE_ACCOUNT_PATH",
            "GOOGLE_SERVICE_ACCOUNT_KEY",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "GOOGLE_BEARER_TOKEN",
        ],
        Kind::Azure => &[
            "AZURE_STORAGE_ACCOUNT_KEY",
            "AZURE_STORAGE_ACCESS_KEY",
            "AZURE_STORAGE_SAS_TOKEN",
            "AZURE_STORAGE_SAS_KEY",
            "AZURE_STORAGE_TOKEN",
            "AZURE_CLIENT_SECRET",
            "AZURE_CLIENT_ID",
            "AZURE_FEDERATED_TOKEN_FILE",
        ],
    }
}

const fn looked_for(kind: Kind) -> &'static str {
    match kind {
        Kind::S3 => {
            "AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, \
             AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and a role of this machine (for a public bucket set \
             AWS_SKIP_SIGNATURE=true)"
        }
        Kind::Google => {
            "GOOGLE_SERVICE_ACCOUNT, GOOGLE_SERVICE_ACCOUNT_KEY, GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_BEARER_TOKEN \
             and an account of this machine (for a public bucket set GOOGLE_SKIP_SIGNATURE=true)"
        }
        Kind::Azure => {
            "AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN, AZURE_CLIENT_ID with AZURE_TENANT_ID and \
             AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE, and an identity of this machine (for a public container \
             set AZURE_SKIP_SIGNATURE=true)"
        }
    }
}

/// The first of the variables of a store that holds something which breaks a request.
pub(super) fn broken(kind: Kind, variables: &Variables) -> Option<String> {
    let prefix = match kind {
        Kind::S3 => "AWS_",
        Kind::Google => "GOOGLE_",
        Kind::Azure => "AZURE_",
    };
    // A key of Google is JSON, which may have lines.
    let is_broken = |value: &str| !value.trim_start().starts_with('{') && value.chars().any(char::is_control);
    beginning(variables, prefix)
        .find(|(_, value)| is_broken(value))
        .map(|(name, _)| name.to_ascii_uppercase())
}

/// The variables that begin so, in lower case. One that is empty is one that is not set: a job whose secret is not there
/// has such.
pub(super) fn beginning<'a>(
    variables: &'a Variables,
    prefix: &'static str,
) -> impl Iterator<Item = (String, &'a str)> {
    variables.iter().filter_map(move |(name, value)| {
        let (name, value) = (name.to_str()?, value.to_str()?);
        (name.starts_with(prefix) && !value.is_empty()).then(|| (name.to_ascii_lowercase(), value))
    })
}

/// A variable that is set, not empty, and text.
pub(super) fn text<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    variables.get(OsStr::new(name))?.to_str().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn a_line_break_in_a_credential_is_found_and_lines_of_json_are_none() {
        let variables = |name: &str, value: &str| -> Variables {
            [(OsString::from(name), OsString::from(value))].into_iter().collect()
        };
        let token = variables("GOOGLE_BEARER_TOKEN", "T\n");
        assert_eq!(broken(Kind::Google, &token).as_deref(), Some("GOOGLE_BEARER_TOKEN"));
        assert_eq!(broken(Kind::S3, &token), None);
        let key = variables("GOOGLE_SERVICE_ACCOUNT_KEY", "{\n}\n");
        assert_eq!(broken(Kind::Google, &key), None);
        assert_eq!(broken(Kind::S3, &variables("AWS_REGION", "eu")), None);
    }
}
