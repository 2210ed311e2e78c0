//! The plan: the ordered steps, and for each the reason why it runs or is skipped.

use crate::config::{self, Config};
use crate::record::{Outcome, Record, StepRecord};
use crate::step::Step;

/// What is to be done with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// It runs.
    Run,
    /// Its outputs are restored; only a forecast says so.
    Restore,
    /// It is not asked for.
    Skip,
    /// It is asked for and this version cannot do it. A gate is unavailable too when a step before it is:
    /// what was asked for and cannot be looked at might have failed.
    Unavailable,
}

/// A step, what is to be done with it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Which one.
    pub step: Step,
    /// What is to be done.
    pub intent: Intent,
    /// Why, in one sentence.
    pub because: String,
}

/// The ordered steps. Data, image, deploy and retrain are planned only when they are configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In the order of the work.
    pub steps: Vec<Planned>,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next<'a> {
    /// This step is to be done.
    Do(&'a Planned),
    /// This step is to be recorded as skipped, for this reason.
    Skip(Step, String),
    /// Nothing is left.
    Nothing,
}

/// Plans what the configuration asks for.
#[must_use]
pub fn plan(config: &Config) -> Plan {
    let steps = Step::ALL.into_iter().filter(|step| is_planned(config, *step));
    Plan { steps: steps.map(|step| planned(config, step)).collect() }
}

/// Some steps are rare, so nobody wants to read that they are not asked for.
fn is_planned(config: &Config, step: Step) -> bool {
    match step {
        Step::Image => config.image.is_some(),
        Step::Deploy => ships(config),
        Step::Data => config.data.is_some(),
        Step::Retrain => unavailable(config, step).is_some(),
        _ => true,
    }
}

/// Whether what is approved goes somewhere.
#[must_use]
pub fn ships(config: &Config) -> bool {
    !config.deploy.is_empty() || config.image.as_ref().is_some_and(config::Image::is_pushed)
}

fn planned(config: &Config, step: Step) -> Planned {
    let (intent, because) = intent(config, step);
    Planned { step, intent, because }
}

fn intent(config: &Config, step: Step) -> (Intent, String) {
    if let Some(key) = unavailable(config, step) {
        return (Intent::Unavailable, not_yet(step, key));
    }
    let run = |because: &str| (Intent::Run, because.to_owned());
    let skip = |because: &str| (Intent::Skip, because.to_owned());
    match step {
        Step::Lint if config.lint.python.is_empty() && config.lint.script.commands.is_empty() => {
            skip("nothing to check")
        }
        Step::Lint => run("lint always runs"),
        Step::Test if config.test.is_some() => run("test is configured"),
        Step::Data if config.data.is_some() => run("data is configured"),
        Step::Train if config.train.is_some() => run("train is configured"),
        Step::Evaluate if config.evaluate.script.commands.is_empty() => {
            run("the metrics are there to be read")
        }
        Step::Evaluate => run("evaluate is configured"),
        Step::Gate => gate_intent(config),
        Step::Report => run("report always runs"),
        Step::Image => run(match &config.image {
            Some(image) if image.smoke.is_some() => "the image is to be built and tried",
            _ => "the image is to be built",
        }),
        Step::Deploy if !ships(config) => skip("deploy is not configured"),
        Step::Deploy => run(&destinations(config)),
        _ => (Intent::Skip, format!("{step} is not configured")),
    }
}

/// Where what is approved goes.
fn destinations(config: &Config) -> String {
    let registry = config.image.as_ref().filter(|image| image.is_pushed()).map(|_| "the registry".to_owned());
    let environments = match config.deploy.len() {
        0 => None,
        1 => Some("1 environment".to_owned()),
        all => Some(format!("{all} environments")),
    };
    let (all, verb): (Vec<String>, _) = match (registry, environments) {
        (None, Some(environments)) if config.deploy.len() > 1 => (vec![environments], "are"),
        (Some(registry), Some(environments)) => (vec![registry, environments], "are"),
        (registry, environments) => (registry.into_iter().chain(environments).collect(), "is"),
    };
    format!("{} {verb} to have what is approved", all.join(" and "))
}

/// What was asked for and cannot be looked at might have failed, so nothing is approved without it.
fn gate_intent(config: &Config) -> (Intent, String) {
    let blind = Step::ALL.into_iter().filter(|step| *step < Step::Gate);
    if let Some(step) = blind.into_iter().find(|step| unavailable(config, *step).is_some()) {
        let because =
            format!("{step} is not yet available in this version, and nothing is approved without it");
        return (Intent::Unavailable, because);
    }
    match config.gate.rules.len() {
        1 => (Intent::Run, "1 rule is to be judged".to_owned()),
        rules => (Intent::Run, format!("{rules} rules are to be judged")),
    }
}

/// The key because of which the whole step is unavailable.
fn unavailable(config: &Config, step: Step) -> Option<&str> {
    let part = config.unavailable.iter().find(|part| part.step == step && part.whole_step);
    part.map(|part| part.key.as_str())
}

fn not_yet(step: Step, key: &str) -> String {
    match key {
        key if key == step.word() => "not yet available in this version".to_owned(),
        key => format!("{key} is not yet available in this version"),
    }
}

impl Plan {
    /// The first step that the record does not have yet: to be done, or to be skipped because an earlier
    /// one failed, faulted or was not asked for. Gate is skipped when a step before it was not good;
    /// report is always done.
    #[must_use]
    pub fn next(&self, record: &Record) -> Next<'_> {
        let Some(planned) = self.steps.iter().find(|planned| record.step(planned.step).is_none()) else {
            return Next::Nothing;
        };
        match planned.intent {
            Intent::Skip | Intent::Unavailable => Next::Skip(planned.step, planned.because.clone()),
            Intent::Run | Intent::Restore => match self.obstacle(planned.step, record) {
                Some(because) => Next::Skip(planned.step, because),
                None => Next::Do(planned),
            },
        }
    }

    /// Why `step` is not to be done, after what went before.
    fn obstacle(&self, step: Step, record: &Record) -> Option<String> {
        if step == Step::Report {
            return None;
        }
        let before = record.steps.iter().filter(|done| done.step < step);
        before.into_iter().find_map(|done| self.stops(done, step).map(|how| format!("{} {how}", done.step)))
    }

    /// How `done` ended, where that stops `step`.
    fn stops(&self, done: &StepRecord, step: Step) -> Option<&'static str> {
        match done.outcome {
            Outcome::Passed | Outcome::Restored => None,
            // One push shows what lint, the tests and the data have to say, all three.
            Outcome::Failed if matches!(step, Step::Test | Step::Data) => None,
            Outcome::Failed => Some("failed"),
            Outcome::Faulted => Some("faulted"),
            Outcome::Skipped => match self.intent(done.step) {
                Intent::Skip => None,
                // Without its model there is nothing to measure; nothing else builds on what is missing.
                Intent::Unavailable if step < Step::Gate && done.step != Step::Train => None,
                Intent::Unavailable => Some("is not yet available in this version"),
                Intent::Run | Intent::Restore => Some("was skipped"),
            },
        }
    }

    /// A step that is recorded and not planned was asked for by somebody.
    fn intent(&self, step: Step) -> Intent {
        self.steps.iter().find(|planned| planned.step == step).map_or(Intent::Run, |planned| planned.intent)
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
