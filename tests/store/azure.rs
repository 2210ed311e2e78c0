//! Azure Blob Storage, as azurite does it.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::common::{node_modules, skip, until};
use super::{assert_clean, assert_same_as_local, files, findings, project, put_to, sets};

/// The account and the key that azurite publishes for everybody.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const DATE: &str = "Fri, 02 Jan 2026 03:04:05 GMT";

struct Azurite {
    child: Child,
    port: u16,
}

impl Azurite {
    fn start() -> Option<Self> {
        let program = node_modules()?.join("azurite/dist/src/blob/main.js");
        if !program.exists() {
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("node");
        command.arg(program).args(["--blobPort", &port.to_string(), "--inMemoryPersistence"]);
        command.args(["--skipApiVersionCheck", "--disableTelemetry", "--silent"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let azurite = Self { child, port };
        until("azurite listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(azurite)
    }

    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/{ACCOUNT}", self.port)
    }

    /// Makes a container, or a blob, signed with the account's key:
    /// <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>
    fn put(&self, path: &str, query: &str, kind: &str, body: &str) {
        let length = if body.is_empty() { String::new() } else { body.len().to_string() };
        let mut headers = vec![("x-ms-date", DATE), ("x-ms-version", "2021-08-06")];
        if !kind.is_empty() {
            headers.insert(0, ("x-ms-blob-type", kind));
        }
        let canonical: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let asked = if query.is_empty() { String::new() } else { format!("\n{}", query.replace('=', ":")) };
        let resource = format!("/{ACCOUNT}/{ACCOUNT}/{path}{asked}");
        let text = format!("PUT\n\n\n{length}\n\n\n\n\n\n\n\n\n{canonical}{resource}");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(KEY).unwrap());
        let signed = STANDARD.encode(hmac::sign(&key, text.as_bytes()));
        let url = format!("{}/{path}?{query}", self.endpoint());
        let authorization = format!("SharedKey {ACCOUNT}:{signed}");
        headers.push(("authorization", &authorization));
        let (status, said) = put_to(&url, &headers, body);
        assert_eq!(status, 201, "{path}: {said}");
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn sets_are_blobs_folders_and_globs_of_azure() {
    const NAME: &str = "sets_are_blobs_folders_and_globs_of_azure";
    let Some(azurite) = Azurite::start() else { return skip(NAME, "no azurite") };
    let [train, test, live] = sets();
    azurite.put("churn", "restype=container", "", "");
    azurite.put("churn/data/train.csv", "", "BlockBlob", &train);
    azurite.put("churn/data/test/a.csv", "", "BlockBlob", &test);
    azurite.put("churn/data/live/a.csv", "", "BlockBlob", &live);
    let endpoint = azurite.endpoint();
    let variables = [
        ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT),
        ("AZURE_STORAGE_ACCOUNT_KEY", KEY),
        ("AZURE_STORAGE_ENDPOINT", &*endpoint),
    ];
    let address = format!("abfss://churn@{ACCOUNT}.dfs.core.windows.net/data/live/*.csv");
    let whole = project("az://churn/data/train.csv", "az://churn/data/test/", &address);
    let said = whole.modelgate_with(&["data"], &variables);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_clean(&whole, &said);
    assert_same_as_local(&whole);
    let shown = format!("abfss://churn@{ACCOUNT}.dfs.core.windows.net/data/live/a.csv");
    assert_eq!(files(&whole, "live"), [shown]);

    let told = |address: &str, variables: &[(&str, &str)]| {
        let project = project("data/train.csv", "data/test.csv", address);
        let said = project.modelgate_with(&["data"], variables);
        assert_eq!(said.code, 11, "{}", said.err);
        assert!(!said.err.contains(KEY), "{}", said.err);
        findings(&project)[0].to_string()
    };
    let said = told("az://churn/data/trian.csv", &variables);
    assert!(said.contains("data-file-missing") && said.contains("did you mean"), "{said}");
    let said = told("az://none/data/", &variables);
    assert!(said.contains("no such bucket"), "{said}");
    let wrong = KEY.replace("Eby8", "Fby8");
    let said = told(
        "az://churn/data/train.csv",
        &[variables[0], ("AZURE_STORAGE_ACCOUNT_KEY", &wrong), variables[2]],
    );
    assert!(said.contains("data-forbidden") && said.contains("AZURE_STORAGE_ACCOUNT_KEY was used"), "{said}");
    let said = told("az://churn/data/train.csv", &[]);
    assert!(said.contains("data-forbidden") && said.contains("AZURE_STORAGE_ACCOUNT_NAME"), "{said}");
}
