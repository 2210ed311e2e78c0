//! modelgate takes a machine-learning model from a commit to production.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(modelgate::exit::code(modelgate::cli::main()))
}
