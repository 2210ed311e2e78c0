//! Fetching what may be large into a file, from the forge itself or from where it has put it.

use std::fs::File;
use std::io::{Seek, Write};

use reqwest::{Certificate, RequestBuilder};

use super::{Answer, CONNECT, LONGEST, REQUEST, Trouble};

/// A client for what is not the forge's own to serve: the address is signed, and the token is nobody's business there.
pub(super) fn stranger(authorities: &[Certificate]) -> Result<reqwest::Client, Trouble> {
    let client = reqwest::Client::builder().connect_timeout(CONNECT).read_timeout(REQUEST).timeout(LONGEST);
    let client = client.tls_certs_merge(authorities.iter().cloned());
    client.build().map_err(|error| Trouble::unsent(&error))
}

/// What is wrong where a signed address does not answer with what should be there.
pub(super) fn elsewhere(answer: &Answer) -> Trouble {
    match answer.status {
        403 | 404 | 410 => Trouble::NotFound("the artifact is not there any more".into()),
        status if status >= 500 => Trouble::Unsure(format!("status {status}")),
        status => Trouble::Refused(status, format!("cannot be fetched: status {status}")),
    }
}

/// Fetches the answer to a request into a file, from its beginning; where it is elsewhere, only the address of that.
pub(super) async fn fetch(
    request: RequestBuilder,
    into: &mut File,
    largest: u64,
    refused: &dyn Fn(&Answer) -> Trouble,
) -> Result<Option<String>, Trouble> {
    // Who has the address has what is behind it, so no message shows it.
    let lost = |error: reqwest::Error| Trouble::lost(&error.without_url());
    let mut response = request.send().await.map_err(lost)?;
    match response.status().as_u16() {
        200..=299 => {}
        _ => {
            let answer = Answer::whole(http::Response::<reqwest::Body>::from(response)).await?;
            let location = answer.header("location").filter(|_| answer.status < 400);
            return location.map(|location| Some(location.to_owned())).ok_or_else(|| refused(&answer));
        }
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
    into.rewind().map_err(kept)?;
    Ok(None)
}
