//! Fetching what is not GitHub's own to serve: the address is signed, and the token is nobody's business there.

use std::fs::File;
use std::io::{Seek, Write};
use std::time::Duration;

use super::{CONNECT, REQUEST, Trouble};

/// How long it may take in all.
const ALL: Duration = Duration::from_secs(300);

/// Fetches `location` into a file, from its beginning.
pub(super) async fn fetch(location: &str, into: &mut File, largest: u64) -> Result<(), Trouble> {
    // Who has the address has what is behind it, so no message shows it.
    let lost = |error: reqwest::Error| Trouble::lost(&error.without_url());
    let client = reqwest::Client::builder().connect_timeout(CONNECT).read_timeout(REQUEST).timeout(ALL);
    let client = client.build().map_err(|error| Trouble::unsent(&error))?;
    let mut response = client.get(location).send().await.map_err(lost)?;
    match response.status().as_u16() {
        200..=299 => {}
        403 | 404 | 410 => return Err(Trouble::NotFound("the artifact is not there any more".into())),
        status if status >= 500 => return Err(Trouble::Unsure(format!("status {status}"))),
        status => return Err(Trouble::Refused(status, format!("cannot be fetched: status {status}"))),
    }
    let kept =
        |error: std::io::Error| Trouble::Refused(0, format!("cannot be kept on this machine: {error}"));
    into.set_len(0).and_then(|()| into.rewind()).map_err(kept)?;
    let mut all = 0;
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        all += chunk.len() as u64;
        if all > largest {
            return Err(Trouble::Refused(0, format!("has more than {largest} bytes")));
        }
        into.write_all(&chunk).map_err(kept)?;
    }
    into.rewind().map_err(kept)
}
