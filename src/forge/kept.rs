//! What runs have kept where a forge keeps it, believed only where it is sound.

use std::fs::File;
use std::path::Path;

use crate::bundle::{self, Wanted};
use crate::record::{Record, contradiction, store};

/// The record of a JSON text that a run has written.
///
/// # Errors
/// Why it is none.
pub(super) fn sound(json: &[u8]) -> Result<Record, String> {
    let text = std::str::from_utf8(json).map_err(|error| format!("the record is no text: {error}"))?;
    let record =
        store::parse(text).map_err(|unreadable| unreadable.fault("read the record".into()).to_string())?;
    match contradiction(&record) {
        None => Ok(record),
        Some(why) => Err(format!("the record contradicts itself: {why}")),
    }
}

/// Brings files out of a zip into the folder `into`, each by its digest, where a signal is still heard meanwhile: see
/// [`bundle::pick`].
pub(super) async fn unpack(file: File, wanted: &Wanted, into: &Path) -> Result<(), String> {
    let (wanted, into) = (wanted.clone(), into.to_owned());
    let unpacked = tokio::task::spawn_blocking(move || bundle::pick(file, &wanted, &into));
    unpacked.await.unwrap_or_else(|error| Err(format!("was not unpacked: {error}")))
}
