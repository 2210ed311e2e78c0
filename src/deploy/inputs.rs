//! What every delivery hands over, whichever forge carries it.

use super::Shipment;
use crate::config::Environment;

/// The values by their names. `made` is where what was judged can be fetched, in the forge's own words.
pub(super) fn given(
    shipment: &Shipment<'_>,
    environment: &Environment,
    made: Vec<(&'static str, String)>,
) -> Vec<(&'static str, String)> {
    let approval = shipment.approval;
    let mut given = vec![
        ("environment", environment.name.clone()),
        ("model", approval.model().to_string()),
        ("commit", approval.commit().to_string()),
    ];
    given.extend(made);
    given.push(("approval", approval.key().to_string()));
    given.push(("outputs", serde_json::json!(approval.digests()).to_string()));
    // Nothing takes an input that it does not know, so only what deploys an image needs to know it.
    given.extend(shipment.image.clone().map(|image| ("image", image)));
    given
}
