//! What every delivery hands over, whichever forge carries it.

use super::Shipment;
use crate::config::Environment;

/// The values by their names. `made` is where what was judged can be fetched: the forge's name of it, and its number;
/// empty on a laptop.
pub(super) fn given(
    shipment: &Shipment<'_>,
    environment: &Environment,
    made: (&'static str, Option<u64>),
) -> Vec<(&'static str, String)> {
    let approval = shipment.approval;
    let number = made.1.map(|number| number.to_string()).unwrap_or_default();
    let mut given = vec![
        ("environment", environment.name.clone()),
        ("model", approval.model().to_string()),
        ("commit", approval.commit().to_string()),
        (made.0, number),
        ("approval", approval.key().to_string()),
        ("outputs", serde_json::json!(approval.digests()).to_string()),
    ];
    // Nothing takes an input that it does not know, so only what deploys an image needs to know it.
    given.extend(shipment.image.clone().map(|image| ("image", image)));
    given
}
