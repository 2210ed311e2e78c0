//! What has been delivered already: by this attempt, by an earlier one, by an earlier job.

use super::target::Follow;
use crate::config::Environment;
use crate::fault::Result;
use crate::name::Digest;
use crate::record::{Delivery, DeliveryOutcome};

/// Why a delivery has an outcome before it has ended: it is written down before it is sent. Who finds it knows that
/// nobody can say whether it was.
pub(super) const ABOUT: &str = "it was about to be started";

/// The deliveries of a record, saved at each change.
pub(super) struct Ledger<'a> {
    pub(super) deliveries: &'a mut Vec<Delivery>,
    pub(super) save: &'a mut dyn FnMut(&[Delivery]) -> Result<()>,
    /// The key of the approval.
    pub(super) key: Digest,
}

impl Ledger<'_> {
    /// What is known of the delivery of our approval to an environment.
    pub(super) fn ours(&self, target: &str) -> Option<&Delivery> {
        self.deliveries.iter().find(|it| it.target == target && it.approval == Some(self.key))
    }

    /// Whether there is nothing to be done, and nothing to be waited for.
    pub(super) fn is_done(&self, target: &str, follow: Option<Follow>) -> bool {
        let Some(before) = self.ours(target) else { return false };
        let waits = follow.is_some_and(|follow| follow.wait);
        match before.outcome {
            DeliveryOutcome::Delivered => true,
            DeliveryOutcome::Started => before.because != ABOUT && !(waits && before.run.is_some()),
            DeliveryOutcome::Failed | DeliveryOutcome::Skipped => false,
        }
    }

    /// Why it is not the turn of an environment.
    pub(super) fn obstacle(&self, environment: &Environment) -> Option<String> {
        let after = environment.after.as_deref()?;
        match self.ours(after).map(|before| before.outcome) {
            Some(DeliveryOutcome::Delivered) => None,
            Some(DeliveryOutcome::Started) => {
                Some(format!("it comes after {after}, and nobody knows how the delivery to {after} ended"))
            }
            _ => Some(format!("it comes after {after}, which does not have it")),
        }
    }

    /// The numbers of the runs that are known, so that none is taken for another.
    pub(super) fn runs(&self) -> Vec<u64> {
        self.deliveries.iter().filter_map(|it| it.run).collect()
    }

    /// Puts a delivery in the place of an earlier account of it.
    pub(super) fn put(&mut self, delivery: Delivery) -> Result<()> {
        match self.deliveries.iter_mut().find(|it| it.target == delivery.target) {
            Some(before) => *before = delivery,
            None => self.deliveries.push(delivery),
        }
        (self.save)(self.deliveries)
    }

    /// Skips an environment. What is known of an earlier attempt with the same is worth more.
    pub(super) fn skip(&mut self, target: &str, because: String) -> Result<()> {
        if self.ours(target).is_some_and(|before| before.outcome != DeliveryOutcome::Skipped) {
            return Ok(());
        }
        self.put(Delivery { because, ..blank(target, self.key, DeliveryOutcome::Skipped) })
    }
}

/// A delivery about which nothing more is known.
pub(super) fn blank(target: &str, key: Digest, outcome: DeliveryOutcome) -> Delivery {
    Delivery {
        target: target.to_owned(),
        outcome,
        because: String::new(),
        approval: Some(key),
        image: None,
        run: None,
        deployment: None,
        url: None,
    }
}

/// Adds what earlier jobs delivered of the approval with this key, the newest account of it first: a record that is
/// begun anew knows nothing of it.
pub fn recall(deliveries: &mut Vec<Delivery>, earlier: Vec<Delivery>, key: &Digest) {
    for delivery in earlier {
        let is_ours = |it: &Delivery| it.approval == Some(*key) && it.outcome != DeliveryOutcome::Skipped;
        let is_known = deliveries.iter().any(|it| it.target == delivery.target && is_ours(it));
        if is_ours(&delivery) && !is_known {
            deliveries.retain(|it| it.target != delivery.target);
            deliveries.push(delivery);
        }
    }
}
