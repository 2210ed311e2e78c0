//! Who we are to a registry.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use modelgate::docker::credentials::{create_repository, credentials};
use modelgate::fault::Fault;
use serde_json::json;
use tempfile::TempDir;

use super::common::moto::Moto;
use super::common::{docker, registry, skip};

const ECR: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "wJalr/sesame")];

/// `user:secret from …`, `none`, or the fault.
async fn told(registry: &str, variables: &[(&str, &str)]) -> String {
    match credentials(&docker("", variables), registry).await {
        Ok(Some(found)) => format!("{}:{} from {}", found.user, found.secret.to_str().unwrap(), found.from),
        Ok(None) => "none".into(),
        Err(fault) => shown(&fault),
    }
}

fn shown(fault: &Fault) -> String {
    let help = fault.remedy().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!("{fault}{help}")
}

#[tokio::test]
async fn what_is_written_down_goes_before_what_the_job_was_given() {
    let folder = TempDir::new().unwrap();
    // The base64 of `from:NAME`.
    let config = |auth: &str| json!({ "auths": { "ghcr.io": { "auth": auth } } }).to_string();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.parent().unwrap().display().to_string()
    };
    let home = write("docker/config.json", config("ZnJvbTpkb2NrZXI="));
    write("run/containers/auth.json", config("ZnJvbTpwb2RtYW4="));
    let runtime = folder.path().join("run").display().to_string();
    let mut variables = vec![
        ("GITHUB_ACTOR", "from"),
        ("GITHUB_TOKEN", "github"),
        ("MODELGATE_REGISTRY", "ghcr.io"),
        ("MODELGATE_REGISTRY_USER", "from"),
        ("MODELGATE_REGISTRY_PASSWORD", "us"),
        ("XDG_RUNTIME_DIR", &*runtime),
        ("DOCKER_CONFIG", &*home),
    ];
    let written = config("ZnJvbTp0ZXh0");
    variables.push(("DOCKER_AUTH_CONFIG", &*written));
    for said in ["text", "docker", "podman", "us", "github"] {
        let said_now = told("ghcr.io", &variables).await;
        assert!(said_now.starts_with(&format!("from:{said} from ")), "{said}: {said_now}");
        assert_eq!(told("ghcr.io.evil.com", &variables).await, "none");
        variables.pop();
    }
}

#[tokio::test]
async fn a_text_or_a_file_that_is_no_json_is_a_fault_without_its_content() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("config.json"), "{\"auths\": sesame}").unwrap();
    let home = folder.path().to_str().unwrap();
    let said = told("a.io", &[("DOCKER_CONFIG", home)]).await;
    assert!(said.contains("config.json: it is no JSON (line 1, column 11)"), "{said}");
    let said_text = told("a.io", &[("DOCKER_AUTH_CONFIG", "sesame")]).await;
    assert!(said_text.contains("DOCKER_AUTH_CONFIG: it is no JSON"), "{said_text}");
    let named = told("a.io", &[("REGISTRY_AUTH_FILE", "/nowhere/auth.json")]).await;
    assert!(named.contains("named by REGISTRY_AUTH_FILE: it is not there"), "{named}");
    assert!(![said, said_text, named].concat().contains("sesame"));
}

#[tokio::test]
async fn a_helper_that_docker_is_told_of_is_asked_and_then_the_file() {
    let folder = TempDir::new().unwrap();
    let program = folder.path().join("docker-credential-vault");
    let script = "#!/bin/sh\nread -r key\ncase $key in\n\
                  https://index.docker.io/v1/) echo '{\"Username\":\"hub\",\"Secret\":\"pw\"}' ;;\n\
                  locked.io) echo 'the vault is locked' >&2; exit 1 ;;\n\
                  *) echo 'credentials not found in native keychain'; exit 1 ;;\nesac\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let config = json!({
        "credsStore": "vault",
        "credHelpers": { "own.io": "nowhere" },
        "auths": { "both.io": { "auth": "bWU6cHc=" }, "docker.io": { "auth": "bWU6cHc=" }, "empty.io": {} },
    });
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let variables = [("PATH", &*path), ("DOCKER_CONFIG", folder.path().to_str().unwrap())];
    assert_eq!(told("docker.io", &variables).await, "hub:pw from the helper vault");
    assert!(told("both.io", &variables).await.starts_with("me:pw from the file "));
    assert_eq!(told("empty.io", &variables).await, "none");
    assert_eq!(told("other.io", &variables).await, "none");
    let locked = told("locked.io", &variables).await;
    assert!(locked.contains("docker-credential-vault for the credentials for locked.io: it failed: the vault is locked\nhelp: "), "{locked}");
    let own = told("own.io", &variables).await;
    assert!(own.contains("docker-credential-nowhere") && own.contains("it is not in PATH"), "{own}");
    assert!(own.contains("config.json"), "{own}");
}

