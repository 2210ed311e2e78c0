//! Credentials within a value: of URLs, connection strings and command lines.

/// How the name of a parameter ends whose value is a secret, in small letters and without marks: the `sig` of
/// a signed address, the `Pwd` and the `AccountKey` of a connection string.
const PARAMETERS: [&str; 12] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "token",
    "secret",
    "apikey",
    "accesskey",
    "accountkey",
    "privatekey",
    "credential",
    "signature",
];

/// A text without the credentials in it; none when there are none.
pub fn without_credentials(text: &str) -> Option<String> {
    let without_users = without_users(text);
    let rest = without_users.as_deref().unwrap_or(text);
    without_parameters(rest).or(without_users)
}

/// A text in which parameters with the name of a secret have no value: of the query of a URL
/// (`?access_token=…`), of a connection string (`;Pwd=…`) or of a command line (`--password=…`). None when
/// there are none.
fn without_parameters(text: &str) -> Option<String> {
    let is_before =
        |c: char| matches!(c, '?' | '&' | ';' | '#' | '"' | '\'' | ',' | '{') || c.is_whitespace();
    let mut kept = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some(at) = rest.find('=') {
        let (before, value) = rest.split_at(at + 1);
        kept.push_str(before);
        rest = value;
        let name = before[..at].trim_end();
        let name = name.rsplit(is_before).next().unwrap_or(name);
        let length = if is_secret_parameter(name) { length_of_value(text, value) } else { 0 };
        found |= length > 0;
        rest = &rest[length..];
    }
    kept.push_str(rest);
    found.then_some(kept)
}

/// How long the value is that `rest` begins with. In doubt longer: who cuts too little gives a piece away.
fn length_of_value(text: &str, rest: &str) -> usize {
    let quoted = [('"', '"'), ('\'', '\''), ('{', '}')].into_iter().find(|(open, _)| rest.starts_with(*open));
    if let Some((_, close)) = quoted {
        return rest[1..].find(close).map_or(rest.len(), |at| at + 2);
    }
    // In a connection string all but the semicolon can be part of a password.
    let is_list = text.contains(';') && !text.contains("://");
    let is_end = |c: char| match c {
        ';' | '"' => true,
        '&' => !is_list,
        c => c.is_whitespace() && !is_list,
    };
    rest.find(is_end).unwrap_or(rest.len())
}

fn is_secret_parameter(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    plain == "sig" || PARAMETERS.iter().any(|ending| plain.ends_with(ending))
}

/// A text without the users of the URLs in it; none when there are none.
///
/// Of a web address everything before the `@` goes, for there the user is often the token. Of other
/// addresses (a database's, `ssh://git@…`) only the password goes.
fn without_users(text: &str) -> Option<String> {
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
    fn credentials_are_cut_out_of_urls() {
        let cases = [
            ("https://user:pass@host/simple", Some("https://host/simple")),
            ("https://token@github.com/a/b.git", Some("https://github.com/a/b.git")),
            ("postgres://me:p%40ss@db:5432/x", Some("postgres://me@db:5432/x")),
            ("postgres://me:p@ss@db/x", Some("postgres://me@db/x")),
            ("https://a.example https://u:p@b.example", Some("https://a.example https://b.example")),
            ("redis://:pw@cache:6379/0", Some("redis://@cache:6379/0")),
            ("https://h/x?access_token=abc&a=1", Some("https://h/x?access_token=&a=1")),
            ("https://u:p@h/x?v=1&sig=a%3D=#top", Some("https://h/x?v=1&sig=")),
            (
                "https://b/k?X-Amz-Signature=0f&X-Amz-Date=1",
                Some("https://b/k?X-Amz-Signature=&X-Amz-Date=1"),
            ),
            ("jdbc:postgresql://h/db?user=me&password=pw", Some("jdbc:postgresql://h/db?user=me&password=")),
            ("Server=h;Uid=me;Pwd=pw;Encrypt=yes", Some("Server=h;Uid=me;Pwd=;Encrypt=yes")),
            ("AccountName=a;AccountKey=ab+/==;X=1", Some("AccountName=a;AccountKey=;X=1")),
            ("host=h password='p w' dbname=d", Some("host=h password= dbname=d")),
            ("Server=h; Password = p w#,x;Pwd={a;b};E=1", Some("Server=h; Password =;Pwd=;E=1")),
            ("password=é", Some("password=")),
            ("host=h password=pw dbname=d", Some("host=h password= dbname=d")),
            ("--token=abc --steps=3", Some("--token= --steps=3")),
            ("https://h/x?page=2&max_tokens=5", None),
            ("ssh://git@github.com/a/b", None),
            ("https://example.com/@scope?x=a:b@c", None),
            ("me@example.com", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(without_credentials(text).as_deref(), expected, "{text}");
        }
    }
}
