//! Starts a pipeline that trains.

use std::collections::BTreeMap;

use super::pipeline::Pipeline;
use super::seen::pipelines;
use super::{Unstarted, WORDS, told};
use crate::clock::Clock;
use crate::config::{Given, Trigger};
use crate::context::Variables;
use crate::deploy::target::{Past, Started};
use crate::deploy::told::look;
use crate::fault::{Fault, Result};
use crate::forge::gitlab::Remote;

/// The variable that the include of GitLab CI takes for the wish to train anew.
const ANEW: &str = "MODELGATE_RETRAIN";
/// The key of modelgate.yml.
const KEY: &str = "retrain.trigger";

/// A training to start.
pub struct Retraining<'a> {
    /// GitLab.
    pub remote: &'a Remote,
    /// Which pipeline.
    pub trigger: Trigger,
    /// Why, for whoever reads the pipeline.
    pub reason: String,
    /// Where a named token is.
    pub variables: &'a Variables,
    /// The page of our own job, where we are in one.
    pub job_url: Option<&'a str>,
}

impl Retraining<'_> {
    /// The same with more variables, or more inputs where modelgate.yml says inputs; those of modelgate.yml give way.
    #[must_use]
    pub fn with(mut self, more: BTreeMap<String, String>) -> Self {
        match &mut self.trigger.given {
            Given::Variables(given) => {
                given.extend(more);
                given.entry(ANEW.into()).or_insert_with(|| "true".into());
            }
            Given::Inputs(given) => given.extend(more),
        }
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// A pipeline that cannot be started, and one of which nobody can say whether it was.
    pub async fn start(&self, clock: Clock) -> Result<Started> {
        let pipeline = self.pipeline()?;
        let page = pipelines(self.job_url).filter(|_| !pipeline.is_elsewhere());
        match pipeline.start(&Past::default(), clock).await {
            Ok(started) => Ok(Started { url: started.url.or(page), ..started }),
            Err(Unstarted::Refused(trouble)) => {
                let fault = trouble.fault(self.doing(&pipeline));
                Err(match told::pipeline_help(&trouble, &pipeline, KEY) {
                    Some(help) => fault.help(help),
                    None => fault,
                })
            }
            Err(Unstarted::Unknown(why)) => {
                let cause = format!("nobody can say whether it was started: {why}");
                Err(Fault::new(self.doing(&pipeline), cause).help(look(page.as_deref(), WORDS.runs)))
            }
        }
    }

    /// The request that would be sent, without its token. Nothing is sent.
    ///
    /// # Errors
    /// A named token that is not there.
    pub fn request(&self) -> Result<String> {
        Ok(self.pipeline()?.request())
    }

    fn pipeline(&self) -> Result<Pipeline<'_>> {
        let ours = vec![("reason", self.reason.clone())];
        Pipeline::new(self.remote, &self.trigger, self.variables, ours).map_err(|missing| {
            Fault::new("start the retraining", missing).help("set it, or remove `retrain.trigger.token`")
        })
    }

    fn doing(&self, pipeline: &Pipeline<'_>) -> String {
        format!("start {}", pipeline.what())
    }
}
