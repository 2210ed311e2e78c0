#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::*;

fn told(tagged: &str, credentials: Option<&Credentials>, refusals: &[(Kind, &str)]) -> String {
    let target = Target::parse(tagged).unwrap();
    let show = |finding: Finding| {
        format!("{}: {}\n  help: {}\n", finding.code, finding.message, finding.help.unwrap_or_default())
    };
    let tell = |(kind, said): &(Kind, &str)| {
        let refusal = Refusal::new(*kind, said);
        let tries = if refusal.may_pass() { 5 } else { 1 };
        show(Attempt { target: &target, credentials, tries }.refused(&refusal))
    };
    refusals.iter().map(tell).collect::<Vec<_>>().join("\n")
}

fn login() -> Credentials {
    Credentials {
        user: "ci".into(),
        secret: "sesame".into(),
        from: "the file /root/.docker/config.json".into(),
    }
}

#[test]
fn each_refusal_says_what_to_do() {
    let (registry, login) = ("registry.example.com/team/churn:abc", login());
    let denied = told(
        registry,
        Some(&login),
        &[
            (Kind::Unauthorized, "unauthorized: authentication required"),
            (Kind::Denied, "denied: requested access to the resource is denied"),
            (Kind::NoRepository, "name unknown: repository not found"),
            (Kind::Immutable, "tag is immutable"),
        ],
    );
    let stranger = told(registry, None, &[(Kind::Unauthorized, "no basic auth credentials")]);
    let failed = told(
        registry,
        Some(&login),
        &[
            (Kind::Full, "no space left on device"),
            (Kind::Limited(Some(Duration::from_secs(7200))), "toomanyrequests: slow down"),
            (Kind::Limited(None), "toomanyrequests: slow down"),
            (Kind::Failing, "EOF"),
            (Kind::Unreachable, "connect: connection refused"),
            (Kind::Untrusted, "x509: certificate signed by unknown authority"),
            (Kind::Plain, "http: server gave HTTP response to HTTPS client"),
            (Kind::Other, "manifest invalid"),
            (Kind::Other, ""),
        ],
    );
    insta::assert_snapshot!([denied, stranger, failed].join("\n"));
}

#[test]
fn registries_with_ways_of_their_own_get_their_own_help() {
    let login = login();
    let token = Credentials { user: String::new(), ..login.clone() };
    let refusals = [(Kind::Unauthorized, ""), (Kind::Denied, "denied: permission_denied: write_package")];
    let github = told("ghcr.io/acme/churn:1", Some(&token), &refusals);
    let amazon = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:1";
    let amazon = told(amazon, Some(&login), &[(Kind::NoRepository, "name unknown: does not exist")]);
    insta::assert_snapshot!([github, amazon].join("\n"));
}

#[test]
fn what_cannot_be_seen_says_why() {
    let target = Target::parse("registry.example.com/churn:1").unwrap();
    let attempt = Attempt { target: &target, credentials: None, tries: 1 };
    let show =
        |finding: Finding| format!("{}\n  help: {}\n", finding.message, finding.help.unwrap_or_default());
    let refusals = [
        Refusal::new(Kind::Untrusted, "invalid peer certificate: UnknownIssuer"),
        Refusal::new(Kind::Plain, "received corrupt message"),
        Refusal::new(Kind::Unreachable, "connection refused"),
        Refusal::new(Kind::Denied, "status 403 Forbidden"),
    ];
    let mut all: Vec<String> = refusals.iter().map(|refusal| show(attempt.not_shown(refusal))).collect();
    all.push(show(attempt.not_begun(&refusals[0])));
    all.push(show(attempt.not_ours("it is of another image")));
    all.push(show(attempt.not_created(&Fault::new("create the repository churn", "status 403"))));
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn only_amazons_own_hosts_are_amazons() {
    for ecr in [
        "1.dkr.ecr.eu-west-1.amazonaws.com",
        "1.dkr.ecr-fips.us-east-1.amazonaws.com",
        "1.dkr.ecr.cn-north-1.amazonaws.com.cn",
    ] {
        assert!(is_ecr(ecr), "{ecr}");
    }
    for other in ["1.dkr.ecr.eu-west-1.amazonaws.com.evil.com", "amazonaws.com", "ghcr.io", "public.ecr.aws"]
    {
        assert!(!is_ecr(other), "{other}");
    }
}
