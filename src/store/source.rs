//! What bytes come from: an object, or an address of the web.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore};

use super::trouble::{Trouble, What};
use super::web::Page;

/// An object as it was when it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// Its key.
    pub key: Path,
    /// Its bytes.
    pub size: u64,
    /// What changes when its content does.
    pub tag: Option<String>,
}

/// Where bytes come from.
#[derive(Clone)]
pub(super) enum Source {
    /// An object.
    Object(Arc<dyn ObjectStore>, Item),
    /// A page of the web.
    Web(Page),
}

/// Bytes on their way.
pub(super) struct Opened {
    /// The bytes.
    pub bytes: BoxStream<'static, Result<Bytes, Trouble>>,
    /// At which of its bytes they begin: where we asked for, or the first.
    pub start: u64,
    /// How many bytes all of it has, where that is said.
    pub size: Option<u64>,
    /// What changes when its content does, where there is such a thing.
    pub tag: Option<String>,
}

impl Source {
    /// How many bytes it has, as far as that is known before it is opened.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Object(_, item) => Some(item.size),
            Self::Web(_) => None,
        }
    }

    /// Asks for its bytes from there on, of the content that has this tag.
    pub async fn open(&self, from: u64, tag: Option<&str>) -> Result<Opened, Trouble> {
        match self {
            Self::Object(store, item) => object(store, item, from, tag).await,
            Self::Web(page) => page.open(from, tag).await,
        }
    }
}

async fn object(
    store: &Arc<dyn ObjectStore>,
    item: &Item,
    from: u64,
    tag: Option<&str>,
) -> Result<Opened, Trouble> {
    // A weak tag stands for no bytes, and without a tag nobody knows whether the rest belongs to what we have.
    let strong = |tag: &&str| !tag.starts_with("W/");
    let wanted = item.tag.as_deref().or(tag).filter(strong).map(str::to_owned);
    let range = (from > 0 && wanted.is_some()).then_some(GetRange::Offset(from));
    let options = GetOptions { if_match: wanted, range, ..GetOptions::default() };
    let got = store.get_opts(&item.key, options).await;
    let got = got.map_err(|error| match Trouble::of_store(&error) {
        Trouble { what: What::Missing, .. } => Trouble::new(What::Changed, "it is gone since it was listed"),
        trouble => trouble,
    })?;
    let changed = |what: String| Trouble::new(What::Changed, what);
    // A store may not know `If-Match`.
    if item.tag.is_some() && got.meta.e_tag.is_some() && got.meta.e_tag != item.tag {
        return Err(changed("it was written anew after it was listed".into()));
    }
    if got.meta.size != item.size {
        let (now, listed) = (got.meta.size, item.size);
        return Err(changed(format!("it was listed with {listed} bytes and now has {now}")));
    }
    let (start, tag) = (got.range.start, got.meta.e_tag.clone());
    let bytes = got.into_stream().map(|part| part.map_err(|error| Trouble::of_store(&error))).boxed();
    Ok(Opened { bytes, start, size: Some(item.size), tag })
}
