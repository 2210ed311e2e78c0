//! What a search could not do, and which token it takes.

use super::api::Trouble;
use crate::fault::Fault;

/// What a search could not do.
#[derive(Debug)]
pub(super) enum Stuck {
    /// GitLab does not let us look.
    Trouble(Trouble),
    /// What cannot be known with the tokens that there are.
    Unknown(String),
}

impl Stuck {
    pub(super) const fn of(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }

    pub(super) fn unknown(why: &str) -> Self {
        Self::Unknown(why.to_owned())
    }

    /// The fault of who was `doing` this.
    pub(super) fn fault(&self, doing: &str) -> Fault {
        const TOKEN: &str = "set MODELGATE_GITLAB_TOKEN to an access token with the scope read_api and the role Reporter, as a masked \
             variable, or name a file as gate.baseline";
        match self {
            Self::Unknown(why) => Fault::new(doing, why.clone()).help(TOKEN),
            Self::Trouble(trouble) => {
                let fault = trouble.fault(doing);
                match trouble {
                    Trouble::Forbidden(..) | Trouble::NotFound(_) | Trouble::Unauthorized(_) => {
                        fault.help(TOKEN)
                    }
                    Trouble::Unsure(_) | Trouble::Garbled(_) | Trouble::Refused(..) => {
                        fault.help("run the job again when GitLab answers, or name a file as gate.baseline")
                    }
                    _ => fault,
                }
            }
        }
    }
}

impl std::fmt::Display for Stuck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Trouble(trouble) => trouble.fmt(f),
            Self::Unknown(why) => f.write_str(why),
        }
    }
}
