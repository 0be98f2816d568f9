//! The command line of leadscore: arguments, progress, printing. The work is done in the crates.
//!
//! Exit status: 0 done, 1 the work failed, 2 the call was wrong.

mod args;
mod commands;
mod inputs;
mod leads;
mod pages;
mod print;
mod provenance;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = match &args.command {
        Command::Demo(args) => commands::demo::run(args),
        Command::Init(args) => commands::init::run(args),
        Command::Train(args) => commands::train::run(args),
        Command::Card(args) => commands::card::run(args),
        Command::Curves(args) => commands::curves::run(args),
        Command::Predict(args) => commands::predict::run(args),
        Command::Compare(args) => commands::compare::run(args),
        Command::Explain(args) => commands::explain::run(args),
        Command::Points(command) => commands::points::run(command),
        Command::Simulate(args) => commands::simulate::run(args),
        Command::Signals(args) => commands::signals::run(args),
        Command::Serve(args) => commands::serve::run(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if print::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            print::say(&print::of_error(&format!("{error:#}")));
            let wrong_call = error.downcast_ref::<inputs::WrongCall>().is_some();
            ExitCode::from(if wrong_call { 2 } else { 1 })
        }
    }
}
