//! What runs that were killed have left behind.

use std::collections::HashMap;
use std::path::Path;

use bollard::query_parameters::ListContainersOptionsBuilder;

use super::body::{OWNER, owner};
use super::{ASK, Container, within};
use crate::docker::Connection;
use crate::fault::Result;

/// Removes what earlier runs in the folder `run_dir` have left behind because they were killed.
///
/// # Errors
/// The engine does not answer.
pub async fn sweep(connection: &Connection, run_dir: &Path) -> Result<()> {
    let filters = HashMap::from([("label", vec![format!("{OWNER}={}", owner(run_dir))])]);
    let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
    let doing = "look for containers of an earlier run";
    let listed = within(doing, ASK, connection.api.list_containers(Some(options))).await;
    for summary in listed.map_err(|trouble| trouble.into_fault(doing))? {
        if let Some(id) = summary.id {
            Container { name: id, connection: connection.clone(), is_closed: false }.close().await?;
        }
    }
    Ok(())
}
