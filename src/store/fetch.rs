//! From addresses to files: first what lies there, then all of it, several at a time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use object_store::ObjectStore;

use super::address::{Address, Objects};
use super::cloud;
use super::connect::Connector;
use super::download::{Limits, download};
use super::source::Source;
use super::trouble::{Trouble, What};
use super::web::Page;
use super::{Asked, FOLDER, Fetched, Way};
use crate::fault::{Fault, Result};
use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::progress::{Doing, Progress};

/// How many files are on their way at a time.
const AT_A_TIME: usize = 4;

/// The downloads: each once, whoever wants it.
#[derive(Default)]
struct Downloads {
    /// What is shown of each, and where it comes from.
    list: Vec<(String, Source)>,
    /// Their places in the list, by what tells one from every other. That may hold a secret and is never shown.
    places: BTreeMap<String, usize>,
}

/// The stores that are open, by kind, bucket and account.
type Stores = Vec<(Objects, Arc<dyn ObjectStore>)>;

/// Fetches all of them.
pub(super) async fn all(asked: &[Asked<'_>], way: Way<'_>) -> Result<Fetched> {
    let cannot = |error| Fault::file("make a folder for downloads in", way.folder, error);
    std::fs::create_dir_all(way.folder).map_err(cannot)?;
    let folder = tempfile::Builder::new().prefix(FOLDER).tempdir_in(way.folder).map_err(cannot)?;
    let connector = Connector::new()?;
    let mut stores = Stores::new();
    let mut downloads = Downloads::default();
    let mut found = Vec::with_capacity(asked.len());
    for one in asked {
        let sources = look(*one, way, &connector, &mut stores).await;
        let places = sources.map(|sources| -> Vec<usize> {
            sources.into_iter().map(|source| downloads.place(source)).collect()
        });
        found.push(places);
    }
    let came = download_all(&downloads.list, folder.path(), way.interrupt.progress()).await?;
    let files = asked.iter().zip(found).map(|(asked, places)| {
        let files = places.and_then(|places| {
            places.into_iter().map(|place| downloads.file(place, &came, *asked, way)).collect()
        });
        ((asked.set.to_owned(), asked.address.to_owned()), files)
    });
    Ok(Fetched { files: files.collect(), _folder: Some(folder), notes: connector.notes() })
}

/// What lies at an address: what tells it from every other, what is shown of it, and where its bytes come from.
type Lying = (String, String, Source);

async fn look(
    asked: Asked<'_>,
    way: Way<'_>,
    connector: &Connector,
    stores: &mut Stores,
) -> std::result::Result<Vec<Lying>, Finding> {
    let address = Address::parse(asked.address).map_err(|no| {
        let message = format!("an address of the set «{}»: {}", asked.set, no.message);
        Finding::error(What::Address.code(), message).help(no.help)
    })?;
    let finding =
        |trouble: Trouble| trouble.finding(asked.set, &address.shown(), address.kind(), way.variables);
    match &address {
        Address::Web(url) => {
            let page = Page { connector: connector.clone(), url: url.clone() };
            Ok(vec![(url.to_string(), address.shown(), Source::Web(page))])
        }
        Address::Object(objects) => {
            let store = open(objects, way, connector, stores).map_err(finding)?;
            let items = cloud::find(&store, objects).await.map_err(finding)?;
            let lying = items.into_iter().map(|item| {
                let shown = objects.shown(item.key.as_ref());
                (shown.clone(), shown, Source::Object(store.clone(), item))
            });
            Ok(lying.collect())
        }
    }
}

/// The store of a bucket, which is opened once: it keeps its credentials as long as they are good.
fn open(
    objects: &Objects,
    way: Way<'_>,
    connector: &Connector,
    stores: &mut Stores,
) -> std::result::Result<Arc<dyn ObjectStore>, Trouble> {
    if let Some((_, store)) = stores.iter().find(|(known, _)| known.is_beside(objects)) {
        return Ok(store.clone());
    }
    let store = cloud::open(objects, way.variables, connector)?;
    stores.push((objects.clone(), store.clone()));
    Ok(store)
}

impl Downloads {
    /// The place of what is to be downloaded, which is a new one unless somebody wants it already.
    fn place(&mut self, (identity, shown, source): Lying) -> usize {
        if let Some(place) = self.places.get(&identity) {
            return *place;
        }
        // Two addresses that differ only in what is not shown are two files. Of an object all is shown.
        let is_alike = |path: &String| matches!(source, Source::Web(_)) && is_numbered(path, &shown);
        let alike = self.list.iter().filter(|(path, _)| is_alike(path)).count();
        let shown = if alike == 0 { shown } else { format!("{shown}#{}", alike + 1) };
        self.list.push((shown, source));
        self.places.insert(identity, self.list.len() - 1);
        self.list.len() - 1
    }

    /// What became of a place.
    fn file(
        &self,
        place: usize,
        came: &[Came],
        asked: Asked<'_>,
        way: Way<'_>,
    ) -> std::result::Result<ProjectFile, Finding> {
        let (Some((path, source)), Some(came)) = (self.list.get(place), came.get(place)) else {
            // Each place has both.
            return Err(Finding::error(What::Broken.code(), "a download got lost"));
        };
        match came {
            Ok(on_disk) => Ok(ProjectFile { path: path.clone(), on_disk: on_disk.clone() }),
            Err(trouble) => {
                let kind = match source {
                    Source::Object(..) => {
                        Address::parse(asked.address).ok().and_then(|address| address.kind())
                    }
                    Source::Web(_) => None,
                };
                Err(trouble.finding(asked.set, path, kind, way.variables))
            }
        }
    }
}

fn is_numbered(path: &str, shown: &str) -> bool {
    path.strip_prefix(shown).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
}

/// Where a download lies, or what is wrong with it.
type Came = std::result::Result<PathBuf, Trouble>;

async fn download_all(list: &[(String, Source)], folder: &Path, progress: &Progress) -> Result<Vec<Came>> {
    let known = list.iter().filter_map(|(_, source)| source.size()).sum();
    let _fetching = progress.begin(Doing::Fetching, known);
    let each = list.iter().enumerate().map(|(number, (_, source))| async move {
        let to = folder.join(number.to_string());
        let came = download(source, &to, Limits::USUAL, progress).await?;
        Ok(came.map(|_| to))
    });
    futures_util::stream::iter(each).buffered(AT_A_TIME).try_collect().await
}