/// What docker's own client writes is what we read, and what we read opens the registry.
#[tokio::test]
async fn a_login_of_dockers_opens_the_registry() {
    const NAME: &str = "a_login_of_dockers_opens_the_registry";
    let Some(registry) = registry() else { return skip(NAME, "no registry") };
    let Some(address) = super::common::engine() else { return skip(NAME, "no engine") };
    let folder = TempDir::new().unwrap();
    let home = folder.path().to_str().unwrap();
    let mut login = Command::new("docker");
    login.env("DOCKER_CONFIG", home).env("DOCKER_HOST", &address).stdin(Stdio::piped());
    login.args(["login", "--username", "modelgate", "--password-stdin", &registry]);
    let started = login.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = started else { return skip(NAME, "no docker client") };
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"let+me/in").unwrap();
    let said = child.wait_with_output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let found = credentials(&docker("", &[("DOCKER_CONFIG", home)]), &registry).await.unwrap().unwrap();
    let secret = found.secret.into_string().unwrap();
    assert_eq!((&*found.user, &*secret), ("modelgate", "let+me/in"));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = client.get(format!("http://{registry}/v2/")).basic_auth(found.user, Some(secret));
    assert_eq!(get.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn ecr_gives_a_password_and_makes_a_repository() {
    const NAME: &str = "ecr_gives_a_password_and_makes_a_repository";
    let Some(moto) = Moto::start() else { return skip(NAME, "no moto_server") };
    let endpoint = ("AWS_ENDPOINT_URL", &*moto.address);
    let with_keys = [&KEYS[..], &[endpoint]].concat();
    let said = told(ECR, &with_keys).await;
    assert!(
        said.starts_with("AWS:")
            && said.ends_with(" from ECR, by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        "{said}"
    );
    let docker = docker("", &with_keys);
    assert!(create_repository(&docker, ECR, "team/churn").await.unwrap());
    assert!(!create_repository(&docker, ECR, "team/churn").await.unwrap());
    let refused = create_repository(&docker, ECR, "Team/Churn").await.unwrap_err();
    assert!(shown(&refused).contains("InvalidParameterException"), "{}", shown(&refused));

    // With a role that the job may assume, as in a cluster and in GitHub's OpenID Connect.
    let folder = TempDir::new().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "header.payload.signature\n").unwrap();
    let role = [
        endpoint,
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/push"),
    ];
    let said = told(ECR, &role).await;
    let whole = "from ECR, by the role arn:aws:iam::123456789012:role/push";
    assert!(said.starts_with("AWS:") && said.ends_with(whole), "{said}");
}

#[tokio::test]
async fn without_an_identity_nobody_is_asked() {
    assert_eq!(told(ECR, &[]).await, "none");
    let all = [&KEYS[..], &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]].concat();
    assert_eq!(told(&format!("{ECR}.evil.com"), &all).await, "none");
    let refused = create_repository(&docker("", &all), "ghcr.io", "a").await.unwrap_err();
    assert!(shown(&refused).contains("only Amazon's ECR"), "{}", shown(&refused));
    let missing = create_repository(&docker("", &[]), ECR, "a").await.unwrap_err();
    assert!(shown(&missing).contains("AWS_ACCESS_KEY_ID"), "{}", shown(&missing));
}

/// What was asked: path, headers and body.
#[derive(Debug, Clone)]
struct Asked {
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
}

/// A server that gives these answers, one after the other, and the last one again.
#[derive(Clone)]
struct Answers {
    left: Arc<Mutex<Vec<(u16, String)>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

async fn answer(State(answers): State<Answers>, request: Request) -> Response {
    let path = request.uri().to_string();
    let headers = request.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    answers.asked.lock().unwrap().push(Asked { path, headers, body });
    let mut left = answers.left.lock().unwrap();
    let (status, text) = if left.len() > 1 { left.remove(0) } else { left[0].clone() };
    (StatusCode::from_u16(status).unwrap(), text).into_response()
}

async fn serve(answers: &[(u16, &str)]) -> (String, Arc<Mutex<Vec<Asked>>>) {
    let left = answers.iter().map(|(status, text)| (*status, (*text).to_owned())).collect();
    let answers = Answers { left: Arc::new(Mutex::new(left)), asked: Arc::default() };
    let asked = Arc::clone(&answers.asked);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(answer).with_state(answers);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, asked)
}

