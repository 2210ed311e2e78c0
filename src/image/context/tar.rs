//! The context as a tar.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;

/// The archive in pieces, as they are wanted. An error is its last piece.
#[derive(Debug)]
pub struct Tar {
    /// The Dockerfile's path in it.
    pub dockerfile: String,
}

impl Tar {
    /// What stopped it, once it has ended in an error.
    pub fn trouble(&self) -> Option<super::Trouble> {
        None
    }
}

impl Stream for Tar {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(None)
    }
}
