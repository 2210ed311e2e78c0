//! What a pipeline or a job gets to know.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::config::{Environment, Given, launch_variable};
use crate::deploy::{Shipment, inputs};
use crate::forge::gitlab::Remote;

/// What modelgate gives, by the names that inputs have.
pub(super) type Ours = Vec<(&'static str, String)>;

/// The values. The job is the one whose artifacts hold what was judged.
pub(super) fn inputs(shipment: &Shipment<'_>, remote: &Remote, environment: &Environment) -> Ours {
    let job = shipment.job_url.and_then(job).map(|job| job.to_string()).unwrap_or_default();
    let made = vec![("project", remote.api.project().to_owned()), ("job", job)];
    inputs::given(shipment, environment, made)
}

/// The number of the job whose page this is.
fn job(url: &str) -> Option<u64> {
    let (_, after) = url.split_once("/-/jobs/")?;
    after.split(['/', '?', '#']).next()?.parse().ok()
}

/// Ours and those of modelgate.yml, of which none takes the place of ours: nobody gives another digest than the one
/// that was judged.
fn together(ours: Vec<(String, String)>, more: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let more = more.iter().filter(|(name, _)| ours.iter().all(|(own, _)| own != *name));
    let more: Vec<_> = more.map(|(name, value)| (name.clone(), value.clone())).collect();
    ours.into_iter().chain(more).collect()
}

/// As variables.
pub(super) fn variables(
    ours: &[(&'static str, String)],
    more: &BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let ours = ours.iter().map(|(name, value)| (launch_variable(name), value.clone()));
    together(ours.collect(), more)
}

/// As the keys of a request: `variables` or `inputs`, each a map.
pub(super) fn maps(ours: &[(&'static str, String)], given: &Given) -> (&'static str, Map<String, Value>) {
    let (key, all) = match given {
        Given::Variables(more) => ("variables", variables(ours, more)),
        Given::Inputs(more) => {
            let ours = ours.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
            ("inputs", together(ours.collect(), more))
        }
    };
    (key, all.into_iter().map(|(name, value)| (name, value.into())).collect())
}

/// Variables as a list, as some requests want them.
pub(super) fn list(variables: &[(String, String)]) -> Value {
    variables.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_job_is_known_by_its_page() {
        assert_eq!(job("https://gitlab.example/a/b/-/jobs/77"), Some(77));
        assert_eq!(job("https://gitlab.example/a/b/-/jobs/77/artifacts"), Some(77));
        assert_eq!(job("https://gitlab.example/a/b/-/jobs/x"), None);
        assert_eq!(job("https://github.com/a/b/actions/runs/7"), None);
    }

    #[test]
    fn nothing_takes_the_place_of_what_was_judged() {
        let more = BTreeMap::from([
            ("MODELGATE_APPROVAL".to_owned(), "forged".to_owned()),
            ("approval".to_owned(), "forged".to_owned()),
            ("REGION".to_owned(), "eu".to_owned()),
        ]);
        let ours = [("approval", "sha256:ab".to_owned())];
        let (key, all) = maps(&ours, &Given::Variables(more.clone()));
        assert_eq!((key, &all["MODELGATE_APPROVAL"]), ("variables", &json!("sha256:ab")));
        assert_eq!(all["REGION"], "eu");
        let (key, all) = maps(&ours, &Given::Inputs(more));
        assert_eq!((key, &all["approval"]), ("inputs", &json!("sha256:ab")));
    }
}