/// The password `pw` for the user `AWS`.
const TOKEN: &str =
    r#"{"authorizationData":[{"authorizationToken":"QVdTOnB3","proxyEndpoint":"https://x"}]}"#;

#[tokio::test]
async fn a_request_to_ecr_is_signed_and_sent_again_when_ecr_stumbles() {
    let (address, asked) = serve(&[(500, ""), (429, "{}"), (200, TOKEN)]).await;
    let session = ("AWS_SESSION_TOKEN", "session");
    let variables = [
        &KEYS[..],
        &[session, ("AWS_ENDPOINT_URL_ECR", &address), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")],
    ];
    let said = told(ECR, &variables.concat()).await;
    assert_eq!(said, "AWS:pw from ECR, by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 3);
    let Asked { path, headers, body } = &asked[2];
    assert_eq!((&**path, &**body), ("/", "{}"));
    assert_eq!(headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(headers["x-amz-target"], "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken");
    assert_eq!(headers["x-amz-security-token"], "session");
    let signed = &headers["authorization"];
    assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signed}");
    assert!(signed.contains("/eu-central-1/ecr/aws4_request, "), "{signed}");
    let names = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,";
    assert!(signed.contains(names), "{signed}");
    assert!(!format!("{asked:?}").contains("sesame"));
}

#[tokio::test]
async fn what_aws_says_is_shown_without_secrets() {
    for (status, text, shown) in [
        (
            400,
            r#"{"__type":"AccessDeniedException","Message":"not authorized to perform"}"#,
            "AccessDeniedException: not authorized to perform\nhelp: check AWS_ACCESS_KEY_ID",
        ),
        (
            403,
            r#"{"__type":"com.amazonaws#InvalidSignatureException","message":"wrong wJalr/sesame session\nThe Canonical String was x-amz-security-token:session"}"#,
            "InvalidSignatureException: wrong *** ***\nhelp",
        ),
        (404, "<html>", "status 404\nhelp"),
        (302, "", "status 302\nhelp"),
        (200, "<html>", "what answers is not AWS"),
        (200, r#"{"authorizationData":[]}"#, "the answer holds no token"),
    ] {
        let (address, asked) = serve(&[(status, text)]).await;
        let variables = [&KEYS[..], &[("AWS_SESSION_TOKEN", "session"), ("AWS_ENDPOINT_URL", &address)]];
        let said = told(ECR, &variables.concat()).await;
        assert!(said.contains(shown), "{said}");
        assert!(!said.contains("sesame") && !said.contains("session"), "{said}");
        let tries = if text == "<html>" && status == 200 { 3 } else { 1 };
        assert_eq!(asked.lock().unwrap().len(), tries, "{said}");
    }
    let gone = [&KEYS[..], &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]].concat();
    let said = told(ECR, &gone).await;
    assert!(said.contains("get a password") && said.contains("refused"), "{said}");
    let wrong = [&KEYS[..], &[("AWS_ENDPOINT_URL", "sesame")]].concat();
    assert!(told(ECR, &wrong).await.contains("AWS_ENDPOINT_URL holds no address"));
}

#[tokio::test]
async fn a_role_is_assumed_with_the_jobs_token() {
    let xml = |inner: &str| {
        format!(
            "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <AssumeRoleWithWebIdentityResult><Credentials>{inner}</Credentials>\
             </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        )
    };
    let keys = "<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s3/k</SecretAccessKey><SessionToken>st+/=</SessionToken>";
    let (ecr, at_ecr) = serve(&[(200, TOKEN)]).await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("token");
    let token = file.to_str().unwrap().to_owned();
    let ask = async |sts: &str| {
        let role = ("AWS_ROLE_ARN", "arn:aws:iam::1:role/a+b");
        let named = ("AWS_WEB_IDENTITY_TOKEN_FILE", &*token);
        told(ECR, &[role, named, ("AWS_ENDPOINT_URL_STS", sts), ("AWS_ENDPOINT_URL_ECR", &ecr)]).await
    };
    let (sts, at_sts) = serve(&[(200, &xml(keys))]).await;
    assert!(ask(&sts).await.contains("token: No such file"));
    std::fs::write(&file, " \n").unwrap();
    assert!(ask(&sts).await.contains("token: it is empty"));
    std::fs::write(&file, "head.sesame.sign\n").unwrap();
    assert_eq!(ask(&sts).await, "AWS:pw from ECR, by the role arn:aws:iam::1:role/a+b");
    let asked = at_sts.lock().unwrap().clone();
    assert_eq!(asked.len(), 1, "nobody is asked without a token");
    assert_eq!(
        asked[0].body,
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%2Bb\
         &RoleSessionName=modelgate&WebIdentityToken=head.sesame.sign"
    );
    assert!(!asked[0].headers.contains_key("authorization"));
    assert_eq!(at_ecr.lock().unwrap()[0].headers["x-amz-security-token"], "st+/=");
    for (status, text, shown) in [
        (
            400,
            "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>head.sesame.sign is late</Message></Error></ErrorResponse>".to_owned(),
            "InvalidIdentityToken: *** is late\nhelp: check AWS_ROLE_ARN",
        ),
        (403, "no".into(), "status 403"),
        (200, xml("<AccessKeyId>ASIA</AccessKeyId>"), "what answers is not AWS"),
        (200, "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>".into(), "what answers is not AWS"),
    ] {
        let (sts, _) = serve(&[(status, &text)]).await;
        let said = ask(&sts).await;
        assert!(said.contains(shown) && !said.contains("sesame"), "{said}");
    }
}

#[tokio::test]
async fn a_containers_host_knows_who_we_are() {
    let keys =
        r#"{"AccessKeyId":"ASIA","SecretAccessKey":"s3/k","Token":"st","Expiration":"2030-01-01T00:00:00Z"}"#;
    let (ecr, at_ecr) = serve(&[(200, TOKEN)]).await;
    let (host, asked) = serve(&[(200, keys)]).await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "Bearer of-the-file\n").unwrap();
    let uri = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*format!("{host}/v1/creds?a=b"));
    let ecr = ("AWS_ENDPOINT_URL_ECR", &*ecr);
    let token = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of-the-variable");
    let in_file = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap());
    for (variables, authorization) in [
        (vec![uri, ecr], None),
        (vec![uri, ecr, token], Some("of-the-variable")),
        (vec![uri, ecr, token, in_file], Some("Bearer of-the-file")),
    ] {
        assert_eq!(told(ECR, &variables).await, "AWS:pw from ECR, by the container's credentials");
        let asked = asked.lock().unwrap().last().unwrap().clone();
        assert_eq!(asked.path, "/v1/creds?a=b");
        assert_eq!(asked.headers.get("authorization").map(String::as_str), authorization);
    }
    assert_eq!(at_ecr.lock().unwrap()[0].headers["x-amz-security-token"], "st");
    let far = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://creds.example.com/");
    let said = told(ECR, &[far, token]).await;
    assert!(
        said.contains("plain http is only for this machine") && !said.contains("of-the-variable"),
        "{said}"
    );
    let (broken, _) =
        serve(&[(403, r#"{"code":"AccessDenied","message":"of-the-variable is no token"}"#)]).await;
    let said = told(ECR, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &broken), token]).await;
    assert!(said.contains("AccessDenied: *** is no token"), "{said}");
}

#[tokio::test]
async fn an_interrupt_ends_the_asking() {
    use modelgate::clock::Clock;
    use modelgate::console::{Console, Verbosity};
    use modelgate::context::{Forge, Variables};
    use modelgate::interrupt::{Interrupt, Signal};
    // Accepts and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let pairs = [&KEYS[..], &[("AWS_ENDPOINT_URL", &address)]].concat();
    let variables: Variables = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let clock = Clock { wall: std::time::SystemTime::now, steady: std::time::Instant::now };
    let console = Console::new(Box::new(std::io::sink()), Forge::Local, Verbosity::Quiet, false, clock);
    let (hand, interrupt) = Interrupt::channel();
    let docker = modelgate::docker::Docker::new(variables, console, interrupt, clock);
    let asking = credentials(&docker, ECR);
    let stop = async { hand.raise(Signal::Interrupt) };
    let (said, ()) =
        tokio::time::timeout(Duration::from_secs(5), async { tokio::join!(asking, stop) }).await.unwrap();
    assert!(said.unwrap_err().to_string().ends_with("interrupted"));
}
