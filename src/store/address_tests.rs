//! What is an address, and what is seen of it.

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

fn shown(text: &str) -> String {
    match Address::parse(text) {
        Ok(address) => address.shown(),
        Err(no) => format!("{}: {}", no.message, no.help),
    }
}

#[test]
fn addresses_are_told_from_paths() {
    for address in
        ["s3://b/k", "S3://b/k", "ftp://x", "s3:/b", "https://h/a", "abfss://c@a.dfs.core.windows.net/k"]
    {
        assert!(is_address(address), "{address}");
    }
    for path in ["a.csv", "data/s3/a.csv", "/s3://x", "C:/data", "a:b", "b/c://d", "", "ä://x"] {
        assert!(!is_address(path), "{path}");
    }
}

#[test]
fn what_is_shown_is_scheme_host_and_path() {
    for (text, is) in [
        ("s3://b/data/*.parquet", "s3://b/data/*.parquet"),
        ("S3A://b", "s3a://b/"),
        ("gs://b/a b%20c.csv", "gs://b/a b%20c.csv"),
        ("az://c/d/", "az://c/d/"),
        ("abfss://c@acct.dfs.core.windows.net/d.csv", "abfss://c@acct.dfs.core.windows.net/d.csv"),
        ("https://example.com:8443/a.csv?X-Amz-Signature=geheim#part", "https://example.com:8443/a.csv"),
        ("https://example.com", "https://example.com/"),
        ("http://[::1]:80/a", "http://[::1]/a"),
    ] {
        assert_eq!(shown(text), is);
    }
    let secret = Address::parse("https://h/a?sig=geheim").unwrap();
    assert_eq!(format!("{secret:?}"), "https://h/a");
}

#[test]
fn what_is_wrong_with_an_address_is_said_without_its_secrets() {
    for (text, part) in [
        ("s3:/x/y", "`s3://x/y`"),
        ("s3://", "names no bucket"),
        ("s3:///k", "names no bucket"),
        ("az:///k", "names no container"),
        ("s3://b*/k", "«b*» is no name of a bucket"),
        ("s3://../k", "no name of a bucket"),
        ("abfss://c@/k", "names no account"),
        ("ftp://h/a", "«ftp://»"),
        ("htps://h/a", "did you mean `https://`"),
        ("gcs://b/k", "did you mean `gs://`"),
        ("s3://b/[a", "not a glob"),
        ("https://h/*.csv", "no globs"),
        ("https:///", "no address"),
        ("https://me:geheim@h/a", "user or a password"),
        ("https://geheim@h/a", "user or a password"),
        ("s3://id:geheim@b/k", "user or a password"),
        ("s3:/id:geheim@b/k?geheim", "`s3://b/k`"),
        ("az://c:geheim@b/k", "user or a password"),
    ] {
        let said = shown(text);
        assert!(said.contains(part), "{text}: {said}");
        assert!(!said.contains("geheim"), "{text}: {said}");
    }
}

#[test]
fn a_glob_begins_at_a_folder() {
    let glob = |text: &str| match Address::parse(text).unwrap() {
        Address::Object(objects) => objects.glob().unwrap().map(|(folder, _)| folder.to_owned()),
        Address::Web(_) => panic!("an object"),
    };
    assert_eq!(glob("s3://b/data/a.csv"), None);
    assert_eq!(glob("s3://b/data/x-*.csv"), Some("data/".into()));
    assert_eq!(glob("s3://b/**"), Some(String::new()));
}

#[test]
fn a_line_of_text_shows_no_secret_of_an_address() {
    for (line, safe) in [
        ("train: https://u:p@h/a.csv # x", "train: https://***@h/a.csv # x"),
        ("- 'http://h/a?sig=x&y=z'", "- 'http://h/a?*********'"),
        ("[s3://id:se@b/k, gs://b/a?.csv]", "[s3://*****@b/k, gs://b/a?.csv]"),
        ("abfss://c@a.dfs.core.windows.net/k", "abfss://c@a.dfs.core.windows.net/k"),
        ("nothing: here", "nothing: here"),
    ] {
        assert_eq!(without_secrets(line), safe);
    }
}

proptest! {
    #[test]
    fn no_text_stops_us(text in ".{0,60}", scheme in "(s3|gs|az|abfss|https|http|x):/{0,3}") {
        let address = scheme + &text;
        let _ = is_address(&address);
        let _ = Address::parse(&address).map(|address| address.shown());
        prop_assert_eq!(without_secrets(&address).chars().count(), address.chars().count());
    }

    #[test]
    fn a_user_a_password_and_a_query_are_never_shown(user in "[a-z]{9}", query in "[A-Z]{9}") {
        for address in [format!("https://{user}:{query}@h/p"), format!("https://h/p?{query}"), format!("s3://{user}:{query}@b/k")] {
            let all = format!("{} {}", shown(&address), without_secrets(&format!("x: {address}")));
            prop_assert!(!all.contains(&user) && !all.contains(&query), "{}", all);
        }
    }
}

#[test]
fn queries_are_shown_of_no_address() {
    for text in [
        "az://c/x.csv?sv=1&sig=geheim",
        "s3://b/x.csv?sig=geheim",
        "ftp://h/x?sig=geheim",
        "azure://c/x?sig=geheim",
        "http:/h/x?sig=geheim",
        "HTTPS://h/*.csv?sig=geheim",
    ] {
        let line = format!("    live: \"{text}\"");
        assert!(!without_secrets(&line).contains("geheim"), "{}", without_secrets(&line));
        assert_eq!(without_secrets(&line).chars().count(), line.chars().count());
        assert!(!shown(text).contains("geheim"), "{}", shown(text));
        if let Err(no) = Address::parse(text) {
            assert!(!no.message.contains("geheim") && !no.help.contains("geheim"), "{no:?}");
        }
    }
    assert!(Address::parse("s3://b/x.csv?sig=geheim").is_err());
    assert!(Address::parse("s3://b/day=?/hour=*/x?.csv").is_ok(), "marks of a glob");
    assert_eq!(without_secrets("s3://b/day=?/x?.csv"), "s3://b/day=?/x?.csv");
}
