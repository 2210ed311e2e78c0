//! How far something long has come: those who work count bytes, and whoever draws looks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Files come from elsewhere.
    Fetching,
    /// Files of this machine are read.
    Reading,
}

/// Both sides. Cheap to clone; all clones are of the same work.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    done: AtomicU64,
    all: AtomicU64,
    work: Mutex<Work>,
}

#[derive(Debug, Default)]
struct Work {
    doing: Option<Doing>,
    number: u64,
}

/// What can be seen of work that is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// What is being done.
    pub doing: Doing,
    /// The bytes that are done.
    pub done: u64,
    /// The bytes that there are, as far as that is known.
    pub all: u64,
    /// Tells it from the work before.
    pub number: u64,
}

/// Work that is being done, until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Begun(Option<Progress>);

impl Progress {
    /// Work begins, with so many bytes to do. Work within other work is a part of it and is not told apart.
    pub fn begin(&self, doing: Doing, all: u64) -> Begun {
        let mut work = self.work();
        if work.doing.is_some() {
            return Begun(None);
        }
        *work = Work { doing: Some(doing), number: work.number + 1 };
        self.0.done.store(0, Ordering::Relaxed);
        self.0.all.store(all, Ordering::Relaxed);
        Begun(Some(self.clone()))
    }

    /// So many bytes more are done.
    pub fn came(&self, bytes: u64) {
        self.0.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// There are so many bytes more to do than was known.
    pub fn more(&self, bytes: u64) {
        self.0.all.fetch_add(bytes, Ordering::Relaxed);
    }

    /// What can be seen; none when nothing is being done.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        let work = self.work();
        let done = self.0.done.load(Ordering::Relaxed);
        // What is read twice must not look like more than all.
        let all = self.0.all.load(Ordering::Relaxed);
        let done = if all == 0 { done } else { done.min(all) };
        work.doing.map(|doing| Seen { doing, done, all, number: work.number })
    }

    fn work(&self) -> std::sync::MutexGuard<'_, Work> {
        self.0.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Begun {
    /// So many bytes are done, whatever was counted.
    pub fn is_at(&self, bytes: u64) {
        if let Self(Some(progress)) = self {
            progress.0.done.store(bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Self(Some(progress)) = self {
            progress.work().doing = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_seen_while_it_is_done() {
        let progress = Progress::default();
        assert_eq!(progress.seen(), None);
        let work = progress.begin(Doing::Reading, 10);
        progress.clone().came(4);
        let seen = |done, all| Some(Seen { doing: Doing::Reading, done, all, number: 1 });
        assert_eq!(progress.seen(), seen(4, 10));
        {
            let within = progress.begin(Doing::Fetching, 99);
            within.is_at(50);
        }
        assert_eq!(progress.seen(), seen(4, 10));
        progress.came(100);
        assert_eq!(progress.seen(), seen(10, 10));
        progress.more(5);
        work.is_at(7);
        assert_eq!(progress.seen(), seen(7, 15));
        drop(work);
        assert_eq!(progress.seen(), None);
        let _next = progress.begin(Doing::Fetching, 0);
        assert_eq!(progress.seen(), Some(Seen { doing: Doing::Fetching, done: 0, all: 0, number: 2 }));
    }
}
