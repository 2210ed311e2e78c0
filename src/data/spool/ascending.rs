//! A column from its lowest value to its highest.

use super::item::Item;
use super::stretches::{Stretches, Walk};
use crate::fault::{Fault, Result};

/// The values of a column from the lowest to the highest.
///
/// A file that can no longer be read ends them early; so ask [`Ascending::end`] afterwards, which says so.
#[derive(Debug)]
#[must_use]
pub struct Ascending<T: Item = f64> {
    stretches: Stretches<T>,
    walk: Walk<T>,
    fault: Option<Fault>,
}

impl<T: Item> Ascending<T> {
    /// Of values in order.
    pub(super) const fn of_list(values: Vec<T>) -> Self {
        Self { stretches: Stretches::none(), walk: Walk::after(values), fault: None }
    }

    /// Of values in a file.
    pub(super) const fn of_stretches(stretches: Stretches<T>) -> Self {
        Self { stretches, walk: Walk::after(Vec::new()), fault: None }
    }

    /// The end, after the last value.
    ///
    /// # Errors
    /// The values ended early: a file cannot be read.
    pub fn end(self) -> Result<()> {
        self.fault.map_or(Ok(()), Err)
    }
}

impl<T: Item> Iterator for Ascending<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        if self.fault.is_some() {
            return None;
        }
        self.walk.next(&self.stretches).unwrap_or_else(|fault| {
            self.fault = Some(fault);
            None
        })
    }
}
