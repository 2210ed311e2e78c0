//! Object stores: how they are opened, by the variables that their own tools know, and what lies in them.

use std::sync::Arc;

use futures_util::TryStreamExt;
use globset::Glob;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig};

use super::address::{Kind, Objects};
use super::connect::Connector;
use super::credentials::{beginning, broken, text};
use super::source::Item;
use super::trouble::{Trouble, What};
use super::try_again::persistently;
use crate::context::Variables;

/// Opens the store that an address is of. Nothing is asked yet.
pub(super) fn open(
    objects: &Objects,
    variables: &Variables,
    connector: &Connector,
) -> Result<Arc<dyn ObjectStore>, Trouble> {
    let has_account = objects.account.is_some()
        || ["AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_USE_EMULATOR"]
            .iter()
            .any(|name| text(variables, name).is_some());
    if objects.kind == Kind::Azure && !has_account {
        return Err(Trouble::new(What::Forbidden, "no account of Azure is named").help(
            "set AZURE_STORAGE_ACCOUNT_NAME, or write `abfss://container@account.dfs.core.windows.net/…`",
        ));
    }
    // A header cannot have them, and the crate does not look.
    if let Some(name) = broken(objects.kind, variables) {
        let said = format!("the variable {name} holds a line break or another mark that no credential has");
        return Err(Trouble::new(What::Forbidden, said)
            .help("set it without, such as by `printf %s` in place of `echo`"));
    }
    let opened = match objects.kind {
        Kind::S3 => s3(objects, variables, connector),
        Kind::Google => google(objects, variables, connector),
        Kind::Azure => azure(objects, variables, connector),
    };
    opened.map_err(|error| {
        let said = format!("{} cannot be used: {}", objects.kind.word(), Trouble::of_store(&error).said);
        Trouble::new(What::Forbidden, said)
    })
}

/// We try again ourselves, what is broken off in the middle too.
fn once() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

type Opened = object_store::Result<Arc<dyn ObjectStore>>;

