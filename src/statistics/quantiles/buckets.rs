//! Counters with numbers, most of which are near each other.

use std::collections::HashMap;

use crate::statistics::hash::Mixing;

/// Counters that stand together; a power of two.
const PAGE: usize = 64;

/// Counters by bucket. Only pages that something is in exist.
#[derive(Debug, Clone, Default)]
pub struct Buckets {
    places: HashMap<i64, usize, Mixing>,
    pages: Vec<[u64; PAGE]>,
    filled: usize,
}

impl Buckets {
    /// Counts so many in a bucket.
    #[inline]
    pub fn add(&mut self, bucket: i64, count: u64) {
        let page = bucket.div_euclid(PAGE as i64);
        let within = bucket.rem_euclid(PAGE as i64) as usize;
        let place = match self.places.get(&page) {
            Some(place) => *place,
            None => self.begin(page),
        };
        let counter = &mut self.pages[place][within];
        self.filled += usize::from(*counter == 0 && count > 0);
        *counter += count;
    }

    #[cold]
    fn begin(&mut self, page: i64) -> usize {
        let place = self.pages.len();
        self.pages.push([0; PAGE]);
        self.places.insert(page, place);
        place
    }

    /// How many buckets something is in.
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// The buckets that something is in, ascending, with their counts.
    pub fn ascending(&self) -> Vec<(i64, u64)> {
        let mut places: Vec<(i64, usize)> = self.places.iter().map(|(page, place)| (*page, *place)).collect();
        places.sort_unstable();
        let of_page = |(page, place): (i64, usize)| {
            (page * PAGE as i64..).zip(self.pages[place]).filter(|(_, count)| *count > 0)
        };
        places.into_iter().flat_map(of_page).collect()
    }
}
