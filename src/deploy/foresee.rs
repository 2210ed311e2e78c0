//! What would be sent, to the letter, without sending or asking anything.

use super::ledger::{Ledger, blank};
use super::{Shipment, target};
use crate::config::Environment;
use crate::record::{Delivery, DeliveryOutcome};

/// The requests that write, if all goes well: of each its method, its path and its body. Nothing is sent, and no token
/// is in it. What earlier attempts did, as far as `deliveries` tells, is not sent again.
#[must_use]
pub fn foresee(shipment: &Shipment<'_>, environments: &[&Environment], deliveries: &[Delivery]) -> String {
    let mut deliveries = deliveries.to_vec();
    let mut save = |_: &[Delivery]| Ok(());
    let key = shipment.approval.key();
    let mut ledger = Ledger { deliveries: &mut deliveries, save: &mut save, key };
    let mut text = String::new();
    for &environment in environments {
        text += &format!("# {}\n\n", environment.name);
        let target = match target::of(shipment, environment) {
            Ok(target) => target,
            Err(stranger) => {
                text += &format!("nothing is sent: {}\n\n", stranger.message);
                continue;
            }
        };
        let follow = target.follow();
        let under_way = ledger.ours(&environment.name).and_then(|before| before.run);
        if ledger.is_done(&environment.name, follow) {
            text += "nothing is sent: it has it already\n\n";
        } else if let Some(because) = ledger.obstacle(environment) {
            text += &format!("nothing is sent: {because}\n\n");
        } else {
            if let Some(run) = under_way {
                text += &format!(
                    "the run {run} is looked at first; unless it failed, nothing new is started\n\n"
                );
            }
            text += &target.requests();
            let waits = follow.is_none_or(|follow| follow.wait);
            let outcome = if waits { DeliveryOutcome::Delivered } else { DeliveryOutcome::Started };
            // It is kept in memory, which does not fail.
            let _ = ledger.put(blank(&environment.name, key, outcome));
        }
    }
    text
}