fn s3(objects: &Objects, variables: &Variables, connector: &Connector) -> Opened {
    let mut builder = AmazonS3Builder::new();
    for (name, value) in beginning(variables, "AWS_") {
        if let Ok(key) = name.parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    // Last, so that no variable makes another bucket of it.
    let builder = builder.with_bucket_name(&objects.bucket).with_retry(once());
    Ok(Arc::new(builder.with_http_connector(connector.clone()).build()?))
}

fn google(objects: &Objects, variables: &Variables, connector: &Connector) -> Opened {
    let mut builder = GoogleCloudStorageBuilder::new();
    for (name, value) in beginning(variables, "GOOGLE_") {
        if let Ok(key) = name.parse::<GoogleConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    // What Google's own libraries look at; an emulator wants no credentials.
    if let Some(host) = text(variables, "STORAGE_EMULATOR_HOST") {
        let base = if host.contains("://") { host.to_owned() } else { format!("http://{host}") };
        let options = object_store::ClientOptions::new().with_allow_http(true);
        builder = builder.with_base_url(base.trim_end_matches('/')).with_skip_signature(true);
        builder = builder.with_client_options(options);
    }
    let builder = builder.with_bucket_name(&objects.bucket).with_retry(once());
    Ok(Arc::new(builder.with_http_connector(connector.clone()).build()?))
}

fn azure(objects: &Objects, variables: &Variables, connector: &Connector) -> Opened {
    let mut builder = MicrosoftAzureBuilder::new();
    for (name, value) in beginning(variables, "AZURE_") {
        if let Ok(key) = name.parse::<AzureConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    // Azure's machines say so where their identity is had.
    if let Some(endpoint) = text(variables, "IDENTITY_ENDPOINT") {
        builder = builder.with_msi_endpoint(endpoint);
    }
    if let Some(account) = &objects.account {
        builder = builder.with_account(account);
    }
    let builder = builder.with_container_name(&objects.bucket).with_retry(once());
    Ok(Arc::new(builder.with_http_connector(connector.clone()).build()?))
}

/// The objects that an address is about, sorted by key: one by its key, those below a folder, or those that a glob
/// matches. Marks and checksums beside the data are none, but where they are named.
pub(super) async fn find(store: &Arc<dyn ObjectStore>, objects: &Objects) -> Result<Vec<Item>, Trouble> {
    let no = |error: super::NoAddress| Trouble::new(What::Address, error.message).help(error.help);
    if let Some((folder, glob)) = objects.glob().map_err(no)? {
        let found = matching(list(store, folder).await?, &objects.key, &glob);
        return if found.is_empty() {
            Err(Trouble::new(What::Missing, "no object matches"))
        } else {
            Ok(found)
        };
    }
    if objects.key.is_empty() || objects.key.ends_with('/') {
        let found = below(list(store, &objects.key).await?, &objects.key);
        return if found.is_empty() {
            Err(Trouble::new(What::Missing, "no object lies there"))
        } else {
            Ok(found)
        };
    }
    let key = key(&objects.key)?;
    match persistently(|| head(store, &key)).await {
        Ok(item) => Ok(vec![item]),
        Err(trouble) if trouble.what == What::Missing => folder_or_near(store, objects, trouble).await,
        Err(trouble) => Err(trouble),
    }
}

/// What is no object may be a folder, without the slash at its end; else one with a name that is like it may be meant.
async fn folder_or_near(
    store: &Arc<dyn ObjectStore>,
    objects: &Objects,
    missing: Trouble,
) -> Result<Vec<Item>, Trouble> {
    const ALIKE: f64 = 0.7;
    let found = match list(store, &objects.key).await {
        Ok(found) => below(found, &objects.key),
        // A missing bucket is told so only here; who may not list is told what we knew before.
        Err(trouble) if trouble.what == What::Missing => return Err(trouble),
        Err(_) => return Err(missing),
    };
    if !found.is_empty() {
        return Ok(found);
    }
    let folder = objects.key.rfind('/').map_or("", |slash| &objects.key[..=slash]);
    let prefix = (!folder.is_empty()).then(|| Path::parse(folder).ok()).flatten();
    let Ok(beside) = store.list_with_delimiter(prefix.as_ref()).await else { return Err(missing) };
    let likeness = |key: &str| strsim::normalized_damerau_levenshtein(&objects.key, key);
    let others = beside.objects.iter().map(|meta| meta.location.as_ref());
    // A store that lists what it does not give is no reason to ask whether it was meant.
    let near = others.filter(|key| *key != objects.key);
    let near = near.map(|key| (likeness(key), key)).filter(|(likeness, _)| *likeness >= ALIKE);
    Err(match near.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((_, key)) => missing.help(format!("did you mean «{}»?", objects.shown(key))),
        None => missing,
    })
}

async fn head(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<Item, Trouble> {
    store.head(key).await.map(item).map_err(|error| Trouble::of_store(&error))
}

async fn list(store: &Arc<dyn ObjectStore>, folder: &str) -> Result<Vec<Item>, Trouble> {
    let prefix = if folder.is_empty() { None } else { Some(key(folder)?) };
    let once = || async { store.list(prefix.as_ref()).map_ok(item).try_collect::<Vec<_>>().await };
    let listed = persistently(|| async { once().await.map_err(|error| Trouble::of_store(&error)) }).await?;
    Ok(without_folders(listed))
}

fn item(meta: ObjectMeta) -> Item {
    Item { key: meta.location, size: meta.size, tag: meta.e_tag.map(quoted) }
}

/// Azure lists tags without the quotes that it gives them elsewhere, and that `If-Match` wants.
fn quoted(tag: String) -> String {
    if tag.contains('"') { tag } else { format!("\"{tag}\"") }
}

fn key(text: &str) -> Result<Path, Trouble> {
    Path::parse(text).map_err(|_| {
        let said = "its key has an empty part, `.`, `..` or a control character";
        Trouble::new(What::Address, said).help("such keys cannot be asked for: give the object another name")
    })
}

/// Without the empty objects by which consoles keep folders; sorted.
fn without_folders(mut items: Vec<Item>) -> Vec<Item> {
    items.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let keys: Vec<Path> = items.iter().map(|item| item.key.clone()).collect();
    let is_folder = |item: &Item| {
        let inside = format!("{}/", item.key);
        let from = keys.partition_point(|key| key.as_ref() < inside.as_str());
        item.size == 0 && keys.get(from).is_some_and(|key| key.as_ref().starts_with(&inside))
    };
    items.retain(|item| !is_folder(item));
    items
}

fn below(items: Vec<Item>, folder: &str) -> Vec<Item> {
    items.into_iter().filter(|item| super::is_data(folder, item.key.as_ref())).collect()
}

fn matching(items: Vec<Item>, pattern: &str, glob: &Glob) -> Vec<Item> {
    let matcher = glob.compile_matcher();
    let is_wanted = |key: &str| key == pattern || (matcher.is_match(key) && super::is_data(pattern, key));
    items.into_iter().filter(|item| is_wanted(item.key.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use object_store::PutPayload;
    use object_store::memory::InMemory;

    use super::*;
    use crate::store::Address;

    async fn found(address: &str) -> Result<Vec<String>, Trouble> {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        for key in [
            "data/a.csv",
            "data/b.csv",
            "data/_SUCCESS",
            "data/.a.crc",
            "data/year=2026/p-0.parquet",
            "data/year=2026/deep/p-1.parquet",
            "data-old/a.csv",
            "odd[1].csv",
        ] {
            store.put(&Path::parse(key).unwrap(), PutPayload::from_static(b"x")).await.unwrap();
        }
        store.put(&Path::parse("data/year=2026").unwrap(), PutPayload::new()).await.unwrap();
        let Address::Object(objects) = Address::parse(address).unwrap() else { return Ok(vec![]) };
        let items = find(&store, &objects).await?;
        Ok(items.into_iter().map(|item| item.key.to_string()).collect())
    }

    #[tokio::test]
    async fn objects_are_found_as_files_are() {
        let all =
            ["data/a.csv", "data/b.csv", "data/year=2026/deep/p-1.parquet", "data/year=2026/p-0.parquet"];
        for (address, keys) in [
            ("s3://b/data/a.csv", &all[..1]),
            ("s3://b/data/*.csv", &all[..2]),
            ("s3://b/data/", &all[..]),
            ("s3://b/data", &all[..]),
            ("s3://b/data/**", &all[..]),
            ("s3://b/data/year=*/*.parquet", &all[3..]),
            ("s3://b/{data,none}/[ab].csv", &all[..2]),
            ("s3://b/data/_SUCCESS", &["data/_SUCCESS"]),
            ("s3://b/odd[1].csv", &["odd[1].csv"]),
        ] {
            assert_eq!(found(address).await.unwrap(), keys, "{address}");
        }
    }

    #[tokio::test]
    async fn what_is_not_there_is_said_with_what_is() {
        let trouble = found("s3://b/data/aa.csv").await.unwrap_err();
        assert_eq!(trouble.what, What::Missing);
        assert_eq!(trouble.help.as_deref(), Some("did you mean «s3://b/data/a.csv»?"));
        for address in ["s3://b/none/", "s3://b/none/*.csv", "s3://b/x"] {
            assert_eq!(found(address).await.unwrap_err().what, What::Missing, "{address}");
        }
        assert_eq!(found("s3://b/a//b").await.unwrap_err().what, What::Address);
    }
}
