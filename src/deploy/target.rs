//! What a forge does for the delivery to one environment: it starts something, follows it, and tells of it.

use std::time::Duration;

use async_trait::async_trait;

use super::{Shipment, github, gitlab};
use crate::config::Environment;
use crate::finding::Finding;
use crate::forge::Remote;

/// A forge, for one environment.
#[async_trait(?Send)]
pub(super) trait Target {
    /// How the end is waited for; none where nothing is started, and the deployment is the delivery.
    fn follow(&self) -> Option<Follow>;

    /// What is started, as its users call it.
    fn what(&self) -> String;

    /// That it was started, in words.
    fn begun(&self) -> String;

    /// What to do so that its end is waited for.
    fn how_to_wait(&self) -> String;

    /// The forge's own words.
    fn words(&self) -> Words;

    /// Where a person looks when the run is not known.
    fn page(&self) -> Option<String>;

    /// The deployment of our approval, with what it knows: the one that is there, or a new one that says that the
    /// delivery begins. `known` is the one that the record knows.
    async fn open(&self, known: Option<u64>) -> Result<Opened, Unopened>;

    /// Tells it on the deployment. The error is why it could not be told.
    async fn tell(&self, deployment: u64, told: &Told<'_>) -> Result<(), String>;

    /// What an earlier attempt has started; none where there is nothing. The error is why nobody can say.
    async fn earlier(&self, attempt: Attempt, past: &Past) -> Result<Option<Started>, String>;

    /// Starts it, once.
    async fn start(&self, past: &Past) -> Result<Started, Refusal>;

    /// A look at a run.
    async fn look(&self, run: u64) -> Result<Run, Missed>;

    /// The requests that write, if all goes well, without anything being sent.
    fn requests(&self) -> String;
}

/// The forge that delivers to an environment, or why it is none that can.
pub(super) fn of<'a>(
    shipment: &'a Shipment<'a>,
    environment: &'a Environment,
) -> Result<Box<dyn Target + 'a>, Finding> {
    match shipment.remote {
        Remote::Github(remote) => Ok(Box::new(github::Github::new(shipment, remote, environment)?)),
        Remote::Gitlab(remote) => Ok(Box::new(gitlab::Gitlab::new(shipment, remote, environment)?)),
    }
}

/// How the end of what was started is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Follow {
    /// Whether it is.
    pub(super) wait: bool,
    /// How long.
    pub(super) timeout: Duration,
}

/// What people of one forge read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// Where all runs are.
    pub(super) runs: &'static str,
    /// What it takes to look at a run.
    pub(super) looking: &'static str,
    /// What a deployment says.
    pub(super) states: fn(State) -> &'static str,
}

/// Something that was started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Started {
    /// Its page, where it is known.
    pub url: Option<String>,
    /// The number of the run; none where the forge does not tell it.
    pub run: Option<u64>,
}

/// Why nothing was started, as far as anybody can say.
pub(super) enum Refusal {
    /// It was not taken.
    Refused(Finding),
    /// It may have been.
    Unknown(String),
}

/// What is known of earlier deliveries.
#[derive(Debug, Clone, Default)]
pub(super) struct Past {
    /// The runs that are known, so that none is taken for another.
    pub(super) runs: Vec<u64>,
}

/// A deployment of our approval to an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) id: u64,
    pub(super) so_far: SoFar,
}

/// A deployment that could not be made, or one that does not say that the delivery begins.
#[derive(Debug)]
pub(super) struct Unopened {
    /// Its number, where it was made.
    pub(super) id: Option<u64>,
    pub(super) finding: Finding,
}

/// An earlier attempt that may have started something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    /// When it began at the earliest, in seconds since 1970.
    pub(super) since: Option<u64>,
    /// Whether it is known to have been of our approval, and not only of the same commit.
    pub(super) is_ours: bool,
}

/// How far it had come before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SoFar {
    /// It is new.
    New,
    /// An earlier attempt made it, and may have sent the delivery.
    Begun(Attempt),
    /// An earlier attempt has sent the delivery on its way; the number of the run that does it.
    Sent(Option<u64>),
    /// It was a success.
    Done,
}

/// What a deployment can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It was sent on its way.
    Sent,
    /// It is where it was to go.
    Success,
    /// It is not.
    Failure,
    /// Nobody can say.
    Error,
}

/// What is told on a deployment.
pub(super) struct Told<'a> {
    pub(super) state: State,
    pub(super) description: &'a str,
    /// The page of what delivers.
    pub(super) url: Option<&'a str>,
}

/// A run, as its forge tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) course: Course,
    /// Its page, where it is told.
    pub(super) url: Option<String>,
}

/// How a run goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    /// It goes on.
    UnderWay,
    /// It goes on when a person lets it.
    Blocked,
    /// It ended with success.
    Good,
    /// It ended otherwise: the forge's word for it.
    Bad(String),
}

/// Why a run was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Missed {
    /// There is no such run, or we may not see it.
    Gone(String),
    /// Another look may well see it.
    Passing(String),
    /// None will.
    Lost(String),
}

impl Missed {
    /// Why, in words.
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Gone(why) | Self::Passing(why) | Self::Lost(why) => why,
        }
    }
}
