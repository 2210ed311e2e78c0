//! S3, as moto does it.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::common::{skip, tool, until};
use super::{SECRET, assert_clean, assert_same_as_local, evidence, files, findings, project, sets};

struct Moto {
    child: Child,
    address: String,
    _folder: TempDir,
}

impl Moto {
    fn start() -> Option<Self> {
        let program = tool("moto_server")?;
        let folder = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]).current_dir(folder.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let moto = Self { child, address: format!("http://127.0.0.1:{port}"), _folder: folder };
        until("moto listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(moto)
    }

    fn put(&self, path: &str, body: &str) {
        let url = format!("{}/{path}", self.address);
        let body = body.to_owned();
        let put = async move {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            client.put(url).body(body).send().await.unwrap().status()
        };
        let status = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(put);
        assert_eq!(status, 200, "{path}");
    }

    /// What a job sets.
    fn variables(&self) -> Vec<(&str, &str)> {
        vec![
            ("AWS_ENDPOINT_URL", &self.address),
            ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_REGION", "us-east-1"),
        ]
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn sets_are_objects_folders_and_globs_of_s3() {
    const NAME: &str = "sets_are_objects_folders_and_globs_of_s3";
    let Some(moto) = Moto::start() else { return skip(NAME, "no moto_server") };
    let [train, test, live] = sets();
    moto.put("churn", "");
    moto.put("churn/data/train.csv", &train);
    moto.put("churn/data/test/", "");
    moto.put("churn/data/test/part 1+é.csv", &test);
    moto.put("churn/data/test/_SUCCESS", "");
    moto.put("churn/data/live/part-0.csv", &live);
    let project = project("s3://churn/data/train.csv", "s3://churn/data/test/", "s3://churn/**/live/part-?.csv");
    let said = project.modelgate_with(&["data"], &moto.variables());
    assert_eq!(said.code, 0, "{}", said.err);
    assert_clean(&project, &said);
    assert_same_as_local(&project);
    assert_eq!(files(&project, "test"), ["s3://churn/data/test/part 1+é.csv"]);
    assert_eq!(files(&project, "live"), ["s3://churn/data/live/part-0.csv"]);
}

#[test]
fn folders_of_s3_that_name_columns_are_columns() {
    const NAME: &str = "folders_of_s3_that_name_columns_are_columns";
    let Some(moto) = Moto::start() else { return skip(NAME, "no moto_server") };
    let [_, test, live] = sets();
    moto.put("churn", "");
    moto.put("churn/d/day=2026-01-01/p.csv", &live);
    moto.put("churn/d/day=2026-01-02/p.csv", &test);
    let project = project("data/train.csv", "data/test.csv", "s3://churn/d/day=*/*.csv");
    let said = project.modelgate_with(&["data"], &moto.variables());
    let data = evidence(&project);
    assert_eq!(data["sets"]["live"]["rows"], 600, "{}", said.err);
    let new = findings(&project);
    assert!(new.iter().any(|found| found["code"] == "data-column-new" && found["message"].to_string().contains("day")), "{new:?}");
}

#[test]
fn what_s3_has_not_and_does_not_give_is_a_finding() {
    const NAME: &str = "what_s3_has_not_and_does_not_give_is_a_finding";
    let Some(moto) = Moto::start() else { return skip(NAME, "no moto_server") };
    moto.put("churn", "");
    moto.put("churn/data/train.csv", "a\n1\n");
    let told = |address: &str, variables: &[(&str, &str)]| {
        let project = project("data/train.csv", "data/test.csv", address);
        let said = project.modelgate_with(&["data"], variables);
        assert_eq!(said.code, 11, "{}", said.err);
        assert_clean(&project, &said);
        let found = findings(&project);
        let text = |key: &str| found[0][key].as_str().unwrap_or_default().to_owned();
        format!("{}: {} ({})", text("code"), text("message"), text("help"))
    };
    for (address, parts) in [
        ("s3://churn/data/trian.csv", ["data-file-missing", "did you mean «s3://churn/data/train.csv»?"]),
        ("s3://none/data/train.csv", ["data-file-missing", "no such bucket"]),
        ("s3://churn/none/", ["data-file-missing", "no object lies there"]),
        ("s3://churn/*.parquet", ["data-file-missing", "no object matches"]),
        ("s3://none/*.parquet", ["data-file-missing", "no such bucket"]),
    ] {
        let said = told(address, &moto.variables());
        assert!(parts.iter().all(|part| said.contains(part)), "{address}: {said}");
    }
    // No machine tells who it is, and no variable does.
    let nobody = [("AWS_ENDPOINT_URL", &*moto.address), ("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")];
    let said = told("s3://churn/data/train.csv", &nobody);
    assert!(said.starts_with("data-forbidden") && said.contains("AWS_ACCESS_KEY_ID"), "{said}");
    // A bucket that everybody may read needs none.
    let public = [("AWS_ENDPOINT_URL", &*moto.address), ("AWS_SKIP_SIGNATURE", "true")];
    assert!(told("s3://churn/data/trian.csv", &public).contains("did you mean"));
}
