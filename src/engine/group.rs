//! A running command and everything that it started, on Unix.
//!
//! A command leads a process group of its own, which gets our signals. On Linux every process of it also
//! carries a mark in its environment, by which those are found that left the group (torchrun and Ray start
//! their workers in sessions of their own). One that is meant to outlive the command starts in a session
//! of its own and without the mark: `env -u MODELGATE_COMMAND setsid server`.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::sync::oneshot;
use wait4::Wait4;

/// The variable that marks every process of a command.
pub const MARK: &str = "MODELGATE_COMMAND";

/// Hears when a command itself has ended.
pub type Exited = oneshot::Receiver<io::Result<()>>;

/// How to ask a process to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// As Ctrl-C does.
    Interrupt,
    /// As a supervisor does.
    Terminate,
    /// It cannot refuse.
    Kill,
}

/// What a command used. Times are of itself and the children that it waited for.
pub struct Usage {
    /// How it ended.
    pub status: ExitStatus,
    /// User and system seconds.
    pub cpu_seconds: f64,
    /// The largest resident set of any one process, in bytes. On Linux never below our own, because the
    /// kernel counts what the process was before it became the command.
    pub peak_memory_bytes: u64,
}

/// A command and everything that it started. Dropped before its end, it is killed.
pub struct Group {
    child: Option<Child>,
    leader: Pid,
    mark: Option<String>,
}

impl Group {
    /// Takes over a command that leads its own process group; `mark` is the value of its [`MARK`]. The
    /// receiver hears when the command itself has ended.
    ///
    /// # Errors
    /// A thread could not be started; the command is killed.
    pub fn new(child: Child, mark: Option<String>) -> io::Result<(Self, Exited)> {
        let leader = Pid::from_child(&child);
        let group = Self { child: Some(child), leader, mark };
        let (sender, receiver) = oneshot::channel();
        std::thread::Builder::new().name("command".into()).spawn(move || {
            // Left unreaped, so that its number stays its own until the last signal has been sent.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let result = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(leader), options));
            let _ = sender.send(result.map(drop).map_err(io::Error::from));
        })?;
        Ok((group, receiver))
    }

    /// Asks everything to end. What is stopped is continued, so that it can hear.
    pub fn ask(&self, ask: Ask) {
        let signal = match ask {
            Ask::Interrupt => Signal::INT,
            Ask::Terminate => Signal::TERM,
            Ask::Kill => Signal::KILL,
        };
        let strays: Vec<Member> = self.members().into_iter().filter(|member| !member.in_group).collect();
        for signal in [signal, Signal::CONT] {
            let _ = kill_process_group(self.leader, signal);
            for stray in &strays {
                let _ = rustix::process::kill_process(stray.pid, signal);
            }
        }
    }

    /// What still runs besides the command itself, which has ended: names with their process ids.
    pub fn left_overs(&self) -> Vec<String> {
        self.members().into_iter().map(|member| format!("{} ({})", member.name, member.pid)).collect()
    }

    /// The command has ended: what it used.
    ///
    /// # Errors
    /// Somebody else has taken its end; we were started with SIGCHLD ignored.
    pub fn reap(mut self) -> io::Result<Usage> {
        let child = self.child.take().ok_or_else(|| io::Error::other("it has been reaped already"))?;
        let used = child.wait4()?;
        Ok(Usage {
            status: used.status,
            cpu_seconds: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
            peak_memory_bytes: used.rusage.maxrss,
        })
    }

    #[cfg(target_os = "linux")]
    fn members(&self) -> Vec<Member> {
        let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
        let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        ids.filter_map(|id| self.member(id)).collect()
    }

    #[cfg(target_os = "linux")]
    fn member(&self, id: i32) -> Option<Member> {
        let pid = Pid::from_raw(id)?;
        let stat = std::fs::read(format!("/proc/{id}/stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        // `1 (name) state parent group …`, and the name may hold anything.
        let (start, rest) = stat.rsplit_once(')')?;
        let name = start.split_once('(')?.1.to_owned();
        let mut fields = rest.split_ascii_whitespace();
        if matches!(fields.next()?, "Z" | "X") {
            return None;
        }
        let in_group = fields.nth(1)? == self.leader.as_raw_nonzero().to_string();
        if !in_group {
            let entry = format!("{MARK}={}", self.mark.as_ref()?);
            let environment = std::fs::read(format!("/proc/{id}/environ")).ok()?;
            environment.split(|byte| *byte == 0).find(|variable| *variable == entry.as_bytes())?;
        }
        Some(Member { pid, name, in_group })
    }

    /// Elsewhere the system only tells whether the group has a member that lives.
    #[cfg(not(target_os = "linux"))]
    fn members(&self) -> Vec<Member> {
        let _ = &self.mark;
        match rustix::process::test_kill_process_group(self.leader) {
            Ok(()) => vec![Member { pid: self.leader, name: "process group".into(), in_group: true }],
            Err(_) => Vec::new(),
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.ask(Ask::Kill);
        }
    }
}

struct Member {
    pid: Pid,
    name: String,
    in_group: bool,
}

/// How a command ended, in words, and its exit code.
pub fn ended(status: ExitStatus) -> (String, Option<i32>) {
    match (status.code(), status.signal()) {
        (Some(code), _) => (format!("exit {code}"), Some(code)),
        (None, Some(signal)) => (format!("signal {signal}{}", signal_name(signal)), None),
        (None, None) => (status.to_string(), None),
    }
}

/// Whether this is how the kernel ends a process for want of memory: killed, or a shell whose child was.
pub fn looks_out_of_memory(status: ExitStatus) -> bool {
    status.signal() == Some(Signal::KILL.as_raw()) || status.code() == Some(128 + Signal::KILL.as_raw())
}

/// ` (SIGKILL)`; empty for one without a name.
pub fn signal_name(number: i32) -> String {
    let named = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::XFSZ, "SIGXFSZ"),
    ];
    let name = named.iter().find(|(signal, _)| signal.as_raw() == number);
    name.map(|(_, name)| format!(" ({name})")).unwrap_or_default()
}
