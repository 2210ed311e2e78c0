//! S3, as moto does it.

use super::common::moto::Moto;
use super::common::skip;
use super::far::{Far, write};
use super::{SECRET, assert_clean, assert_same_as_local, evidence, files, findings, project, put_to, sets};

/// Makes a bucket, or an object of one.
fn put(moto: &Moto, path: &str, body: &str) {
    let (status, said) = put_to(&format!("{}/{path}", moto.address), &[], body);
    assert_eq!(status, 200, "{path}: {said}");
}

/// What a job sets.
fn variables(moto: &Moto) -> Vec<(&str, &str)> {
    vec![
        ("AWS_ENDPOINT_URL", &moto.address),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_REGION", "us-east-1"),
    ]
}

#[test]
fn sets_are_objects_folders_and_globs_of_s3() {
    const NAME: &str = "sets_are_objects_folders_and_globs_of_s3";
    let Some(moto) = Moto::start() else { return skip(NAME, "no moto_server") };
    let [train, test, live] = sets();
    put(&moto, "churn", "");
    put(&moto, "churn/data/train.csv", &train);
    put(&moto, "churn/data/test/", "");
    put(&moto, "churn/data/test/part 1+é.csv", &test);
    put(&moto, "churn/data/test/_SUCCESS", "");
    put(&moto, "churn/data/live/part-0.csv", &live);
    let project =
        project("s3://churn/data/train.csv", "s3://churn/data/test/", "s3://churn/**/live/part-?.csv");
    let said = project.modelgate_with(&["data"], &variables(&moto));
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
    put(&moto, "churn", "");
    put(&moto, "churn/d/day=2026-01-01/p.csv", &live);
    put(&moto, "churn/d/day=2026-01-02/p.csv", &test);
    let project = project("data/train.csv", "data/test.csv", "s3://churn/d/day=*/*.csv");
    let said = project.modelgate_with(&["data"], &variables(&moto));
    let data = evidence(&project);
    assert_eq!(data["sets"]["live"]["rows"], 600, "{}", said.err);
    let new = findings(&project);
    assert!(
        new.iter()
            .any(|found| found["code"] == "data-column-new" && found["message"].to_string().contains("day")),
        "{new:?}"
    );
}

#[test]
fn what_s3_has_not_and_does_not_give_is_a_finding() {
    const NAME: &str = "what_s3_has_not_and_does_not_give_is_a_finding";
    let Some(moto) = Moto::start() else { return skip(NAME, "no moto_server") };
    put(&moto, "churn", "");
    put(&moto, "churn/data/train.csv", "a\n1\n");
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
        let said = told(address, &variables(&moto));
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

/// What is said of an object whose store answers so.
fn refused(status: &'static str, headers: &'static str, body: &'static str) -> String {
    let far = Far::new(move |request, stream| {
        let body = if request.method == "HEAD" { "" } else { body };
        write(stream, status, headers, body.as_bytes());
    });
    let endpoint = far.at("");
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let project = project("data/train.csv", "data/test.csv", "s3://churn/*.csv");
    let said = project.modelgate_with(&["data"], &[&keys[..], &[("AWS_ENDPOINT_URL", &*endpoint)]].concat());
    assert_eq!(said.code, 11, "{}", said.err);
    assert_clean(&project, &said);
    let found = findings(&project);
    let text = |key: &str| found[0][key].as_str().unwrap_or_default().to_owned();
    format!("{}: {} ({})", text("code"), text("message"), text("help"))
}

#[test]
fn what_s3_refuses_is_told_in_its_own_word_and_nothing_else_of_it() {
    let denied = "<Error><Code>AccessDenied</Code><Message>geheim</Message><StringToSign>geheim</StringToSign></Error>";
    let said = refused("403 Forbidden", "", denied);
    assert!(said.starts_with("data-forbidden") && said.contains("403 (AccessDenied)"), "{said}");
    assert!(said.contains("AWS_ACCESS_KEY_ID was used"), "{said}");
    let said = refused(
        "301 Moved Permanently",
        "x-amz-bucket-region: eu-west-1\r\n",
        "<Error><Code>PermanentRedirect</Code></Error>",
    );
    assert!(said.starts_with("data-unreachable") && said.contains("set AWS_REGION=eu-west-1"), "{said}");
    // Its credentials are not for whoever it names.
    let said = refused("307 Temporary Redirect", "Location: http://127.0.0.1:1/geheim\r\n", "");
    assert!(said.starts_with("data-unreachable") && said.contains("status 307"), "{said}");
    let said = refused("503 Slow Down", "Retry-After: 0\r\n", "<Error><Code>SlowDown</Code></Error>");
    assert!(said.starts_with("data-unreachable") && said.contains("503 (SlowDown)"), "{said}");
    let said = refused("200 OK", "", "this is no list");
    assert!(said.starts_with("data-unreachable"), "{said}");
}

#[test]
fn an_endpoint_without_tls_has_to_be_allowed() {
    // Nobody is asked: the name is one that leads nowhere.
    let endpoint = [("AWS_ENDPOINT_URL", "http://store.invalid"), ("AWS_SKIP_SIGNATURE", "true")];
    let project = project("data/train.csv", "data/test.csv", "s3://churn/*.csv");
    assert_eq!(project.modelgate_with(&["data"], &endpoint).code, 11);
    let found = findings(&project);
    assert!(found[0]["message"].to_string().contains("not encrypted"), "{found:?}");
    assert!(found[0]["help"].to_string().contains("AWS_ALLOW_HTTP=true"), "{found:?}");
}
