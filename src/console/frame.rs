//! What surrounds the output of a command, so that it can be folded away and cannot give commands.
//!
//! GitLab reads section markers out of a job's log wherever they are. A command that forges some can
//! unsettle the folding of its own log and nothing else, so its output is left as it is.

use crate::context::Forge;
use crate::random;
use crate::step::Step;

/// The most characters of a command that its headline shows.
const HEADLINE: usize = 160;

/// What surrounds the output of one command.
pub(super) struct Frame {
    forge: Forge,
    step: Step,
    headline: String,
    /// Tells this command's section from the others of a job.
    number: u32,
    /// What makes GitHub's runner listen again; nobody else can know it. None without a source of randomness.
    token: Option<String>,
}

impl Frame {
    /// The frame of the command `headline`, one line, the `number`th of this run.
    pub(super) fn new(forge: Forge, step: Step, headline: &str, number: u32) -> Self {
        let token = if forge == Forge::Github { random::hex(16).ok() } else { None };
        Self { forge, step, headline: shorten(headline), number, token }
    }

    /// `lint      ruff check .`
    pub(super) fn title(&self) -> String {
        format!("{:<8}  {}", self.step, self.headline)
    }

    /// What a forge wants before the output.
    pub(super) fn opening(&self, now: u64) -> String {
        let (step, headline) = (self.step, &self.headline);
        match self.forge {
            Forge::Local => String::new(),
            Forge::Github => {
                let stop = match &self.token {
                    Some(token) => format!("::stop-commands::{token}\n"),
                    None => "the output is not shown: without random numbers it could give commands\n".into(),
                };
                format!("::group::{step}: {}\n{stop}", headline.replace('%', "%25"))
            }
            Forge::Gitlab => {
                let section = self.section();
                format!("\x1b[0Ksection_start:{now}:{section}[collapsed=true]\r\x1b[0K{step}: {headline}\n")
            }
        }
    }

    /// What a forge wants after the output, at the start of a line.
    pub(super) fn closing(&self, now: u64) -> String {
        match (self.forge, &self.token) {
            (Forge::Local, _) => String::new(),
            (Forge::Github, Some(token)) => format!("::{token}::\n::endgroup::\n"),
            (Forge::Github, None) => "::endgroup::\n".into(),
            (Forge::Gitlab, _) => format!("\x1b[0Ksection_end:{now}:{}\r\x1b[0K\n", self.section()),
        }
    }

    /// Whether the output must not be shown, because nothing would keep it from giving commands.
    pub(super) fn hides_output(&self) -> bool {
        self.forge == Forge::Github && self.token.is_none()
    }

    fn section(&self) -> String {
        format!("modelgate_{}_{}", self.step, self.number)
    }
}

fn shorten(line: &str) -> String {
    match line.char_indices().nth(HEADLINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
